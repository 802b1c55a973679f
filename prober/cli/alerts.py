"""`prober alerts`: does each way of telling work, what was told, what failed, and tickets by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from prober.app.telling import desk_of, sender_of, utc_now, writer_of
from prober.cli.alert_tables import STYLES, document, print_alarms, print_tickets
from prober.cli.exits import Exit
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings, open_to_look
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.loading.config_alerts import ways
from prober.loading.fields import did_you_mean
from prober.model.alarm import Delivery, Way
from prober.store.store import Store

app = typer.Typer(help="Who is told of incidents, and what came of it.", no_args_is_help=True, rich_markup_mode=None)

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command("test")
def try_ways(
    names: Annotated[list[str] | None, typer.Argument(metavar="[WAY]...", help="Ways; all if none is given.")] = None,
    *,
    as_json: _JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Send a test message by each way, and say what came of it. Exit: 0 all taken, 3 one was not, 2 unknown way."""
    settings = open_settings(config)
    chosen = _chosen(settings, names or [])
    console = progress_console(stderr=as_json)
    results = asyncio.run(_tried(settings, chosen, console))
    if as_json:
        typer.echo(json.dumps({"version": 1, "ways": results}, ensure_ascii=False, indent=2))
    raise typer.Exit(Exit.PASSED if all(one["told"] for one in results) else Exit.ROBOT)


@app.command("list")
def show(
    *,
    last: Annotated[int, typer.Option(min=1, help="How many alarms and tickets, the latest.")] = 50,
    as_json: _JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show what was told, what failed, and what waits."""
    settings = open_to_look(config)
    store = Store.open_to_read(settings.store.url)
    try:
        lately, still_open = store.alarms.find(limit=last), store.alarms.find(open_only=True, limit=None)
        tickets = store.tickets.find(limit=last)
    finally:
        store.close()
    alarms = sorted({one.id: one for one in (*lately, *still_open)}.values(), key=lambda one: one.id)
    if as_json:
        told = {"alarms": [document(one) for one in alarms], "tickets": [document(one) for one in tickets]}
        typer.echo(json.dumps({"version": 1} | told, ensure_ascii=False, indent=2))
        return
    console, zone = progress_console(stderr=False, strict=True), ZoneInfo(settings.orders.timezone)
    print_alarms(alarms, console, zone)
    print_tickets(tickets, console, zone)


@app.command()
def ticket(
    incident: Annotated[str, typer.Argument(help="The incident, by its id.")],
    system: Annotated[str, typer.Argument(help="The system under ‘tickets’ in config.yaml.")],
    *,
    as_json: _JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Hand an incident over to another system now, unless it was. Exit: 0 it is there, 3 it is not, 2 unknown."""
    settings, incident = open_settings(config), incident.upper()
    known = [one.name for one in settings.tickets]
    if system not in known:
        what = f"there is no system of tickets called ‘{system}’"
        raise BadInput([Problem(NO_FILE, 0, 0, what, did_you_mean(system, known) or "add it under ‘tickets:’")])
    store = Store.open(settings.store.url, durable=settings.store.durable)
    try:
        if store.incidents.get(incident) is None:
            what = f"there is no incident ‘{incident}’"
            raise BadInput([Problem(NO_FILE, 0, 0, what, "‘prober incidents list’ shows them")])
        made = asyncio.run(desk_of(settings, store).ask(incident, system))
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps({"version": 1, "ticket": document(made)}, ensure_ascii=False, indent=2))
    else:
        sign, style = STYLES[made.state]
        said = made.number or made.error or str(made.state)
        progress_console(stderr=False, strict=True).print(
            Text.assemble((sign, style), f" {incident} in {system}: {said}")
        )
    raise typer.Exit(Exit.PASSED if made.state is Delivery.SENT else Exit.ROBOT)


def _chosen(settings: Settings, names: Sequence[str]) -> list[Way]:
    """Return the ways called *names*; one that texts several numbers is each of them."""
    if not settings.alerts:
        raise BadInput([Problem(NO_FILE, 0, 0, "nobody is told of anything", "add a way under ‘alerts:’")])
    known = ways(settings.alerts)
    listed = [alert.name for alert in settings.alerts]
    problems = [
        Problem(NO_FILE, 0, 0, f"there is no way called ‘{name}’", did_you_mean(name, listed))
        for name in names
        if name not in {*listed, *(way.name for way in known)}
    ]
    if problems:
        raise BadInput(problems)
    return [way for way in known if not names or way.name in names or _family(way, listed) in names]


def _family(way: Way, listed: Sequence[str]) -> str:
    return way.name if way.name in listed else way.name.rpartition(".")[0]


async def _tried(settings: Settings, chosen: Sequence[Way], console: Console) -> list[dict[str, Any]]:
    """Try all at once, and print of each what came of it as soon as it did."""
    sender, writer = sender_of(settings), writer_of(settings)

    async def attempt(way: Way) -> dict[str, Any]:
        began_s, error, cure = monotonic(), "", ""
        try:
            await sender.send(way, writer.test(way.language, way.name, utc_now(), short=bool(way.number)), well=True)
        except RobotBroken as broken:
            error, cure = writer.mask(broken.what), broken.cure
        took_s = round(monotonic() - began_s, 3)
        sign, style = STYLES[Delivery.FAILED if error else Delivery.SENT]
        line = Text.assemble(
            (f"{sign} ", style), (f"{way.name:<16}", "bold"), f" {_kind(way):<10}", (f"{took_s:6.1f} s", "dim")
        )
        console.print(line, soft_wrap=True)
        if error:
            console.print(Text(f"    {error}\n    {cure}", style), soft_wrap=True)
        return {"way": way.name, "kind": _kind(way), "told": not error, "took_s": took_s, "error": error}

    with console.status(f"telling {len(chosen)}") if console.is_terminal else nullcontext():
        return list(await asyncio.gather(*map(attempt, chosen)))


def _kind(way: Way) -> str:
    return "sms" if way.number else way.url.partition(":")[0]
