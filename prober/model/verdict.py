"""A verdict: a judged window of runs, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prober.model.run import Phase


class Decision(StrEnum):
    """What the gate says. INCONCLUSIVE is no: nothing goes live on it."""

    GO = "GO"
    NO_GO = "NO_GO"
    INCONCLUSIVE = "INCONCLUSIVE"


class Ground(StrEnum):
    """What a reason is about."""

    SCENARIOS = "scenarios"
    RUNS = "runs"
    BUDGET = "budget of runs"
    FAULTS = "robot faults"
    SUCCESS = "success"
    IN_TIME = "in time"
    LIMITS = "limits"
    PHASE = "phase"
    REGRESSION = "success against the baseline"
    LATENCY = "latency against the baseline"
    STEP_LATENCY = "step latency against the baseline"
    SAME = "consistency"
    CONTROL = "control"
    BASELINE = "baseline"
    HOURS = "hours of the baseline"
    REVIEWS = "reviews"
    DEFECTS = "defects"
    WATCH = "launch watch"


@dataclass(frozen=True)
class Reason:
    """
    One thing that was looked at, and what it says. *about* is the step or channel, "" the whole scenario.

    *figures* are the numbers by their names, *runs* the evidence. *needed* is how many more runs would settle it: None
    where no number would. *binds*: without its GO there is none for the item.
    """

    ground: Ground
    decision: Decision
    what: str
    scenario: str = ""
    about: str = ""
    figures: Mapping[str, float | str | None] = field(default_factory=dict)
    runs: tuple[str, ...] = ()
    needed: int | None = 0
    what_zh: str = ""
    binds: bool = True


@dataclass(frozen=True)
class Verdict:
    """
    What was decided of *item*, at *at*, out of the *runs* that began between *since* and *until*.

    *baseline* is the version it was held against; None: there is none.
    """

    item: str
    phase: Phase
    at: datetime
    decision: Decision
    reasons: tuple[Reason, ...]
    runs: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    baseline: int | None = None
