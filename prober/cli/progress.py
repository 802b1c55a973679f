"""What a person sees while runs are played: a line a step, and the step under way with its clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from prober.model.run import Failure, Outcome, Run, StepResult
from prober.model.scenario import Step

STYLES: Mapping[Outcome | None, tuple[str, str]] = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.SLOW: ("◷", "yellow"),
    Outcome.FAILED: ("✗", "bold red"),
    Outcome.ERROR: ("!", "bold magenta"),
    Outcome.SKIPPED: ("–", "dim"),
    None: ("?", "dim"),
}
_PLAIN = str.maketrans("✓✗◷", "√×~")
"""For terminals that lack the signs, GBK ones among them."""
_BAR = 24
_SHORTEST_NAME = 24
_WIDEST = 110


def progress_console(*, stderr: bool) -> Console:
    """Return a console; one that is no terminal gets lines as wide as they read best, whatever COLUMNS says."""
    file = cast("TextIO", _Output(sys.stderr if stderr else sys.stdout))
    console = Console(file=file, highlight=False)
    return console if console.is_terminal else Console(file=file, highlight=False, width=_WIDEST)


class _Output:
    """A stream that never ends a run: who reads it may go away, or lack the characters, and the run goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = False

    def write(self, text: str) -> int:
        """Write *text*, as far as it can be written."""
        try:
            text.encode(self._stream.encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN)
        try:
            return len(text) if self._lost else self._stream.write(text)
        except (OSError, ValueError):
            self._lose()
            return len(text)

    def flush(self) -> None:
        """Have it written."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._lose()

    def _lose(self) -> None:
        """Print no more. What is buffered goes to the void: Python would stumble over it when it exits."""
        self._lost = True
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Watch:
    """Prints each step as it is finished; on a terminal the step under way runs beneath with its clock."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._runs = 0
        self._under_way = Progress(
            TextColumn(" "),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Watch:
        self._under_way.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._under_way.stop()

    async def run_started(self, run: Run) -> None:
        """Print which scenario is played, and for whom."""
        self._runs += 1
        count = f" {self._runs}/{self._total}" if self._total > 1 else ""
        details = f"{count}  {run.scenario} · {run.line} · {run.id}"
        self._console.print(Text.assemble("\n", (run.title or run.scenario, "bold"), (details, "dim")))

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Show the step under way."""
        self._clear()
        self._under_way.add_task(step.name, total=None)

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Print how the step ended."""
        self._clear()
        self._console.print(step_line(result, min(self._console.width, _WIDEST)), no_wrap=True)
        if result.failure and result.outcome in (Outcome.FAILED, Outcome.ERROR):
            self._console.print(failure_lines(result.failure, result))

    async def run_finished(self, run: Run) -> None:
        """Print how the run ended."""
        self._clear()
        sign, style = STYLES[run.outcome]
        ending = "interrupted" if run.interrupted else str(run.outcome)
        lasted = f"  in {(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
        self._console.print(Text.assemble((f"{sign} {ending}", style), (lasted, "dim")))

    def _clear(self) -> None:
        for task in self._under_way.task_ids:
            self._under_way.remove_task(task)


def step_line(result: StepResult, width: int) -> Text:
    """Return one line of a step: sign, name, latency, and a bar of it against its limit, in *width* cells."""
    sign, style = STYLES[result.outcome]
    name = Text(result.name, "dim" if result.outcome is Outcome.SKIPPED else "")
    name.truncate(max(_SHORTEST_NAME, width - _BAR - 23), overflow="ellipsis", pad=True)
    line = Text.assemble("  ", (sign, style), " ", name)
    if result.took_s is not None:
        line.append(f" {result.took_s:7.3f} s ")
        if result.within_s:
            line.append_text(_bar(result.took_s / result.within_s, style))
            line.append(f" ≤ {result.within_s:g} s", "dim")
    line.rstrip()
    return line


def _bar(share: float, style: str) -> Text:
    filled = min(_BAR, max(1, round(share * _BAR)))
    return Text.assemble(("━" * filled, style), ("─" * (_BAR - filled), "bright_black"))


def failure_lines(failure: Failure, result: StepResult) -> Table:
    """Return a failure as a person reads it: what, expected, actual; for an ERROR, what to do."""
    labels = ("", "what to do") if result.outcome is Outcome.ERROR else ("expected", "actual")
    table = Table.grid(padding=(0, 1))
    table.add_column(width=12, justify="right", style="dim")
    table.add_column(overflow="fold")
    layer = f" [{result.layer}]" if result.layer else ""
    table.add_row("", Text(failure.what + layer, STYLES[result.outcome][1]))
    for label, said in zip(labels, (failure.expected, failure.actual), strict=True):
        if said:
            table.add_row(label, Text(said))
    return table


def summary(runs: Sequence[Run]) -> Table:
    """Return a table of scenarios: how many runs ended how."""
    table = Table(box=None, header_style="dim", padding=(0, 2))
    table.add_column("scenario")
    for outcome in Outcome:
        table.add_column(outcome, justify="right")
    for name in dict.fromkeys(run.scenario for run in runs):
        outcomes = [run.outcome for run in runs if run.scenario == name]
        counts = [outcomes.count(outcome) for outcome in Outcome]
        cells = [Text(str(n), STYLES[o][1]) if n else Text("·", "dim") for n, o in zip(counts, Outcome, strict=True)]
        table.add_row(name, *cells)
    return table
