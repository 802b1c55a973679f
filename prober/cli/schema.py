"""`prober schema`: JSON Schema of the files people write, and of the document the robot writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from prober.channels.registry import SETTINGS, VERBS
from prober.loading.schema import config_schema, scenario_schema
from prober.loading.vocabulary import Vocabulary
from prober.reports.schema import results_schema


class Kind(StrEnum):
    """What there is a schema of."""

    SCENARIO = "scenario"
    CONFIG = "config"
    RESULTS = "results"


_SCHEMAS: Mapping[Kind, Callable[[], dict[str, Any]]] = {
    Kind.SCENARIO: lambda: scenario_schema(Vocabulary(VERBS)),
    Kind.CONFIG: lambda: config_schema(SETTINGS),
    Kind.RESULTS: results_schema,
}


def command(
    kind: Annotated[Kind, typer.Argument(help="Of scenario files, of config.yaml, or of what --json prints.")],
) -> None:
    """Print a JSON Schema: for editors that complete and explain as you type, and for readers of results."""
    typer.echo(json.dumps(_SCHEMAS[kind](), ensure_ascii=False, indent=2))
