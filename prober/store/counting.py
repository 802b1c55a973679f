"""Counts runs and steps by what they are of, and turns counts into figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from prober.model.figures import Figures
from prober.model.run import Outcome, told_apart
from prober.store.sketches import merged, quantiles, sketch
from prober.store.tables import RUNS, STEPS

DIMENSIONS = ("scenario", "item", "phase", "line", "step", "channel", "verb")
Series = tuple[str, ...]
"""What figures are of: a value for each of DIMENSIONS. None is "", and so is the step of a whole run."""
Wanted = Mapping[str, str | Sequence[str]]
"""By dimension the value that is wanted, or any of some values."""
_OUTCOMES = tuple(str(outcome) for outcome in Outcome)
_RIGHT = (str(Outcome.PASSED), str(Outcome.SLOW))
_SHARES = (0.5, 0.9, 0.95, 0.99)


@dataclass
class Count:
    """How many ended how, and how long they took."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    flaky: int = 0
    timed: int = 0
    sum_s: float = 0.0
    min_s: float | None = None
    max_s: float | None = None
    sketches: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def add(self, outcome: str, took_s: float | None, *, flaky: bool) -> None:
        """Count one. *took_s* None: it was not measured."""
        self.outcomes[outcome] += 1
        self.flaky += flaky
        if took_s is not None:
            self.latencies.append(max(0.0, took_s))

    def add_row(self, row: Mapping[str, Any] | Row[Any]) -> None:
        """Count what a row of rollups has counted."""
        of = row if isinstance(row, Mapping) else row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
        for outcome in _OUTCOMES:
            self.outcomes[outcome] += of[outcome]
        self.flaky += of["flaky"]
        if of["timed"]:
            self.timed += of["timed"]
            self.sum_s += of["sum_s"]
            self.min_s = of["min_s"] if self.min_s is None else min(self.min_s, of["min_s"])
            self.max_s = of["max_s"] if self.max_s is None else max(self.max_s, of["max_s"])
            self.sketches.append(of["sketch"])

    def add_count(self, other: Count) -> None:
        """Count what *other* has counted."""
        other._settle()
        whole = other.outcomes | {"flaky": other.flaky, "timed": other.timed, "sum_s": other.sum_s}
        self.add_row(whole | {"min_s": other.min_s, "max_s": other.max_s, "sketch": b"".join(other.sketches)})

    def columns(self) -> dict[str, Any]:
        """Return it as the columns of a row of rollups."""
        self._settle()
        named = {"flaky": self.flaky, "timed": self.timed, "sum_s": self.sum_s}
        return self.outcomes | named | {"min_s": self.min_s, "max_s": self.max_s, "sketch": merged(self.sketches)}

    def figures(self) -> Figures:
        """Return what it comes to."""
        self._settle()
        mean_s = self.sum_s / self.timed if self.timed else None
        at = quantiles(b"".join(self.sketches), _SHARES)
        inside = [_between(self.min_s, value, self.max_s) for value in at]
        named: dict[str, Any] = dict(zip(("p50_s", "p90_s", "p95_s", "p99_s"), inside, strict=True))
        named |= {"mean_s": mean_s, "min_s": self.min_s, "max_s": self.max_s}
        return Figures(**self.outcomes, flaky=self.flaky, timed=self.timed, **named)

    def _settle(self) -> None:
        """Take in what was counted one by one."""
        if self.latencies:
            one = {"min_s": min(self.latencies), "max_s": max(self.latencies), "sketch": sketch(self.latencies)}
            zeros = dict.fromkeys((*_OUTCOMES, "flaky"), 0)
            self.add_row(zeros | one | {"timed": len(self.latencies), "sum_s": sum(self.latencies)})
            self.latencies = []


def counted(connection: Connection, since: datetime, until: datetime, wanted: Wanted) -> dict[Series, Count]:
    """
    Count the runs that began from *since* to *until* and have ended, and their steps, by what they are of.

    Two steps of one name in a run are two series, for they may ask for unlike things.
    *wanted* narrows it to values of DIMENSIONS. A whole run took what its steps took together, if it came to a right
    end: one that broke off is shorter, not quicker.
    """
    ended = [RUNS.c.started_at >= since, RUNS.c.started_at < until, RUNS.c.ended_at.is_not(None)]
    ended += [_of_run(name).in_(any_of(value)) for name, value in wanted.items() if name in DIMENSIONS[:4]]
    found: dict[Series, Count] = {}
    runs = {row.id: row for row in connection.execute(select(*_RUN).where(*ended))}
    took_s = dict.fromkeys(runs, 0.0)
    played = select(*_STEP).select_from(RUNS.join(STEPS, STEPS.c.run_id == RUNS.c.id)).where(*ended)
    steps = connection.execute(played.order_by(STEPS.c.run_id, STEPS.c.step))
    for run_id, of_run in groupby((row for row in steps if row[0] in runs), key=itemgetter(0)):
        _, names, *others = zip(*of_run, strict=True)
        of = runs[run_id][1:5]
        for name, channel, verb, outcome, step_took_s in zip(told_apart(names), *others, strict=True):
            took_s[run_id] += step_took_s or 0.0
            _count(found, (*of, name, channel, verb)).add(outcome, step_took_s, flaky=False)
    for run_id, row in runs.items():
        right = row.outcome in _RIGHT
        flaky = right and row.attempt > 1
        _count(found, (*row[1:5], "", "", "")).add(row.outcome, took_s[run_id] if right else None, flaky=flaky)
    others = [(place, any_of(wanted[name])) for place, name in enumerate(DIMENSIONS) if name in wanted and place > 3]
    return {series: count for series, count in found.items() if all(series[place] in some for place, some in others)}


def any_of(wanted: str | Sequence[str]) -> Sequence[str]:
    """Return the values that are wanted of a dimension: one, or any of some."""
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def _of_run(name: str) -> ColumnElement[str]:
    return func.coalesce(RUNS.c[name], "") if name in ("item", "phase") else RUNS.c[name]


def _count(found: dict[Series, Count], series: Series) -> Count:
    count = found.get(series)
    if count is None:
        count = found[series] = Count()
    return count


_RUN: Sequence[ColumnElement[Any]] = (
    RUNS.c.id,
    *(_of_run(name).label(name) for name in DIMENSIONS[:4]),
    RUNS.c.outcome,
    RUNS.c.attempt,
)
_STEP = (STEPS.c.run_id, STEPS.c.name, STEPS.c.channel, STEPS.c.verb, STEPS.c.outcome, STEPS.c.took_s)


def _between(least: float | None, value: float | None, most: float | None) -> float | None:
    """A percentile is known within 1 %, the ends exactly: it never lies past them."""
    return value if value is None or least is None or most is None else min(max(value, least), most)


def grouped(found: Iterable[tuple[Series, Count]], by: Sequence[str]) -> dict[Series, list[Count]]:
    """Return the counts by the dimensions of *by* alone."""
    places = [DIMENSIONS.index(name) for name in by]
    groups: dict[Series, list[Count]] = {}
    for series, count in found:
        groups.setdefault(tuple(series[place] for place in places), []).append(count)
    return groups
