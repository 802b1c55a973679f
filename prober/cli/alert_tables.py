"""Alarms and tickets as `prober alerts` shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.model.alarm import Alarm, Delivery, Ticket

STYLES = {
    Delivery.SENT: ("✓", "green"),
    Delivery.WAITING: ("◷", "yellow"),
    Delivery.SENDING: ("…", "yellow"),
    Delivery.FAILED: ("✗", "bold red"),
    Delivery.UNSURE: ("?", "bold magenta"),
    Delivery.NEEDLESS: ("–", "dim"),
}


def print_alarms(alarms: Sequence[Alarm], console: Console, zone: ZoneInfo) -> None:
    """Print what was told, or not, instants in *zone*."""
    if not alarms:
        console.print("nobody was told of anything yet", style="dim")
        return
    table = Table(box=None, header_style="dim", padding=(0, 2))
    for name in ("", "at", "way", "incident", "reason", "what"):
        table.add_column(name, overflow="fold", no_wrap=name in ("at", "incident"))
    for one in alarms:
        sign, style = STYLES[one.state]
        at = one.sent_at or (one.due_at if one.state is Delivery.WAITING else one.made_at)
        table.add_row(Text(sign, style), _at(at, zone), one.way, one.incident_id, str(one.reason), _said(one, zone))
    console.print(table)
    counts = {state: sum(one.state is state for one in alarms) for state in Delivery}
    told = " · ".join([*(f"{number} {state}" for state, number in counts.items() if number), f"times of {zone.key}"])
    console.print(told, style="bold red" if counts[Delivery.FAILED] else "dim")


def _said(alarm: Alarm, zone: ZoneInfo) -> Text:
    said = alarm.title or alarm.text
    match alarm.state:
        case Delivery.FAILED:
            tried = f"{alarm.attempts} times, next at {_at(alarm.due_at, zone)}"
            return Text.assemble((alarm.error, "red"), (f" ({tried})", "dim"))
        case Delivery.WAITING:
            return Text(alarm.error or f"waits, looked at again at {_at(alarm.due_at, zone)}", "yellow")
        case Delivery.NEEDLESS:
            return Text(alarm.error or "it was over or answered before", "dim")
        case _:
            return Text(said)


def print_tickets(tickets: Sequence[Ticket], console: Console, zone: ZoneInfo) -> None:
    """Print what was handed over, or not; nothing where nothing was to be."""
    if not tickets:
        return
    table = Table(box=None, header_style="dim", padding=(0, 2))
    for name in ("", "at", "system", "incident", "ticket"):
        table.add_column(name, overflow="fold", no_wrap=name in ("at", "incident"))
    for one in tickets:
        sign, style = STYLES[one.state]
        said = Text(one.number) if one.number else Text(one.error or str(one.state), style)
        table.add_row(Text(sign, style), _at(one.made_at, zone), one.system, one.incident_id, said)
    console.print()
    console.print(table)


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%m-%d %H:%M:%S}" if instant else ""


def document(kept: Alarm | Ticket) -> Mapping[str, Any]:
    """Return one of them as a part of a JSON document."""
    return {
        name: f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else value
        for name, value in asdict(kept).items()
    }
