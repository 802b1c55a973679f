"""Which faults are switched on and off, when: by chance, and by the same chance everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.outcomes.playing import Case

CHANCE = 0.4
"""Each time lasts up to so much longer than it must."""


@dataclass(frozen=True)
class Pace:
    """The period of a door's probes, the longest limit of their steps, and the rest between two faults, in seconds."""

    period_s: float
    limit_s: float
    rest_s: float

    def long_enough_s(self, case: Case, run_s: float) -> float:
        """
        Return how long a fault is on at the least, where a run that is well takes *run_s*.

        Two periods, and two attempts that are as long as such a run and one limit more; a fault that makes all come
        late makes both longer.
        """
        return 2 * self.period_s + 2 * (run_s + self.limit_s + case.arguments.get("seconds", 0.0))


@dataclass(frozen=True)
class Planned:
    """A fault to be switched on when its door has rested for *after_s*, *longer* times as long as it must be."""

    case: Case
    after_s: float
    longer: float


@dataclass(frozen=True)
class Injected:
    """
    A fault that was on. Instants are aware UTC, taken when the operator had answered that it is switched.

    *least_s* is how long it had to be on to be seen.
    """

    case: Case
    on_at: datetime
    off_at: datetime
    least_s: float

    @property
    def harmful(self) -> bool:
        """Whether it is to become an incident: what is merely slow, or right in another order, is not."""
        return self.case.outcome in ("failed", "error")


def planned(cases: list[Case], pace: Pace, chance: random.Random) -> Iterator[Planned]:
    """Yield the faults of one door without an end: each of them once, in any order, before any comes again."""
    while True:
        bag = list(cases)
        chance.shuffle(bag)
        for case in bag:
            longer = 1 + CHANCE * chance.random(), 1 + CHANCE * chance.random()
            yield Planned(case, pace.rest_s * longer[0], longer[1])
