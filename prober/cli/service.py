"""What a day, a week, a month or the life of an item was like: gathered, and written as people ask for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.app.gating import gate_of
from prober.app.items import item_called
from prober.app.service import gathered
from prober.cli.items import open_items
from prober.cli.progress import progress_console
from prober.cli.qualities import document as graded_document
from prober.cli.qualities import grading_of, style_of
from prober.cli.report import reader, refuse_unwritable, write
from prober.cli.workspace import Workspace
from prober.errors import NO_FILE, BadInput, Problem
from prober.judge.periods import FORMS, span_of
from prober.loading.sealing import Seal
from prober.model.figures import Figures
from prober.model.item import Item
from prober.model.service import Chapter, Period, ServiceReport
from prober.reports import service_page
from prober.reports.words import QUALITIES, seconds
from prober.reports.workbook import workbook
from prober.store.store import Store


@dataclass(frozen=True)
class Wanted:
    """What is to be written of a report, of one *item* or all, each to its file; none: a page beside the others."""

    html: Path | None = None
    pdf: Path | None = None
    xlsx: Path | None = None
    as_json: bool = False
    item: str | None = None


def report(period: Period, said: Sequence[str], wanted: Wanted, *, config: Path) -> None:
    """
    Write the report of the *period* that is *said*: a day, week or month (none: the last that is over), or an item.

    Raises:
        BadInput: There is none such.
    """
    refuse_unwritable(None, wanted.html, wanted.pdf, wanted.xlsx)
    if len(said) > 1:
        raise BadInput([Problem(NO_FILE, 0, 0, f"one {period} at a time, not {' '.join(said)}", _HOW[period])])
    workspace, items = open_items(config)
    settings = workspace.settings
    store = Store.open_to_read(settings.store.url)
    try:
        found = _gathered(period, next(iter(said), ""), workspace, items, store, wanted.item)
    finally:
        store.close()
    console = progress_console(stderr=wanted.as_json, strict=True)
    if wanted.as_json:
        typer.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    else:
        _tell(console, found)
    for path in _written(found, wanted, workspace):
        console.print(Text.assemble(("report ", "dim"), str(path)), soft_wrap=True)


_HOW = {period: f"write: prober report {period} {form}" for period, form in FORMS.items()} | {
    Period.LIFE: "write: prober report life ITEM"
}


def _gathered(
    period: Period, said: str, workspace: Workspace, items: Sequence[Item], store: Store, only: str | None
) -> ServiceReport:
    settings, now = workspace.settings, datetime.now(UTC)
    zone = ZoneInfo(settings.orders.timezone)
    if period is Period.LIFE and not said:
        raise BadInput([Problem(NO_FILE, 0, 0, "of which item?", _HOW[period])])
    if name := said if period is Period.LIFE else only:
        items = [item_called(name, items, settings)]
    if not items:
        hint = "name what is offered under ‘items:’"
        raise BadInput([Problem(settings.path, 0, 0, "config.yaml has no item to report on", hint)])
    gates = [
        gate_of(
            *(one.name, items), scenarios=workspace.scenarios, settings=settings, prompts=workspace.prompts, store=store
        )
        for one in items
    ]
    gradings = [grading_of(gate, workspace) for gate in gates]
    if period is Period.LIFE:
        label, span = said, gradings[0].life(now)
    else:
        try:
            label, span = span_of(period, said, now, zone)
        except ValueError:
            what = f"‘{said}’ is no {period}, or one that is yet to come"
            raise BadInput([Problem(NO_FILE, 0, 0, what, _HOW[period])]) from None
    return gathered(gradings, period, label, span, now=now, zone=zone)


def _written(found: ServiceReport, wanted: Wanted, workspace: Workspace) -> list[Path]:
    settings = workspace.settings
    html = wanted.html
    if html is None and not (wanted.pdf or wanted.xlsx or wanted.as_json):
        whose = f"-{wanted.item}" if wanted.item else ""
        html = settings.folder / "reports" / f"service-{found.label}{whose}.html"
    page = partial(service_page.render, found, read=reader(settings), opened=Seal(settings.evidence.key).opened)
    paths = []
    if html is not None:
        paths.append(write(html, page))
    if wanted.pdf is not None:
        paths.append(write(wanted.pdf, lambda: asyncio.run(_printed(page(), workspace))))
    if wanted.xlsx is not None:
        paths.append(write(wanted.xlsx, lambda: workbook(found)))
    return paths


async def _printed(page: str, workspace: Workspace) -> bytes:
    # Playwright takes a second to import, and only a PDF needs it.
    from prober.channels.web.config import Keep, Settings  # noqa: PLC0415
    from prober.channels.web.engine import Engine  # noqa: PLC0415

    settings = workspace.settings.channels.get("web") or Settings()
    engine = Engine(settings.model_copy(update={"trace": Keep.NEVER, "headless": True, "proxy": ""}))
    try:
        return await engine.printed(page)
    finally:
        await engine.close()


_NAMES = 22


def _tell(console: Console, found: ServiceReport) -> None:
    label, zone = service_page.PERIODS[found.period], ZoneInfo(found.zone)
    since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in found.span)
    console.print(Text.assemble((f"{label.zh} {label.en} {found.label}", "bold"), (f"  {since} … {until}", "dim")))
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("item", min_width=_NAMES, overflow="fold")
    for heading in ("runs", "success", "p95", "available", "incidents", *(one.zh for one in QUALITIES.values())):
        table.add_column(heading, justify="right")
    for one in found.chapters:
        shares = [slo.share for slo in one.objectives if slo.share is not None]
        scores = [one.graded[0].grades[quality].score for quality in QUALITIES]
        table.add_row(
            Text.assemble((one.item.title, "bold"), (f"\n{one.item.name}", "dim")),
            str(one.figures.n),
            "–" if one.figures.success is None else f"{one.figures.success:.2%}",
            seconds(one.figures.p95_s),
            f"{min(shares):.3%}" if shares else "–",
            str(len(one.incidents)),
            *(Text("–" if score is None else f"{score:.0f}", style_of(score)) for score in scores),
        )
    console.print(table)


def document(found: ServiceReport) -> dict[str, Any]:
    """Return *found* as one JSON document; what is not known is null."""
    return {
        "version": 1,
        "period": str(found.period),
        "label": found.label,
        "since": _instant(found.span[0]),
        "until": _instant(found.span[1]),
        "zone": found.zone,
        "items": [_chapter(one) for one in found.chapters],
        "robot_incidents": [one.id for one in found.robot],
    }


def _chapter(one: Chapter) -> dict[str, Any]:
    return {
        "item": one.item.name,
        "title": one.item.title,
        "phase": str(one.phase),
        "figures": _figures(one.figures),
        "before": _figures(one.before),
        "qualities": [graded_document(graded) for graded in (*one.graded, *one.phases)],
        "availability": [
            {
                "probe": slo.probe,
                "share": slo.share,
                "objective": slo.objective,
                "down_s": slo.down_s,
                "budget_s": slo.budget_s,
                "spent": slo.spent,
            }
            for slo in one.objectives
        ],
        "by_hour": {str(hour): _figures(figures) for hour, figures in sorted(one.by_hour.items())},
        "by_day": {at.isoformat(): _figures(figures) for at, figures in sorted(one.by_day.items())},
        "worst_steps": [
            {"scenario": step.scenario, "channel": step.channel, "step": step.step}
            | {"last_failure": step.worst and step.worst.id, "figures": _figures(step.figures)}
            for step in one.worst
        ],
        "verdicts": [
            {"at": _instant(judged.at), "decision": str(judged.decision), "runs": len(judged.runs)}
            for judged in one.verdicts
        ],
        "changes": [
            {"at": _instant(change.at), "phase": str(change.phase), "by": change.by, "why": change.why}
            for change in one.changes
        ],
        "incidents": [incident.id for incident in one.incidents],
        "improvements": [
            {
                "id": told.improvement.name,
                "stage": str(told.improvement.stage),
                "before": _figures(told.compared.before),
                "after": told.compared.after and _figures(told.compared.after),
            }
            for told in one.improvements
        ],
    }


def _figures(of: Figures) -> dict[str, Any]:
    counts = {"runs": of.n, "passed": of.passed, "slow": of.slow, "failed": of.failed, "error": of.error}
    return counts | {"success": of.success, "p50_s": of.p50_s, "p90_s": of.p90_s, "p95_s": of.p95_s, "p99_s": of.p99_s}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
