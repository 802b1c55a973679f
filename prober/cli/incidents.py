"""`prober incidents`: what is broken now, what was, and what people did about it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from prober.app.availability import availabilities
from prober.app.telling import masker_of
from prober.app.work import Work
from prober.cli import availability_view as available
from prober.cli import incident_view as view
from prober.cli.durations import span
from prober.cli.people import BY, person
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings, open_to_look, open_workspace
from prober.errors import NO_FILE, BadInput, Problem
from prober.loading.config import Settings
from prober.model.incident import Incident
from prober.reports.incident import document
from prober.store.incidents import Incidents, Refused
from prober.store.store import Store

app = typer.Typer(help="What is broken, and who sees to it.", no_args_is_help=True, rich_markup_mode=None)

ID = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident, as INC-20261122-0007.")]
TEXT = Annotated[str, typer.Argument(help="What you have to say about it.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command("list")
def show_list(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that are closed, too.")] = False,
    since: Annotated[str, typer.Option(metavar="TIME", help="With --all: open in the last 24h, say.")] = "",
    item: Annotated[str | None, typer.Option(help="Only of this item.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only of this channel.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most of them.")] = 50,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show the incidents that are open, the latest first."""
    now = datetime.now(UTC)
    began = now - span(since) if since else None
    with _reading(config) as (settings, store):
        wanted = {"open_only": not (every or since), "since": began, "item": item, "channel": channel}
        found = store.incidents.find(**wanted, limit=limit)  # type: ignore[arg-type]
    if as_json:
        typer.echo(
            json.dumps({"version": 1, "incidents": [document(one) for one in found]}, ensure_ascii=False, indent=2)
        )
    elif found:
        console = progress_console(stderr=False, strict=True)
        console.print(view.listed(found, now, _zone(settings), width=console.width))
    else:
        typer.echo("no incident" if every or since else "no incident is open")


@app.command()
def show(incident: ID, *, as_json: JSON = False, config: CONFIG = Path("config.yaml")) -> None:
    """Show one incident: what broke, what still worked, what happened since, and its evidence."""
    with _reading(config) as (settings, store):
        found = store.incidents.get(incident.upper())
        if found is None:
            raise _refusal(settings, incident, Refused.UNKNOWN, None)
        runs = [run for run_id in view.runs_of(found) if (run := store.queries.run(run_id))]
    if as_json:
        typer.echo(json.dumps({"version": 1, "incident": document(found)}, ensure_ascii=False, indent=2))
    else:
        console = progress_console(stderr=False, strict=True)
        for part in view.story(found, runs, settings.evidence.path, datetime.now(UTC), _zone(settings)):
            console.print(part, soft_wrap=isinstance(part, Text))


@app.command()
def availability(
    scenarios: Annotated[
        list[Path] | None, typer.Argument(help="Where the scenarios are; default: the workspace's folder ‘scenarios’.")
    ] = None,
    *,
    item: Annotated[str | None, typer.Option(help="Only of this item.")] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Over the last 30d, say; default: each probe's window.")
    ] = "",
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show for how much of the time each probe's channel was in no incident, and whether that meets its objective."""
    now, lasting = datetime.now(UTC), span(since) if since else None
    workspace = open_workspace(config, scenarios or [config.parent / "scenarios"])
    work = Work.of(workspace.settings, workspace.prompts, workspace.scenarios)
    store = Store.open_to_read(workspace.settings.store.url)
    try:
        found = availabilities(work, store, now=now, lasting=lasting, item=item)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(available.document(found, now), ensure_ascii=False, indent=2))
    elif found:
        progress_console(stderr=False, strict=True).print(available.table(found, now))
    else:
        typer.echo("no probe is of this item")


@app.command()
def ack(incident: ID, text: TEXT = "", *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Say that you see to an incident: nobody is reminded of it any more, and it goes no higher."""
    _act(config, incident, by, text, Incidents.acknowledge, "acknowledged")


@app.command()
def note(incident: ID, text: TEXT, *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Add what you know to an incident, open or closed."""
    if not text.strip():
        raise typer.BadParameter("a note says something")
    _act(config, incident, by, text, Incidents.note, "noted")


@app.command()
def snooze(
    incident: ID,
    text: TEXT = "",
    *,
    how_long: Annotated[str, typer.Option("--for", metavar="TIME", help="How long: 30m, 8h.")],
    by: BY = "",
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Let nobody be told of an incident for a while."""
    lasting = span(how_long)
    if not lasting:
        raise typer.BadParameter("for how long? Write 30m, 8h")
    until = datetime.now(UTC) + lasting
    told = f"until {view.at(until, _zone(open_to_look(config)))}"

    def snoozed(incidents: Incidents, one: str, who: str, said: str) -> _Acting:
        return incidents.snooze(one, who, f"{told}: {said}" if said else told, until)

    _act(config, incident, by, text, snoozed, f"snoozed {told}")


@app.command()
def close(incident: ID, text: TEXT = "", *, by: BY = "", config: CONFIG = Path("config.yaml")) -> None:
    """Close an incident by hand. What fails on opens another."""
    _act(config, incident, by, text, Incidents.close, "closed")


def _act(
    config: Path,
    incident: str,
    by: str,
    text: str,
    act: Callable[[Incidents, str, str, str], _Acting],
    done: str,
) -> None:
    name, who, text = incident.upper(), person(by), text.strip()
    settings = open_to_look(config)
    if text:
        text = _masked(config, text)
    store = Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
    try:
        refused = asyncio.run(act(store.incidents, name, who, text))
        if refused is not None:
            raise _refusal(settings, name, refused, store.incidents.get(name))
    finally:
        store.close()
    progress_console(stderr=False, strict=True).print(Text.assemble((name, "bold"), f": {done} by {who}"))


def _masked(config: Path, text: str) -> str:
    """Return *text* without what is secret anywhere in the settings."""
    try:
        return masker_of(open_settings(config))(text)
    except BadInput as bad:
        what = "what you say is kept without the secrets that are in the settings, and those have mistakes"
        hint = "‘ack’, ‘snooze’ and ‘close’ go without a text"
        raise BadInput([*bad.problems, Problem(NO_FILE, 0, 0, what, hint)]) from bad


_Acting = Coroutine[Any, Any, Refused | None]


def _zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.orders.timezone)


def _refusal(settings: Settings, name: str, refused: Refused, found: Incident | None) -> BadInput:
    what, hint = f"there is no incident ‘{name}’", "‘prober incidents list --all’ shows those there are"
    if refused is Refused.CLOSED and found and found.closed_at:
        what, hint = (
            f"{name} was closed {view.at(found.closed_at, _zone(settings))}",
            "‘prober incidents note’ adds to it",
        )
    elif refused is Refused.ALREADY and found:
        what, hint = f"{name} is acknowledged already, by {found.acknowledged_by}", "‘prober incidents note’ adds to it"
    return BadInput([Problem(NO_FILE, 0, 0, what, hint)])


@contextmanager
def _reading(config: Path) -> Iterator[tuple[Settings, Store]]:
    settings = open_to_look(config)
    store = Store.open_to_read(settings.store.url)
    try:
        yield settings, store
    finally:
        store.close()
