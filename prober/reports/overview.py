"""Many runs at a glance: what each scenario did over the time, and where it broke."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import numpy as np

from prober.model.run import Outcome, Run, StepResult
from prober.reports.attempts import steps_by_name
from prober.reports.words import Mark, counted, mark

_SLOTS = 60
"""How many columns the time is cut into at most: as many as one tells apart."""
_WELL = (Outcome.PASSED, Outcome.SLOW)


@dataclass(frozen=True)
class Spread:
    """How latencies lie, in seconds; *number* of them were measured. Nothing measured is no figure."""

    number: int
    p50_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None


@dataclass(frozen=True)
class Slot:
    """The runs of one scenario in a stretch of time, by mark."""

    start: datetime
    end: datetime
    counts: dict[Mark, int]

    @property
    def gradient(self) -> str:
        """The colours of a pillar whose parts are as high as their number, the gravest on top; for CSS."""
        return bands(list(self.counts.items()), "180deg")


@dataclass(frozen=True)
class StepRow:
    """One step of a scenario over all its runs."""

    name: str
    channel: str
    counts: dict[Mark, int]
    spread: Spread


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario over all its runs. *took* is of its whole runs only: one that broke off is no quick one."""

    name: str
    title: str
    counts: dict[Mark, int]
    took: Spread
    slots: tuple[Slot, ...]
    steps: tuple[StepRow, ...]
    breaks_at: tuple[tuple[str, int], ...]
    """Where it broke first, and how often; the most frequent step first."""

    @property
    def number(self) -> int:
        """How many runs there are of it."""
        return sum(self.counts.values())

    @property
    def well(self) -> float | None:
        """The share of passed runs, slow ones among them, of those that asked the channel; None if none did."""
        passed = self.counts.get(Mark.PASSED, 0) + self.counts.get(Mark.SLOW, 0)
        asked = passed + self.counts.get(Mark.FAILED, 0)
        return passed / asked if asked else None


@dataclass(frozen=True)
class RunRow:
    """One run in the list."""

    run: Run
    mark: Mark
    strip: str
    lasted_s: float | None


@dataclass(frozen=True)
class Overview:
    """Many runs at a glance, the latest first."""

    scenarios: tuple[ScenarioRow, ...]
    rows: tuple[RunRow, ...]
    lines: tuple[str, ...]


def overview(runs: Sequence[Run]) -> Overview:
    """Return *runs* by scenario over the time, and one by one from the latest."""
    times = [run.started_at for run in runs]
    first, last = (min(times), max(times)) if times else (datetime.min, datetime.min)  # noqa: DTZ901 - never shown
    latest = sorted(runs, key=lambda run: run.started_at, reverse=True)
    names = {run.scenario for run in runs}
    scenarios = [_scenario([run for run in latest if run.scenario == name], first, last) for name in names]
    return Overview(
        scenarios=tuple(sorted(scenarios, key=_gravest_first)),
        rows=tuple(_row(run) for run in latest),
        lines=tuple(sorted({run.line for run in runs if run.line})),
    )


def spread(took_s: Iterable[float | None]) -> Spread:
    """Return how the latencies that were measured lie."""
    measured = [each for each in took_s if each is not None]
    if not measured:
        return Spread(0)
    p50_s, p95_s = (float(each) for each in np.percentile(measured, (50, 95)))
    return Spread(len(measured), p50_s, p95_s, max(measured))


def bands(counts: Sequence[tuple[Mark, int]], way: str) -> str:
    """Return the CSS gradient of bands, each as wide as its number, in the order of *counts*."""
    whole, at, stops = sum(number for _, number in counts), 0, []
    for each, number in counts:
        colour = "var(--line)" if each is Mark.SKIPPED else f"var(--{each})"
        stops.append(f"{colour} {100 * at / whole:.4g}% {100 * (at + number) / whole:.4g}%")
        at += number
    return f"linear-gradient({way},{','.join(stops)})" if stops else "none"


def _gravest_first(row: ScenarioRow) -> tuple[int, str]:
    return list(Mark).index(next(iter(row.counts))), row.name


def _scenario(runs: Sequence[Run], first: datetime, last: datetime) -> ScenarioRow:
    broke = Counter(name for run in runs for name, step in steps_by_name(run).items() if step is run.failed_step)
    return ScenarioRow(
        name=runs[0].scenario,
        title=runs[0].title or runs[0].scenario,
        counts=counted(runs),
        took=spread(run.took_s for run in runs if run.outcome in _WELL),
        slots=_slots(runs, first, last),
        steps=_steps(runs),
        breaks_at=tuple(broke.most_common()),
    )


def _slots(runs: Sequence[Run], first: datetime, last: datetime) -> tuple[Slot, ...]:
    # The last run's second is part of the time. No slot is shorter: quick runs have fewer slots, not empty ones.
    whole = last - first + timedelta(seconds=1)
    number = min(int(whole.total_seconds()), _SLOTS)
    ends = [first + whole * nth / number for nth in range(number + 1)]
    by_slot: dict[int, list[Run]] = {}
    for run in runs:
        by_slot.setdefault(bisect_right(ends, run.started_at) - 1, []).append(run)
    return tuple(Slot(start, end, counted(by_slot.get(nth, []))) for nth, (start, end) in enumerate(pairwise(ends)))


def _steps(runs: Sequence[Run]) -> tuple[StepRow, ...]:
    by_name: dict[tuple[str, str], list[StepResult]] = {}
    # The longest run has the order of the steps; what only others have comes behind.
    for run in sorted(runs, key=lambda run: -len(run.steps)):
        for name, step in steps_by_name(run).items():
            by_name.setdefault((name, step.channel), []).append(step)
    return tuple(
        StepRow(name, channel, _counted(steps), spread(step.took_s for step in steps))
        for (name, channel), steps in by_name.items()
    )


def _counted(steps: Sequence[StepResult]) -> dict[Mark, int]:
    marks = Counter(mark(step) for step in steps)
    return {each: marks[each] for each in Mark if marks[each]}


def _row(run: Run) -> RunRow:
    lasted_s = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
    alike = [(each, len(list(steps))) for each, steps in groupby(run.steps, key=mark)]
    return RunRow(run, mark(run), bands(alike, "90deg"), lasted_s)
