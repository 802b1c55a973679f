"""`prober run`: play scenarios now."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from prober.app import App, Order, orders
from prober.cli import exits
from prober.cli.exits import Exit
from prober.cli.progress import Watch, progress_console, summary
from prober.cli.report import TITLE, write_html
from prober.cli.workspace import CONFIG, Workspace, open_workspace
from prober.model.run import Phase, Run, StepResult
from prober.model.scenario import Step
from prober.reports.document import document


def command(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files (*.yaml, *.py), or folders of them.")],
    *,
    line: Annotated[list[str] | None, typer.Option(help="Only on this line of config.yaml; may be repeated.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="Where the item stands; kept with every run.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Play everything this often.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")] = None,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Play scenarios now, and keep every step. Exit: 0 passed, 1 failed, 3 robot error, 4 could not ask."""
    workspace = open_workspace(config, scenarios)
    planned = orders(workspace.settings, workspace.scenarios, lines=line or (), phase=phase) * repeat
    console = progress_console(stderr=as_json)
    kept = _Kept()
    App.prepare(workspace.scenarios)
    app = App(workspace.settings, workspace.prompts)
    try:
        with Watch(console, len(planned)) as watch:
            code = asyncio.run(_play(app, planned, watch, kept))
    finally:
        _tell(workspace, kept.runs, console, html=html, as_json=as_json)
    raise typer.Exit(code)


class _Kept:
    """Keeps the runs as they end."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    async def run_started(self, run: Run) -> None: ...

    async def step_started(self, run: Run, index: int, step: Step) -> None: ...

    async def step_finished(self, run: Run, result: StepResult) -> None: ...

    async def run_finished(self, run: Run) -> None:
        self.runs.append(run)


async def _play(app: App, planned: Sequence[Order], watch: Watch, kept: _Kept) -> Exit:
    """Play all orders, one after another; a signal ends the run under way politely, and the rest is not begun."""
    _leave_politely_on_signals()
    try:
        for order in planned:
            await app.play(order, watch, kept)
    except asyncio.CancelledError:
        return Exit.INTERRUPTED
    finally:
        await app.close()
    return exits.of_runs(run.outcome for run in kept.runs)


def _leave_politely_on_signals() -> None:
    """Let the first signal interrupt the run under way; a second one does not interrupt its good-bye."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    left = False

    def leave() -> None:
        nonlocal left
        if task is not None and not left:
            task.cancel()
        left = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave)


def _tell(workspace: Workspace, runs: Sequence[Run], console: Console, *, html: Path | None, as_json: bool) -> None:
    """Say what became of it: a table where there was more than one run, the report, the document."""
    if len(runs) > 1:
        console.print()
        console.print(summary(runs))
    if html is not None and runs:
        write_html(html, runs, workspace.settings, title=TITLE)
        console.print(f"\n[dim]report[/] {html}")
    if as_json:
        typer.echo(json.dumps(document(runs), ensure_ascii=False, indent=2))
