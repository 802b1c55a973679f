"""Two runs beside each other on a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from prober.cli.progress import STYLES, progress_console
from prober.model.run import StepResult
from prober.reports.comparison import Comparison, Pair
from prober.reports.words import seconds

_TRENDS = {"slower": "bold yellow", "faster": "green", "": "dim"}


def print_comparison(comparison: Comparison) -> None:
    """Print both runs step by step, and beneath what else is not the same."""
    console = progress_console(stderr=False)
    for letter, run in zip("AB", (comparison.before, comparison.after), strict=True):
        sign, style = STYLES[run.outcome]
        started = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
        console.print(Text.assemble((f"{letter} {sign} ", style), run.id, (f"  {run.line} · {started}", "dim")))
    for each in comparison.conditions:
        console.print(Text(f"  {each.name}: {each.before or '–'} | {each.after or '–'}", "dim"))
    console.print(_table(comparison.pairs))
    for pair in comparison.pairs:
        for letter, step in zip("AB", (pair.before, pair.after), strict=True):
            if step is not None and step.failure and pair.outcome_changed:
                said = f": {step.failure.actual}" if step.failure.actual else ""
                console.print(Text(f"{letter} {step.index + 1} {step.failure.what}{said}", STYLES[step.outcome][1]))


def _table(pairs: tuple[Pair, ...]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("step", overflow="ellipsis", no_wrap=True, ratio=1)
    for heading in ("A", "B", "B/A"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("captured and seen", overflow="fold")
    for pair in pairs:
        ratio = "" if pair.ratio is None else f"×{pair.ratio:.2f}"
        captures = [f"{each.name} {each.before or '–'} | {each.after or '–'}" for each in pair.captures]
        table.add_row(
            Text(pair.step.name, "bold" if pair.outcome_changed else ""),
            _cell(pair.before),
            _cell(pair.after),
            Text(ratio, _TRENDS[pair.trend]),
            Text("\n".join(captures), "dim"),
        )
    return table


def _cell(step: StepResult | None) -> Text:
    if step is None:
        return Text("–", "dim")
    sign, style = STYLES[step.outcome]
    return Text.assemble(seconds(step.took_s), " ", (sign, style))
