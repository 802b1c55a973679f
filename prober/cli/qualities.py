"""`prober qualities`: the six things customers judge by, of one item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.app.gating import Gate
from prober.app.qualities import Grading
from prober.app.work import Work
from prober.cli.durations import span
from prober.cli.items import ITEM, open_gate
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, Workspace
from prober.loading.experience import load_experience
from prober.model.quality import Graded, Quality
from prober.reports.quality_words import about
from prober.reports.words import PHASES, QUALITIES, channel


def command(
    item: ITEM,
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Over the last 30d, say; default: since it stands where it does.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show the six qualities of an item: on each channel and in each phase, with the figures they came from."""
    now = datetime.now(UTC)
    lasting = span(since) if since else None
    with open_gate(item, config) as (gate, workspace):
        grading = grading_of(gate, workspace)
        stays = grading.stays(now)
        phase = gate.phase if lasting is None else None
        window = dict(stays)[gate.phase] if lasting is None else (now - lasting, now)
        every = ("", *(gate.item.channels if len(gate.item.channels) > 1 else ()))
        on = [grading.graded(window, channel=one, phase=phase) for one in every]
        phases = [grading.graded(then, phase=one) for one, then in stays]
    if as_json:
        told = {"version": 1, "item": gate.item.name, "channels": [document(one) for one in on]}
        told["phases"] = [document(one) for one in phases]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    console = progress_console(stderr=False, strict=True)
    _show(console, gate, on, phases)


def grading_of(gate: Gate, workspace: Workspace) -> Grading:
    """Return what grades the item of *gate*."""
    settings = workspace.settings
    lists = settings.experience
    work = Work.of(settings, workspace.prompts, workspace.scenarios) if settings.probes else None
    return Grading(
        item=gate.item,
        scenarios=gate.scenarios,
        prompts=gate.prompts,
        settings=settings,
        experience=load_experience(lists.wording, lists.checklist),
        store=gate.store,
        work=work,
    )


def _show(console: Console, gate: Gate, on: Sequence[Graded], phases: Sequence[Graded]) -> None:
    whole, zone = on[0], ZoneInfo(gate.settings.orders.timezone)
    since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in whole.span)
    stands = f"{PHASES[whole.phase].zh} {whole.phase}  " if whole.phase else ""
    head = (f"  {gate.item.name}  ", "dim"), (stands, "cyan"), (f"{since} … {until} · {whole.n} runs", "dim")
    console.print(Text.assemble((gate.item.title, "bold"), *head))
    headings = {"": "all"} | {one.channel: channel(one.channel).zh for one in on[1:]}
    columns = [(headings[one.channel], _scores(one)) for one in on]
    columns += [(PHASES[one.phase].zh, _scores(one)) for one in phases if one.phase and len(phases) > 1]
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("")
    for heading, _ in columns:
        table.add_column(heading, justify="right")
    table.add_column("reviewers 1–5", justify="right")
    table.add_column("customers", justify="right")
    for quality, label in QUALITIES.items():
        said = whole.reviewers.get(quality), whole.customers.get(quality)
        table.add_row(
            f"{label.zh} [dim]{label.en}[/]",
            *(_cell(scores[quality]) for _, scores in columns),
            "–" if said[0] is None else f"{said[0]:.1f}",
            _cell(said[1]),
        )
    console.print(table)
    if whole.customers.get(None) is not None:
        console.print(f"[dim]customers, as a whole: {whole.customers[None]:.0f} of 100, {whole.opinions} scores[/]")
    for quality, grade in whole.grades.items():
        for part in grade.parts:
            mark = Text("–" if part.score is None else f"{part.score:.0f}", style_of(part.score))
            line = (f"  {QUALITIES[quality].zh} {part.name}  ", "dim"), mark, f"  {about(part).en}"
            console.print(Text.assemble(*line), soft_wrap=True)


def _scores(one: Graded) -> Mapping[Quality, float | None]:
    return {quality: grade.score for quality, grade in one.grades.items()}


def _cell(score: float | None) -> Text:
    return Text("–", "dim") if score is None else Text(f"{score:.0f}", style_of(score))


def style_of(score: float | None) -> str:
    """Return how a score of 0..100 is shown."""
    if score is None:
        return "dim"
    return "green" if score >= _GOOD else "yellow" if score >= _FAIR else "bold red"


_GOOD, _FAIR = 85.0, 60.0


def document(one: Graded) -> dict[str, Any]:
    """Return the JSON document of what was graded; what is not known is null."""
    since, until = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" for at in one.span)
    return {
        "channel": one.channel,
        "phase": one.phase and str(one.phase),
        "since": since,
        "until": until,
        "n": one.n,
        "reviews": one.reviews,
        "opinions": one.opinions,
        "overall": one.customers.get(None),
        "qualities": {
            str(quality): {
                "score": grade.score,
                "parts": {part.name: {"score": part.score, **part.figures} for part in grade.parts},
                "reviewers": one.reviewers.get(quality),
                "customers": one.customers.get(quality),
            }
            for quality, grade in one.grades.items()
        },
    }
