"""Incidents as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from prober.cli.progress import STYLES
from prober.model.incident import Change, Happened, Incident, Kind
from prober.model.probe import Severity
from prober.model.run import Evidence, Run
from prober.reports.files import located

_SEVERITIES = {Severity.CRITICAL: "bold red", Severity.MAJOR: "red", Severity.MINOR: "yellow"}
_HAPPENED = {
    Happened.OPENED: ("✗", "bold red"),
    Happened.JOINED: ("✗", "red"),
    Happened.RECOVERED: ("✓", "green"),
    Happened.CLOSED: ("✓", "bold green"),
    Happened.ACKNOWLEDGED: ("–", "cyan"),
    Happened.SNOOZED: ("–", "cyan"),
    Happened.NOTE: ("–", "cyan"),
}
_FILES = 8
"""Pieces of evidence that are named of a run; its report has them all."""


def listed(found: Sequence[Incident], now: datetime, zone: ZoneInfo, *, width: int) -> RenderableType:
    """Return a line an incident; where *width* is too small for that, a few."""
    if width < _NARROW:
        return Group(*(_in_short(one, now, zone) for one in found))
    drawn = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("incident", "severity", "since", "where", "state", "fails", "what"):
        drawn.add_column(heading, overflow="fold", no_wrap=heading not in _RATIOS, ratio=_RATIOS.get(heading))
    for one in found:
        style = "dim" if one.closed_at else ""
        drawn.add_row(
            Text(one.id, style or "bold"),
            Text(one.severity, style or _SEVERITIES[one.severity]),
            Text(lasted(one.opened_at, now), style),
            Text(_whose(one), style),
            _state(one, now, zone),
            Text(", ".join(one.failing or one.probes), style),
            Text(_cut(one.what), style),
        )
    return drawn


def _in_short(one: Incident, now: datetime, zone: ZoneInfo) -> Text:
    head = ((one.id, "bold"), "  ", (one.severity, _SEVERITIES[one.severity]), f"  {lasted(one.opened_at, now)}  ")
    return Text.assemble(*head, _state(one, now, zone), f"\n  {_whose(one)}: {_cut(one.what)}")


_NARROW = 90
_RATIOS = {"state": 3, "fails": 3, "what": 6}
_WORDS = 120


def story(
    incident: Incident, runs: Sequence[Run], evidence: Path, now: datetime, zone: ZoneInfo
) -> list[RenderableType]:
    """Return all there is to know of *incident*, to be printed in turn; *runs* are its first and latest failing one."""
    head = Text.assemble((incident.id, "bold"), "  ", (incident.severity, _SEVERITIES[incident.severity]), "  ")
    parts: list[RenderableType] = [head.append(_state(incident, now, zone)), Text(incident.what, "bold"), Text()]
    parts += [_facts(incident, zone), Text(), *(_changed(one, zone) for one in incident.changes), Text()]
    for run in runs:
        which = "first failing run" if run.id == incident.first_run else "latest failing run"
        parts.extend(_run(which, run, evidence, zone))
    if runs:
        parts.append(Text(f"\nsee them: prober report {' '.join(run.id for run in runs)}", "dim"))
    return parts


def runs_of(incident: Incident) -> list[str]:
    """Return the ids of its first and latest failing runs; one if they are the same, none if it is of no run."""
    return [run_id for run_id in dict.fromkeys((incident.first_run, incident.last_run)) if run_id]


def at(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant in *zone*."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def lasted(since: datetime, until: datetime) -> str:
    """Return a length of time in its two largest units: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    whole_s = max(0, round((until - since).total_seconds()))
    if whole_s < 60:
        return f"{whole_s} s"
    minutes = whole_s // 60
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _state(one: Incident, now: datetime, zone: ZoneInfo) -> Text:
    if one.closed_at:
        return Text(f"closed after {lasted(one.opened_at, one.closed_at)}", "green")
    if one.snoozed_until and one.snoozed_until > now:
        seen_to = f"{one.acknowledged_by} sees to it, " if one.acknowledged_by else ""
        return Text(f"open, {seen_to}snoozed until {at(one.snoozed_until, zone)}", "cyan")
    if one.acknowledged_at:
        return Text(f"open, {one.acknowledged_by} sees to it", "cyan")
    return Text("open", "bold red")


def _whose(one: Incident) -> str:
    robot = one.cause.kind is Kind.ROBOT
    return " ".join(dict.fromkeys(["robot"] * robot + [one.cause.channel]))


def _cause(one: Incident) -> str:
    robot = one.cause.kind is Kind.ROBOT
    return " · ".join([_whose(one)] + [str(one.cause.layer)] * (not robot) + [one.cause.step])


def _facts(incident: Incident, zone: ZoneInfo) -> Table:
    drawn = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column(overflow="fold")
    recovered = [name for name in incident.probes if name not in incident.failing]
    rows = (
        ("cause", _cause(incident)),
        ("opened", f"{at(incident.opened_at, zone)} {zone.key}"),
        ("closed", at(incident.closed_at, zone) if incident.closed_at else ""),
        ("fails", ", ".join(incident.failing)),
        ("recovered", ", ".join(recovered)),
        ("items", ", ".join(incident.items)),
        ("teams", ", ".join(incident.teams)),
        ("worked", incident.worked),
    )
    for name, told in rows:
        if told:
            drawn.add_row(name, Text(told))
    return drawn


def _changed(change: Change, zone: ZoneInfo) -> Text:
    sign, style = _HAPPENED[change.happened]
    who = f" by {change.by}" if change.by else ""
    probe = f" {change.probe}" if change.probe else ""
    text = f": {_cut(change.text)}" if change.text else ""
    return Text.assemble((at(change.at, zone), "dim"), (f" {sign} {change.happened}", style), f"{who}{probe}{text}")


def _run(which: str, run: Run, folder: Path, zone: ZoneInfo) -> Iterator[Text]:
    sign, style = STYLES[run.outcome]
    where = f"{run.probe or run.scenario}, line {run.line}, {at(run.started_at, zone)}"
    yield Text.assemble((f"{which} ", "dim"), (f"{sign} ", style), (run.id, "bold"), f"  {where}")
    files = _evidence(run)
    for kept in files[:_FILES]:
        try:
            yield Text(f"  {kept.kind:<12} {_from_here(located(kept, folder))}", "dim")
        except FileNotFoundError:
            continue
    if len(files) > _FILES:
        yield Text(f"  and {len(files) - _FILES} more", "dim")


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _evidence(run: Run) -> list[Evidence]:
    """Return what tells of the failure first: that of the step that broke, then that of the whole run."""
    broken = run.failed_step
    kept = [*(broken.evidence if broken else ()), *run.evidence]
    return list({one.path: one for one in kept}.values())


def _cut(text: str) -> str:
    return text if len(text) <= _WORDS else f"{text[: _WORDS - 1]}…"
