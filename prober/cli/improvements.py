"""`prober improvements`: what is to become better, who sees to it, and whether it did."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from prober.app.improving import Improving, proving
from prober.app.items import item_called
from prober.app.telling import masker_of
from prober.cli import improvement_view as view
from prober.cli.items import open_items
from prober.cli.people import BY, person, worded
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.loading.config import Settings
from prober.model.improvement import LONGEST_NAME, Category, Improvement, ImprovementChange, Stage
from prober.model.item import Item
from prober.model.scenario import Scenario
from prober.reports.words import STAGES
from prober.store.store import Store

app = typer.Typer(help="What is to become better, and whether it did.", no_args_is_help=True, rich_markup_mode=None)

ID = Annotated[str, typer.Argument(metavar="IMPROVEMENT", help="The improvement, as IMP-7.")]
TEXT = Annotated[str, typer.Argument(help="What you have to say about it.")]
SCENARIO = Annotated[
    list[str] | None,
    typer.Option(help="The scenarios that prove it; default: those that judge the item on its channel."),
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command("list")
def show_list(
    *,
    item: Annotated[str | None, typer.Option(help="Only of this item.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that are done or dropped, too.")] = False,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show what is to become better, the latest first; what was proved meanwhile is done."""
    with _open(config) as desk:
        found = desk.store.improvements.find(item=item, open_only=not every)
        shown = [(one, desk.improving.progress(one)) for one in found]
    if as_json:
        told = {"version": 1, "improvements": [view.document(one, progress) for one, progress in shown]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif shown:
        progress_console(stderr=False, strict=True).print(view.table(shown, desk.today))
    else:
        typer.echo("nothing is to become better" if every else "nothing is open")


@app.command()
def show(improvement: ID, *, as_json: JSON = False, config: CONFIG = Path("config.yaml")) -> None:
    """Show one improvement: how it came about, where it stands, and what its runs came to before and after."""
    with _open(config) as desk:
        found = desk.get(improvement)
        progress, compared = desk.improving.progress(found), desk.improving.compared(found, datetime.now(UTC))
    if as_json:
        told = view.document(found, progress) | {
            "before": view.figures(compared.before),
            "after": view.figures(compared.after),
        }
        typer.echo(json.dumps({"version": 1, "improvement": told}, ensure_ascii=False, indent=2))
        return
    console = progress_console(stderr=False, strict=True)
    for line in view.story(found, progress, compared, desk.zone):
        console.print(line, soft_wrap=True)


@app.command()
def add(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item of config.yaml, by its name.")],
    what: Annotated[str, typer.Argument(help="What is to become better.")],
    *,
    category: Annotated[Category, typer.Option(help="What has to change.")],
    channel: Annotated[str, typer.Option(help="On which channel; default: all of the item's.")] = "",
    owner: Annotated[str, typer.Option(help="Who sees to it; default: the item's owner.")] = "",
    due: Annotated[str, typer.Option(metavar="DAY", help="By when: 2026-12-01.")] = "",
    blocks: Annotated[bool, typer.Option("--blocks", help="The item may not go live before it is done.")] = False,
    scenario: SCENARIO = None,
    passes: Annotated[int, typer.Option(min=1, help="How often each must pass in a row to prove it.")] = 3,
    incident: Annotated[str, typer.Option(help="The incident it comes from, as INC-20261122-0007.")] = "",
    by: BY = "",
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Write down what is to become better of an item."""
    what, owner = worded(what, "WHAT"), worded(owner, "--owner", most=LONGEST_NAME, least=0)
    with _open(config) as desk:
        found = item_called(item, desk.items, desk.settings)
        if channel and channel not in found.channels:
            raise typer.BadParameter(f"‘{item}’ is offered on {', '.join(found.channels)}", param_hint="--channel")
        desk.refuse_unknown(scenario or ())
        if incident and desk.store.incidents.get(incident.upper()) is None:
            raise typer.BadParameter(f"there is no incident ‘{incident}’", param_hint="--incident")
        made = Improvement(
            item=found.name,
            what=desk.mask(what),
            category=category,
            opened_at=datetime.now(UTC),
            by=person(by),
            owner=owner or found.owner,
            due=_due(due, desk.today),
            channel=channel,
            blocks=blocks,
            scenarios=tuple(scenario or proving(found, desk.scenarios, channel)),
            passes=passes,
            source=incident.upper(),
        )
        kept = asyncio.run(desk.store.improvements.put([made]))[0]
    _tell(kept.name, f"{STAGES[kept.stage].en}, {kept.owner or 'nobody'} sees to it")


@app.command()
def start(improvement: ID, text: TEXT = "", *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Say that you work on it."""
    _turn(
        config,
        improvement,
        ImprovementChange(datetime.now(UTC), person(by), Stage.DO, worded(text, "TEXT", least=0)),
        of=[Stage.PLAN],
    )


@app.command()
def mended(
    improvement: ID,
    text: TEXT = "",
    *,
    scenario: SCENARIO = None,
    by: BY = "",
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Say that it is mended: from now on its scenarios have to pass so often in a row, and then it is done."""
    change = ImprovementChange(datetime.now(UTC), person(by), Stage.CHECK, worded(text, "TEXT", least=0))
    _turn(config, improvement, change, of=[Stage.PLAN, Stage.DO, Stage.CHECK], scenarios=scenario or ())


@app.command()
def reopen(improvement: ID, text: TEXT, *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Say that it is not well after all."""
    change = ImprovementChange(datetime.now(UTC), person(by), Stage.PLAN, worded(text, "TEXT"))
    _turn(config, improvement, change, of=[Stage.CHECK, Stage.DONE, Stage.DROPPED])


@app.command()
def drop(improvement: ID, text: TEXT, *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Say that it stays as it is, and why."""
    change = ImprovementChange(datetime.now(UTC), person(by), Stage.DROPPED, worded(text, "TEXT"))
    _turn(config, improvement, change, of=[stage for stage in Stage if stage.is_open])


@app.command()
def note(improvement: ID, text: TEXT, *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Add what you know."""
    _turn(
        config,
        improvement,
        ImprovementChange(datetime.now(UTC), person(by), None, worded(text, "TEXT")),
        of=list(Stage),
    )


def _turn(
    config: Path, name: str, change: ImprovementChange, *, of: Sequence[Stage], scenarios: Sequence[str] = ()
) -> None:
    with _open(config) as desk:
        desk.refuse_unknown(scenarios)
        found = desk.get(name)
        text = desk.mask(change.text)
        said = ImprovementChange(change.at, change.by, change.stage, text)
        if not asyncio.run(desk.store.improvements.turn(found.id, said, of=of, scenarios=scenarios)):
            stands = desk.get(name).stage
            hint = f"it would have to stand: {', '.join(of)}"
            raise BadInput([Problem(NO_FILE, 0, 0, f"{found.name} is ‘{stands}’ by now", hint)])
        progress = desk.improving.progress(desk.get(name))
    done = f"{STAGES[change.stage].en} by {change.by}" if change.stage else f"noted by {change.by}"
    _tell(found.name, done + (f"; {view.proof(progress)}" if progress else ""))


def _tell(name: str, said: str) -> None:
    progress_console(stderr=False, strict=True).print(Text.assemble((name, "bold"), f": {said}"), soft_wrap=True)


@dataclass(frozen=True)
class _Desk:
    """What the commands here work with."""

    settings: Settings
    items: Sequence[Item]
    scenarios: Mapping[str, Scenario]
    improving: Improving

    @property
    def store(self) -> Store:
        return self.improving.store

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.orders.timezone)

    @property
    def today(self) -> date:
        return datetime.now(self.zone).date()

    def mask(self, text: str) -> str:
        return masker_of(self.settings)(text)

    def refuse_unknown(self, scenarios: Sequence[str]) -> None:
        if unknown := [name for name in scenarios if name not in self.scenarios]:
            raise typer.BadParameter(f"there is no scenario called {', '.join(unknown)}", param_hint="--scenario")

    def get(self, name: str) -> Improvement:
        number = name.upper().removeprefix("IMP-")
        found = self.store.improvements.get(int(number)) if number.isdecimal() and len(number) < _DIGITS else None
        if found is None:
            hint = "‘prober improvements list --all’ shows those there are"
            raise BadInput([Problem(NO_FILE, 0, 0, f"there is no improvement ‘{name}’", hint)])
        return found


_DIGITS = 10


@contextmanager
def _open(config: Path) -> Iterator[_Desk]:
    """Yield the workspace with its store; what was proved meanwhile is noted first."""
    workspace, items = open_items(config)
    settings = workspace.settings
    store = Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
    try:
        scenarios = {one.name: one for one in workspace.scenarios}
        desk = _Desk(settings, items, scenarios, Improving(store))
        asyncio.run(desk.improving.settle())
        yield desk
    finally:
        store.close()


def _due(text: str, today: date) -> date | None:
    try:
        due = date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"‘{text}’ is no day: write 2026-12-01", param_hint="--due") from None
    if due and due < today:
        raise typer.BadParameter(f"‘{text}’ is over: write {today} or a day after it", param_hint="--due")
    return due
