"""What the commands about an item have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prober.app.items import items
from prober.cli.workspace import Workspace, open_workspace
from prober.model.item import Item

ITEM = Annotated[str, typer.Argument(metavar="ITEM", help="An item of config.yaml, by its name.")]


def open_items(config: Path, scenarios: Sequence[Path] = ()) -> tuple[Workspace, tuple[Item, ...]]:
    """
    Load the workspace of *config* with *scenarios*, or all of its own, and its items.

    Raises:
        BadInput: Every mistake in them.
    """
    workspace = open_workspace(config, scenarios or [config.parent / "scenarios"])
    return workspace, items(workspace.settings, workspace.scenarios)
