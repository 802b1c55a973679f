"""What the commands about an item have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from prober.app import App
from prober.app.gating import Gate, gate_of
from prober.app.items import items
from prober.cli.workspace import Workspace, open_workspace
from prober.errors import NO_FILE, BadInput, Problem
from prober.model.item import Item
from prober.store.store import Store

ITEM = Annotated[str, typer.Argument(metavar="ITEM", help="An item of config.yaml, by its name.")]


def open_items(config: Path, scenarios: Sequence[Path] = ()) -> tuple[Workspace, tuple[Item, ...]]:
    """
    Load the workspace of *config* with *scenarios*, or all of its own, and its items.

    Raises:
        BadInput: Every mistake in them.
    """
    workspace = open_workspace(config, scenarios or [config.parent / "scenarios"])
    return workspace, items(workspace.settings, workspace.scenarios)


def retired(name: str) -> BadInput:
    """Return the error for an item that is offered no more."""
    hint = f"if it is to come back: prober phase {name} pre-launch --why …"
    return BadInput([Problem(NO_FILE, 0, 0, f"‘{name}’ is retired: nothing is to be judged of it", hint)])


@contextmanager
def open_gate(item: str, config: Path, *, plays: bool = False) -> Iterator[tuple[Gate, Workspace]]:
    """
    Yield the gate of the item called *item*, and its workspace; its store is closed at the end.

    *plays*: runs are going to be played, for which the channels must be prepared before any thread begins.

    Raises:
        BadInput: There is no such item, or something is wrong with the workspace.
        StoreBroken: The results cannot be kept.
    """
    workspace, known = open_items(config)
    if plays:
        App.prepare(workspace.scenarios)
    settings = workspace.settings
    store = Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
    try:
        gate = gate_of(
            *(item, known), scenarios=workspace.scenarios, settings=settings, prompts=workspace.prompts, store=store
        )
        yield gate, workspace
    finally:
        store.close()
