"""`prober survey`: what customers say, out of surveys, beside what the robot measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from statistics import mean
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.app.telling import masker_of
from prober.cli.items import ITEM, open_gate, open_items
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.loading.survey import Asked, read_survey
from prober.model.review import Opinion, Survey
from prober.reports.words import QUALITIES, Label
from prober.store.store import Store

app = typer.Typer(help="What customers say of items.", no_args_is_help=True, rich_markup_mode=None)


_SAID = 5
"""Comments that a terminal shows, the latest."""


class Scale(StrEnum):
    """The worst and the best score of a survey."""

    FIVE = "1-5"
    TEN = "1-10"
    ELEVEN = "0-10"
    HUNDRED = "0-100"

    @property
    def ends(self) -> tuple[int, int]:
        """The worst and the best."""
        low, _, high = self.partition("-")
        return int(low), int(high)


@app.command("import")
def import_survey(
    file: Annotated[Path, typer.Argument(help="A survey: *.csv or *.xlsx, a row of titles and a row each customer.")],
    *,
    kind: Annotated[
        Survey, typer.Option(help="Who was asked: a mystery customer who tried it, or customers how content they are.")
    ] = Survey.SATISFACTION,
    scale: Annotated[Scale, typer.Option(help="The worst and the best score.")] = Scale.FIVE,
    item: Annotated[str, typer.Option(help="Of which item, where the file has no column that says it.")] = "",
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Keep the opinions of a survey. A file that grew can be imported again: what is there already is kept once."""
    workspace, items = open_items(config)
    settings = workspace.settings
    names = [one.name for one in items]
    if item and item not in names:
        raise BadInput([Problem(NO_FILE, 0, 0, f"there is no item called ‘{item}’", f"there are: {', '.join(names)}")])
    zone = ZoneInfo(settings.orders.timezone)
    asked = Asked(kind, names, zone, scale.ends, item)
    found = read_survey(file, asked, datetime.now(UTC))
    mask = masker_of(settings)
    opinions = [replace(one, comment=mask(one.comment)) for one in found.opinions]
    store = Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
    try:
        _refuse_changed(store, opinions, file)
        new = asyncio.run(store.reviews.put_opinions(opinions))
    finally:
        store.close()
    if found.passed_over:
        typer.echo(f"columns passed over: {', '.join(found.passed_over)}", err=True)
    known = len(opinions) - new
    if found.silent:
        typer.echo(f"{found.silent} rows have no score, and count for nothing", err=True)
    typer.echo(f"{new} scores kept{f', {known} were there already' if known else ''}")


def _refuse_changed(store: Store, opinions: Sequence[Opinion], file: Path) -> None:
    """Raise BadInput where a row that was imported says something else now: it would count twice."""
    known = {_place(one): one.score for item in {one.item for one in opinions} for one in store.reviews.opinions(item)}
    if changed := [one.row for one in opinions if known.get(_place(one), one.score) != one.score]:
        what = f"row {changed[0]} was imported with another score; {len(changed)} rows differ"
        hint = f"was the scale another one? Then first: prober survey remove {file.name}"
        raise BadInput([Problem(file, 0, 0, what, hint)])


def _place(one: Opinion) -> tuple[object, ...]:
    return one.survey, one.item, one.source, one.row, one.quality, one.channel


@app.command()
def remove(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A survey that was imported, by the name of its file.")],
    *,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Remove what was imported of a survey: by the wrong scale, say."""
    settings = open_items(config)[0].settings
    store = Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
    try:
        gone = asyncio.run(store.reviews.remove_opinions(Path(file).name))
    finally:
        store.close()
    if not gone:
        raise BadInput([Problem(NO_FILE, 0, 0, f"nothing was imported of ‘{Path(file).name}’", "look at its name")])
    typer.echo(f"{gone} scores removed")


@app.command()
def show(
    item: ITEM,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show what customers say of an item: each quality's mean score of 0 to 100, and what they said last."""
    with open_gate(item, config) as (gate, _):
        found = gate.store.reviews.opinions(gate.item.name)
    if as_json:
        told = {"version": 1, "item": item, "opinions": [_document(one) for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif found:
        _show(progress_console(stderr=False, strict=True), found, ZoneInfo(gate.settings.orders.timezone))
    else:
        typer.echo("no survey of it was imported yet")


def _show(console: Console, found: list[Opinion], zone: ZoneInfo) -> None:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "survey", "channel", "scores", "mean"):
        table.add_column(heading, justify="right" if heading in {"scores", "mean"} else "left")
    groups: dict[tuple[str, str, str], list[float]] = {}
    for one in found:
        label = QUALITIES[one.quality] if one.quality else Label("总体", "As a whole")
        groups.setdefault((f"{label.zh} {label.en}", str(one.survey), one.channel or "all"), []).append(one.score)
    for whose, scores in sorted(groups.items()):
        table.add_row(*whose, str(len(scores)), f"{mean(scores):.0f}")
    console.print(table)
    said = {(one.source, one.row): one for one in found if one.comment}
    for one in [*said.values()][-1 : -1 - _SAID : -1]:
        day = f"{one.at.astimezone(zone):%Y-%m-%d}"
        console.print(Text.assemble((day, "dim"), f" {one.score:.0f}  {one.comment}"), soft_wrap=True)


def _document(one: Opinion) -> dict[str, object]:
    return {
        "survey": str(one.survey),
        "at": f"{one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "quality": one.quality and str(one.quality),
        "score": one.score,
        "channel": one.channel,
        "comment": one.comment,
        "source": one.source,
        "row": one.row,
    }
