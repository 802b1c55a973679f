"""`prober phase`: where an item stands, and how it came there."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from prober.app.gating import Gate
from prober.app.launching import move, stopped
from prober.app.telling import masker_of
from prober.cli.items import ITEM, open_gate
from prober.cli.people import BY, person
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.model.item import PhaseChange
from prober.model.run import Phase
from prober.reports.words import PHASES


def command(
    item: ITEM,
    phase: Annotated[
        Phase | None, typer.Argument(help="Where it stands from now on; none: show where it does.")
    ] = None,
    *,
    why: Annotated[str, typer.Option(help="Why: it is kept with the change.")] = "",
    by: BY = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show where an item stands, or say where it does from now on. Exit: 0, 2 bad input."""
    if phase is not None and not why.strip():
        raise typer.BadParameter("say why: --why TEXT; it is kept with the change")
    with open_gate(item, config) as (gate, _):
        kept, found = gate.store.items, gate.item
        if phase is Phase.POST_LAUNCH:
            _refuse_stopped(gate)
        if phase is not None:
            change = PhaseChange(
                found.name, phase, datetime.now(UTC), person(by), masker_of(gate.settings)(why.strip())
            )
            asyncio.run(move(gate.store, change))
        standing, changes = kept.phase(found.name), kept.changes(found.name)
    if as_json:
        told = {
            "version": 1,
            "item": found.name,
            "phase": str(standing),
            "changes": [_document(one) for one in changes],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    console = progress_console(stderr=False, strict=True)
    label = PHASES[standing]
    console.print(
        Text.assemble((found.title, "bold"), (f"  {found.name}  ", "dim"), (f"{label.zh} {standing}", "bold cyan"))
    )
    zone = ZoneInfo(gate.settings.orders.timezone)
    for one in changes:
        at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
        console.print(
            Text.assemble((f"  {at}  ", "dim"), (f"{one.phase:<12}", "cyan"), f"{one.by}: {one.why}"), soft_wrap=True
        )


def _refuse_stopped(gate: Gate) -> None:
    """Raise BadInput where the item is in a launch that was stopped: it is not well because somebody says so."""
    name = gate.item.name
    if stopped(gate.store, name):
        hint = f"take it back: prober phase {name} pre-launch --why …; then gate and launch it anew"
        raise BadInput([Problem(NO_FILE, 0, 0, f"the launch of ‘{name}’ was stopped", hint)])


def _document(change: PhaseChange) -> dict[str, str]:
    at = f"{change.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    return {"phase": str(change.phase), "at": at, "by": change.by, "why": change.why}
