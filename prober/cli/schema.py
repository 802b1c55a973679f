"""`prober schema`: JSON Schema of the files people write."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from prober.channels.registry import SETTINGS, VERBS
from prober.loading.schema import config_schema, scenario_schema
from prober.loading.vocabulary import Vocabulary


class Kind(StrEnum):
    """The files there is a schema of."""

    SCENARIO = "scenario"
    CONFIG = "config"


def command(kind: Annotated[Kind, typer.Argument(help="Of scenario files, or of config.yaml.")]) -> None:
    """Print a JSON Schema, for editors that complete and explain as you type."""
    schema = scenario_schema(Vocabulary(VERBS)) if kind is Kind.SCENARIO else config_schema(SETTINGS)
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))
