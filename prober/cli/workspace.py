"""What a command works on: the settings, the prompts, and the scenarios it was given, all checked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from prober.channels.registry import SETTINGS
from prober.cli.check import check, settings_of
from prober.errors import BadInput
from prober.loading.config import Settings, load_config
from prober.model.prompt import PromptTable
from prober.model.scenario import Scenario

CONFIG = Annotated[Path, typer.Option(help="The workspace's settings.", envvar="PROBER_CONFIG")]
"""The option that every command of a workspace takes."""


@dataclass(frozen=True)
class Workspace:
    """Everything a run needs that people wrote."""

    settings: Settings
    prompts: PromptTable
    scenarios: tuple[Scenario, ...]


def open_workspace(config: Path, scenarios: Sequence[Path]) -> Workspace:
    """
    Load the settings at *config*, the prompts they lead to, and *scenarios*.

    Raises:
        BadInput: Every mistake in all of them.
    """
    checked = check([*scenarios, config], config)
    if checked.problems or checked.settings is None:
        raise BadInput(checked.problems)
    no_prompts = PromptTable(checked.settings.folder, {}, {}, sha256="")
    return Workspace(checked.settings, checked.prompts or no_prompts, checked.scenarios)


def open_settings(config: Path) -> Settings:
    """Load the settings alone."""
    return settings_of(config)


def open_to_look(config: Path) -> Settings:
    """Load what it takes to look at what was kept: no mistake elsewhere in the settings is to stand in the way."""
    return load_config(config, SETTINGS, only=("store", "evidence", "orders"))
