"""An item: a menu item or service offered to customers, and what it takes to go live. Durations are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prober.model.run import Phase


@dataclass(frozen=True)
class Budget:
    """What a customer should need at most to reach the goal; None: nobody said."""

    keys: int | None = None
    clicks: int | None = None
    messages: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Terms:
    """
    What the gate of an item asks for. Shares are 0..1.

    *success* is the floor of the share of runs that pass, *in_time* that of the plays of a step within its limit.
    *faults* is the share of runs that may fail by the robot's own fault. *margin*, *p50_ratio* and *p90_ratio* say how
    much worse than the baseline is still as good. *runs* and *time_s* are the budget of one gate, *fresh_s* is how old
    a run may be; *reviews* is how many people must have looked, *reviewed_s* how old their word may be. *control* names
    an item that did not change.
    """

    success: float = 0.90
    in_time: float = 0.85
    margin: float = 0.05
    p50_ratio: float = 1.25
    p90_ratio: float = 1.5
    faults: float = 0.10
    runs: int = 120
    time_s: float = 4 * 3600.0
    fresh_s: float = 7 * 86400.0
    reviews: int = 0
    reviewed_s: float = 90 * 86400.0
    control: str = ""


@dataclass(frozen=True)
class Item:
    """
    A menu item or service. *reference* is what each channel is to tell, *limits* the seconds that steps may take.

    *scenarios* are the names of those that judge it.
    """

    name: str
    title: str
    owner: str
    channels: tuple[str, ...]
    scenarios: tuple[str, ...]
    reference: Mapping[str, str] = field(default_factory=dict)
    budget: Budget = Budget()
    limits: Mapping[str, float] = field(default_factory=dict)
    terms: Terms = Terms()


@dataclass(frozen=True)
class PhaseChange:
    """That an item came to stand elsewhere: who decided it, when, and why."""

    item: str
    phase: Phase
    at: datetime
    by: str
    why: str


@dataclass(frozen=True)
class StepSample:
    """
    What the plays of one step came to, in the order of their runs.

    *in_limit* of *asked* plays came within *limit_s*; *took_s* are the latencies of those that gave the right answer.
    """

    channel: str
    name: str
    limit_s: float | None
    asked: int
    in_limit: int
    took_s: tuple[float, ...]


@dataclass(frozen=True)
class Sample:
    """
    The runs of one scenario that count together, in the order they began.

    *passed* of *n* that asked; *journeys* are for each channel the seconds that it took in each run that passed.
    *unequal* are the runs in which a `same` step did not hold, *failed* those that failed.
    """

    scenario: str
    n: int = 0
    passed: int = 0
    journeys: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    steps: tuple[StepSample, ...] = ()
    failed: tuple[str, ...] = ()
    unequal: tuple[str, ...] = ()
    hours: tuple[int, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """What is normal for an item: samples of its scenarios, and of its control's, in one *phase*. Versions count up."""

    item: str
    version: int
    phase: Phase
    recorded_at: datetime
    by: str
    since: datetime
    until: datetime
    samples: Mapping[str, Sample]


def watched_as(item: str) -> str:
    """Return what incidents call the watch over the launch of *item*: it stands where a probe's name does."""
    return f"launch {item}"
