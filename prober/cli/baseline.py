"""`prober baseline`: what is normal for an item."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.app.gating import Gate
from prober.cli.items import ITEM, open_gate
from prober.cli.people import BY, person
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.model.item import Baseline
from prober.model.run import Phase
from prober.reports.words import seconds

_SHOWN = 10
"""Versions that a terminal shows, the latest; the document has them all."""


def command(
    item: ITEM,
    *,
    record: Annotated[
        bool, typer.Option("--record", help="Record a new version out of the runs that count now.")
    ] = False,
    phase: Annotated[
        Phase | None, typer.Option(help="Of the runs of this phase; default: where the item stands.")
    ] = None,
    by: BY = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show what is normal for an item, or record it anew. Exit: 0, 2 bad input: there is nothing to record."""
    with open_gate(item, config) as (gate, _):
        kept = gate.store.items
        if record:
            asyncio.run(kept.put_baseline(_recorded(gate, phase, person(by))))
        found = kept.baselines(gate.item.name, limit=None if as_json else _SHOWN)
    if as_json:
        told = {"version": 1, "item": gate.item.name, "baselines": [_document(one) for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif found:
        _show(progress_console(stderr=False, strict=True), found, ZoneInfo(gate.settings.orders.timezone))
    else:
        typer.echo("no baseline yet: ‘--record’ makes one of the runs that count")


def _recorded(gate: Gate, phase: Phase | None, by: str) -> Baseline:
    """
    Return the baseline of the runs that count.

    Raises:
        BadInput: What they show is nothing to hold others against.
    """
    found = gate.recordable(datetime.now(UTC), phase)
    if isinstance(found, str):
        raise BadInput([Problem(NO_FILE, 0, 0, f"no baseline of ‘{gate.item.name}’: {found}", _PLAY)])
    return found.baseline(by)


_PLAY = (
    "a baseline is what is normal, so its runs must be enough, and well: ‘prober gate’ plays some and says what fails"
)


def _show(console: Console, found: list[Baseline], zone: ZoneInfo) -> None:
    for baseline in found:
        at = f"{baseline.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"
        console.print(
            Text.assemble((f"{baseline.version}", "bold"), f"  {baseline.phase}  ", (f"{at} · {baseline.by}", "dim"))
        )
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 2))
        for heading in ("scenario", "hours", "runs", "passed", "channel", "p50", "p90"):
            table.add_column(heading, justify="left" if heading in {"scenario", "hours", "channel"} else "right")
        for name, sample in baseline.samples.items():
            whose = (name, ", ".join(map(str, sample.hours)), str(sample.n), f"{sample.passed / sample.n:.1%}")
            for channel, took_s in sample.journeys.items():
                table.add_row(*whose, channel, *(seconds(float(np.quantile(took_s, one))) for one in (0.5, 0.9)))
                whose = ("", "", "", "")
        console.print(table)


def _document(baseline: Baseline) -> dict[str, Any]:
    return {
        "version": baseline.version,
        "phase": str(baseline.phase),
        "recorded_at": f"{baseline.recorded_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "by": baseline.by,
        "since": f"{baseline.since:%Y-%m-%dT%H:%M:%S.%fZ}",
        "until": f"{baseline.until:%Y-%m-%dT%H:%M:%S.%fZ}",
        "scenarios": {
            name: {
                "runs": sample.n,
                "passed": sample.passed,
                "hours": list(sample.hours),
                "journeys": {channel: list(took_s) for channel, took_s in sample.journeys.items()},
            }
            for name, sample in baseline.samples.items()
        },
    }
