"""What a time was like for customers: a day, a week, a month, or the whole life of an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from prober.model.figures import Figures
from prober.model.improvement import Compared, Improvement, Progress
from prober.model.incident import Incident
from prober.model.item import Item, PhaseChange
from prober.model.quality import Graded
from prober.model.run import Phase, Run
from prober.model.span import Span
from prober.model.verdict import Verdict


class Period(StrEnum):
    """What a report is of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    LIFE = "life"


@dataclass(frozen=True)
class Objective:
    """
    What a probe's availability should be, 0..1, and what it was in the time of a report; None: nothing is known.

    *counted_s* is how long was looked at, *down_s* for how much of that its channel was down.
    """

    probe: str
    objective: float
    share: float | None
    counted_s: float
    down_s: float

    @property
    def budget_s(self) -> float:
        """For how long it may be down."""
        return (1 - self.objective) * self.counted_s

    @property
    def spent(self) -> float | None:
        """The part of that budget that is used up, 1 and more: all of it; None where there is none."""
        return self.down_s / self.budget_s if self.budget_s > 0 else None

    @property
    def met(self) -> bool | None:
        """Whether it was what it should be."""
        return None if self.share is None else self.share >= self.objective


@dataclass(frozen=True)
class StepFigures:
    """What the plays of a step came to; *worst* is the last run in which it failed, else None."""

    scenario: str
    channel: str
    step: str
    figures: Figures
    worst: Run | None = None


@dataclass(frozen=True)
class Told:
    """An improvement as it stands, how far its proof is, and what it was like before and after."""

    improvement: Improvement
    progress: Progress | None
    compared: Compared


@dataclass(frozen=True)
class Chapter:
    """
    What one item was like. *before* are the figures of the time before, as long.

    *graded* are its qualities on all channels, then on each; *graded_before* of the time before, *phases* of each phase
    it stood in, *trend* of each part of the time, one after the other. *by_hour* has the figures of each hour of the
    day, *by_day* of each day (of a day: of each hour, as the instant it began).
    """

    item: Item
    phase: Phase
    figures: Figures
    before: Figures
    graded: tuple[Graded, ...]
    graded_before: Graded
    phases: tuple[Graded, ...] = ()
    trend: tuple[Graded, ...] = ()
    objectives: tuple[Objective, ...] = ()
    by_hour: Mapping[int, Figures] = field(default_factory=dict)
    by_day: Mapping[date, Figures] = field(default_factory=dict)
    worst: tuple[StepFigures, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    changes: tuple[PhaseChange, ...] = ()
    incidents: tuple[Incident, ...] = ()
    improvements: tuple[Told, ...] = ()


@dataclass(frozen=True)
class ServiceReport:
    """A report: *label* is what its time is called (`2026-11`, `2026-W47`), *zone* whose days and hours it tells of."""

    period: Period
    label: str
    span: Span
    zone: str
    made_at: datetime
    chapters: tuple[Chapter, ...]
    robot: tuple[Incident, ...] = ()
