"""`prober db orders`: what runs ordered at the operator, and what a person must undo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import NO_FILE, BadInput, Problem
from prober.model.order import OrderState, Placed, masked, yuan
from prober.store.store import Store

app = typer.Typer(help="What runs ordered at the operator.", no_args_is_help=True, rich_markup_mode=None)

_STYLES = {OrderState.STANDING: "bold magenta", OrderState.CLAIMED: "yellow"}


@app.command("list")
def show(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that were undone or settled, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show the orders that may still stand at the operator, or are under way."""
    settings = open_settings(config)
    store = Store.open_to_read(settings.store.url)
    try:
        found = store.orders.placed(still_open=not every)
    finally:
        store.close()
    if as_json:
        told = {"version": 1, "orders": [_document(one) for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif found:
        _print(found, progress_console(stderr=False, strict=True), ZoneInfo(settings.orders.timezone))
    else:
        typer.echo("no order" if every else "no order stands")


@app.command()
def settle(
    runs: Annotated[list[str], typer.Argument(help="Runs whose orders you have undone by hand, by their ids.")],
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Note that an order was undone by hand, so that its line may order again."""
    settings = open_settings(config)
    store = Store.open(settings.store.url, durable=settings.store.durable)
    try:
        told = {run_id: store.orders.settle(run_id) for run_id in runs}
    finally:
        store.close()
    for run_id in (run_id for run_id, state in told.items() if state is OrderState.STANDING):
        typer.echo(f"{run_id}: settled")
    wrong = [_refusal(run_id, state) for run_id, state in told.items() if state is not OrderState.STANDING]
    if wrong:
        raise BadInput(wrong)


def _refusal(run_id: str, state: OrderState | None) -> Problem:
    if state is None:
        what = f"no run ‘{run_id}’ ordered anything"
    elif state is OrderState.CLAIMED:
        what = f"the run ‘{run_id}’ is under way, and may undo its order itself"
    else:
        what = f"the order of ‘{run_id}’ does not stand: it is {state}"
    return Problem(NO_FILE, 0, 0, what, "‘prober db orders list’ shows those that stand")


def _print(found: Sequence[Placed], console: Console, zone: ZoneInfo) -> None:
    table = Table(box=None, header_style="dim", padding=(0, 2))
    for name in ("run", "scenario", "line", "MSISDN", "orders", "yuan", "at", "state"):
        table.add_column(name, overflow="fold", no_wrap=name == "run")
    for one in found:
        at = f"{one.claimed_at.astimezone(zone):%Y-%m-%d %H:%M}"
        cells = (one.run_id, one.scenario, one.line, masked(one.msisdn), str(one.orders), yuan(one.cost_fen), at)
        table.add_row(*cells, Text(one.state, _STYLES.get(one.state, "dim")))
    console.print(table)
    if any(one.state is OrderState.STANDING for one in found):
        console.print("\nundo what stands by hand, then: prober db orders settle RUN", style="dim")


def _document(one: Placed) -> dict[str, Any]:
    instants = {"claimed_at": one.claimed_at, "ended_at": one.ended_at, "settled_at": one.settled_at}
    return {
        "run": one.run_id,
        "scenario": one.scenario,
        "line": one.line,
        "msisdn": masked(one.msisdn),
        "day": one.day.isoformat(),
        "orders": one.orders,
        "cost_fen": one.cost_fen,
        "state": str(one.state),
        **{name: at and f"{at:%Y-%m-%dT%H:%M:%S.%fZ}" for name, at in instants.items()},
    }
