"""What a person sees while runs are played: a line a step, and the step under way with its clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from prober.cli.problems import printable
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


def progress_console(*, stderr: bool, lasting: bool = False, strict: bool = False) -> Console:
    """
    Return a console; one that is no terminal gets lines as wide as they read best, whatever COLUMNS says.

    One that is *lasting* tries each line anew, whatever became of those before: a disk that was full has room again.
    One that is *strict* raises OSError where a line cannot be printed: for what was asked for in order to be read.
    """
    file = cast("TextIO", _Output(sys.stderr if stderr else sys.stdout, lasting=lasting, strict=strict))
    console = _Console(file=file, highlight=False)
    return console if console.is_terminal else _Console(file=file, highlight=False, width=_WIDEST)


class _Console(Console):
    """Prints nothing that would steer the terminal: pages, texts and people write what they like."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else "\n".join(map(printable, text.split("\n"))), style, control)

    def on_broken_pipe(self) -> None:
        """Let who began the command say how it ends: Rich would, as if a channel had failed."""
        raise  # noqa: PLE0704 - it is called while the error is being handled


class _Output:
    """A stream that never ends a run: who reads it may go away, or lack the characters, and the run goes on."""

    def __init__(self, stream: TextIO, *, lasting: bool = False, strict: bool = False) -> None:
        self._stream = stream
        self._strict = strict
        self._lasting = lasting
        self._lost = False

    def write(self, text: str) -> int:
        """Write *text*, as far as it can be written."""
        try:
            text.encode(self._stream.encoding)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
        try:
            return len(text) if self._lost else self._stream.write(text)
        except (OSError, ValueError):
            if self._strict:
                raise
            self._lose()
            return len(text)

    def flush(self) -> None:
        """Have it written."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            if self._strict:
                raise
            self._lose()

    def _lose(self) -> None:
        """Print no more. What is buffered goes to the void: Python would stumble over it when it exits."""
        if self._lasting:
            return
        self._lost = True
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


Whom = Callable[[Run], str]
"""Says for whom a run is played: its line, and what of the line matters."""


class Watch:
    """
    Prints each step as it is finished; on a terminal the steps under way run beneath with their clocks.

    Where several runs are under way at once (*abreast*), each line says whose it is.
    """

    def __init__(
        self, console: Console, total: int, whom: Whom = lambda run: run.line, *, abreast: bool = False
    ) -> None:
        self._console = console
        self._total = total
        self._whom = whom
        self._abreast = abreast
        self._width = None if console.is_terminal else console.width
        """How wide lines are that nobody sees on a terminal, which may change its size."""
        self._runs = 0
        self._tasks: dict[str, TaskID] = {}
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
        self.stop()

    def expect(self, more: int) -> None:
        """Count *more* runs among those to come."""
        self._total += more

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Show nothing under way for a while: somebody is being asked."""
        self._under_way.stop()
        try:
            yield
        finally:
            self._under_way.start()

    def stop(self) -> None:
        """Show nothing under way any more. Safe to call twice."""
        self._under_way.stop()

    async def run_started(self, run: Run) -> None:
        """Print which scenario is played, and for whom."""
        self._runs += 1
        count = f" {self._runs}/{self._total}" if self._total > 1 else ""
        details = " · ".join(part for part in (run.scenario, self._whom(run), run.id) if part)
        head = self._tag(run) if self._abreast else Text("\n")
        self._console.print(Text.assemble(head, (run.title or run.scenario, "bold"), (f"{count}  {details}", "dim")))

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Show the step under way."""
        self._clear(run)
        said = Text.assemble(self._tag(run), step.name)
        self._tasks[run.id] = self._under_way.add_task(said.markup, total=None)

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Print how the step ended."""
        self._clear(run)
        tag = self._tag(run)
        width = min(self._width or self._console.width, _WIDEST) - tag.cell_len
        self._print(Text.assemble(tag, step_line(result, width)))
        if result.failure:
            self._tell(run, failure_lines(result.failure, result))

    async def run_finished(self, run: Run) -> None:
        """Print how the run ended."""
        self._clear(run)
        sign, style = STYLES[run.outcome]
        ending = "interrupted" if run.interrupted else str(run.outcome)
        lasted = f"  in {(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
        self._console.print(Text.assemble(self._tag(run), (f"{sign} {ending}", style), (lasted, "dim")))
        if run.remark:
            self._tell(run, Text(run.remark, "yellow" if run.outcome is Outcome.SKIPPED else "bold magenta"))

    def _print(self, line: Text) -> None:
        """Print one line; to lay it out for a terminal that is none would cost milliseconds each."""
        if self._width is None:
            self._console.print(line, no_wrap=True)
        else:
            self._console.file.write(f"{printable(line.plain)}\n")
            self._console.file.flush()

    def _tag(self, run: Run) -> Text:
        """Return whose line this is, where that is not plain."""
        return Text(f"{run.line or run.scenario} │ " if self._abreast else "", "dim")

    def _tell(self, run: Run, told: RenderableType) -> None:
        """Print what may take several lines, each with its tag."""
        tag = self._tag(run)
        options = self._console.options.update(width=max(_BAR, min(self._console.width, _WIDEST) - tag.cell_len))
        for line in self._console.render_lines(told, options, pad=False):
            said = (Text(segment.text, segment.style or "") for segment in line)
            told_line = Text.assemble(tag, *said)
            told_line.rstrip()
            self._console.print(told_line, soft_wrap=True)

    def _clear(self, run: Run) -> None:
        if run.id in self._tasks:
            self._under_way.remove_task(self._tasks.pop(run.id))


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


def summary(runs: Sequence[Run], facts: Whom = lambda _: "") -> Table:
    """Return a table of scenarios, of each combination of *facts* apart: how many runs ended how."""
    table = Table(box=None, header_style="dim", padding=(0, 2))
    table.add_column("scenario")
    for outcome in Outcome:
        table.add_column(outcome, justify="right")
    for name, of in dict.fromkeys((run.scenario, facts(run)) for run in runs):
        outcomes = [run.outcome for run in runs if (run.scenario, facts(run)) == (name, of)]
        counts = [outcomes.count(outcome) for outcome in Outcome]
        cells = [Text(str(n), STYLES[o][1]) if n else Text("·", "dim") for n, o in zip(counts, Outcome, strict=True)]
        table.add_row(f"{name} · {of}" if of else name, *cells)
    return table
