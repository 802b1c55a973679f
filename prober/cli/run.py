"""`prober run`: play scenarios now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from prober.app import App, Order, orders
from prober.cli import exits
from prober.cli.attending import Attending
from prober.cli.exits import Exit
from prober.cli.playing import Playing
from prober.cli.progress import Watch, Whom, progress_console, summary
from prober.cli.report import HTML, JUNIT, refuse_unwritable, write_html, write_junit
from prober.cli.workspace import CONFIG, Workspace, open_workspace
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.model.order import OrderState
from prober.model.run import Phase, Run
from prober.model.scenario import Scenario
from prober.reports.document import document


def command(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files (*.yaml, *.py), or folders of them.")],
    *,
    line: Annotated[list[str] | None, typer.Option(help="Only on this line of config.yaml; may be repeated.")] = None,
    matrix: Annotated[
        list[str] | None, typer.Option(help="Only for lines with this fact, brand=全球通; may be repeated.")
    ] = None,
    phase: Annotated[Phase | None, typer.Option(help="Where the item stands; kept with every run.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Play everything this often.")] = 1,
    parallel: Annotated[int, typer.Option(min=1, help="Play this many runs at once, on different lines.")] = 1,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Begin nothing after a run that failed.")] = False,
    attended: Annotated[
        bool, typer.Option("--attended", help="Somebody is here, and answers what a scenario asks a person.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    html: HTML = None,
    junit: JUNIT = None,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Play scenarios now, and keep every step. Exit: 0 passed, 1 failed, 3 robot error, 4 could not ask."""
    if attended and parallel > 1:
        raise typer.BadParameter("one person attends one run at a time: leave out --parallel")
    workspace = open_workspace(config, scenarios)
    _refuse_repeated_orders(workspace.scenarios, repeat)
    refuse_unwritable(html, junit)
    only = _facts(matrix or ())
    asked = orders(workspace.settings, workspace.scenarios, lines=line or (), phase=phase, facts=only)
    planned = _planned(asked, repeat)
    console = progress_console(stderr=as_json)
    App.prepare(workspace.scenarios)
    facts = _facts_of(workspace)
    watch = Watch(console, len(planned), lambda run: _whom(run, facts), abreast=parallel > 1)
    attending = Attending(console, watch.quiet) if attended else None
    app = App(workspace.settings, workspace.prompts, attendant=attending)
    _tell_standing(app, console)
    with watch:
        playing = Playing(app, planned, watch, parallel, fail_fast)
        try:
            whole = asyncio.run(playing.play())
        finally:
            watch.stop()
            _tell(playing, console, facts, as_json=as_json)
            _write(playing.runs, workspace, console, html=html, junit=junit)
    raise typer.Exit(exits.of_runs(run.outcome for run in playing.runs) if whole else Exit.INTERRUPTED)


def _planned(asked: Sequence[Order], repeat: int) -> list[Order]:
    """Return what is played: what is *asked* goes before any schedule, its repetitions take turns with it."""
    return [replace(order, first=True) for order in asked] + list(asked) * (repeat - 1)


def _refuse_repeated_orders(scenarios: Sequence[Scenario], repeat: int) -> None:
    """Raise BadInput where something would be ordered again and again."""
    hint = "play it by itself, without --repeat"
    problems = [
        Problem(one.path, 0, 0, f"‘{one.name}’ orders something at the operator and is never repeated", hint)
        for one in scenarios
        if one.effects.orders and repeat > 1
    ]
    if problems:
        raise BadInput(problems)


def _facts(written: Sequence[str]) -> dict[str, list[str]]:
    """Return what `--matrix name=value` asks for, the values of each fact together."""
    facts: dict[str, list[str]] = {}
    for one in written:
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            hint = "write a fact of the lines and its value: --matrix brand=全球通"
            raise BadInput([Problem(NO_FILE, 0, 0, f"--matrix ‘{one}’ is not name=value", hint)])
        facts.setdefault(name, []).append(value)
    return facts


def _facts_of(workspace: Workspace) -> Whom:
    """Return what says the combination of its scenario's matrix that a run belongs to."""
    lines = {line.name: line for line in workspace.settings.lines}
    matrices = {scenario.name: tuple(scenario.matrix) for scenario in workspace.scenarios}

    def facts(run: Run) -> str:
        line = lines.get(run.line)
        return " ".join(line.fact(name) or "" for name in matrices.get(run.scenario, ())) if line else ""

    return facts


def _whom(run: Run, facts: Whom) -> str:
    return f"{run.line} ({facts(run)})" if facts(run) else run.line


def _tell_standing(app: App, console: Console) -> None:
    """Say loudly, at every start, which orders may still stand."""
    for placed in app.store.orders.placed(still_open=True):
        if placed.state is OrderState.STANDING:
            console.print(Text(f"! {placed.told}", "bold magenta"))


def _tell(playing: Playing, console: Console, facts: Whom, *, as_json: bool) -> None:
    """Say what became of it: a table where there was more than one run, what was not begun, the document."""
    runs = playing.runs
    if len(runs) > 1:
        console.print()
        console.print(summary(runs, facts))
    if playing.left:
        console.print(Text(f"\nnot begun: {_counted(playing.left)}", "yellow"))
    if as_json:
        typer.echo(json.dumps(document(runs), ensure_ascii=False, indent=2))


def _counted(left: Sequence[Order]) -> str:
    names = [order.scenario.name for order in left]
    return ", ".join(f"{name} ×{n}" if (n := names.count(name)) > 1 else name for name in dict.fromkeys(names))


def _write(
    runs: Sequence[Run], workspace: Workspace, console: Console, *, html: Path | None, junit: Path | None
) -> None:
    """
    Write the reports that were asked for, if there is anything to report.

    One that cannot be written is told, and changes nothing else: not the exit code, not the other report.
    """
    writing: list[Callable[[], Path]] = []
    if html is not None and runs:
        writing.append(lambda: write_html(html, runs, workspace.settings))
    if junit is not None and runs:
        writing.append(lambda: write_junit(junit, runs, workspace.settings))
    for write in writing:
        try:
            console.print(f"\n[dim]report[/] {write()}")
        except RobotBroken as broken:
            console.print(Text(f"\n! {broken.what}\n  {broken.cure}", "bold magenta"))
