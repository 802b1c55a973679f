"""A run: one playing of a scenario. Durations are seconds of a monotonic clock, instants are aware UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prober.model.value import Captured

Fact = str | int | float | bool | None


class Phase(StrEnum):
    """Where an item stands."""

    PRE_LAUNCH = "pre-launch"
    LAUNCH = "launch"
    POST_LAUNCH = "post-launch"
    RETIRED = "retired"


class Outcome(StrEnum):
    """How a step or run ended. FAILED: the channel broke its promise. ERROR: the robot could not ask."""

    PASSED = "passed"
    SLOW = "slow"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Layer(StrEnum):
    """Which part of a channel answers for a failure."""

    SIGNALLING = "signalling"
    MEDIA = "media"
    PROMPT = "prompt"
    CONTENT = "content"
    PAGE = "page"
    GATEWAY = "gateway"
    DELIVERY = "delivery"
    ROBOT = "robot"


class Seen(StrEnum):
    """What a session saw when it did an action. `judge.outcome` turns it into an outcome and a layer."""

    EXPECTED = "expected"
    NOTHING = "nothing"
    REFUSED = "refused"
    WRONG_ANSWER = "wrong answer"
    NO_ANSWER = "no answer"
    HUNG_UP = "hung up"
    NO_MEDIA = "no media"
    ONE_WAY = "one-way audio"
    DROPOUT = "dropout"
    POOR_QUALITY = "poor quality"
    SILENCE = "silence"
    TONE = "tone"
    MUSIC = "music"
    OTHER_PROMPT = "other prompt"
    WRONG_CONTENT = "wrong content"
    HTTP_ERROR = "http error"
    MISSING_ELEMENT = "missing element"
    AMBIGUOUS_ELEMENT = "ambiguous element"
    PAGE_CRASHED = "page crashed"
    DIALOG = "unexpected dialog"
    PAGE_ERRORS = "errors on the page"
    POOR_FIGURES = "figures over their limits"
    INACCESSIBLE = "hard to use for some"
    OTHER_LOOK = "another look"
    UNREACHABLE = "unreachable"
    BARRED = "taken for a machine"
    GATEWAY_REFUSED = "refused by the gateway"
    THROTTLED = "throttled"
    DESTINATION_REFUSED = "destination refused"
    RECEIPT_FAILED = "receipt failed"
    UNEXPECTED_MESSAGE = "unexpected message"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Evidence:
    """A kept file. *path* is relative to the evidence folder; *step* is None where it belongs to the whole run."""

    kind: str
    path: str
    sha256: str
    bytes: int
    step: int | None = None


@dataclass(frozen=True)
class Observation:
    """
    What a session saw, be it nothing.

    *took_s* runs from the action's own start (or its stimulus) to what was asked for, and stops before any evidence is
    written; None where nothing could be timed. *expected* and *actual* are words for a person. *text* is what values
    are captured from; *groups* are the named groups a pattern matched. *doubtful*: it may as well be the robot's own
    fault, and a failure is the channel's only if the driver's self-check passes.
    """

    seen: Seen
    took_s: float | None = None
    expected: str = ""
    actual: str = ""
    text: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    waited_s: float = 0.0
    evidence_s: float = 0.0
    doubtful: bool = False


@dataclass(frozen=True)
class Failure:
    """A failure as a person reads it. *zh* is what happened in Chinese, without the step's name; "" if it has none."""

    what: str
    expected: str = ""
    actual: str = ""
    zh: str = ""


@dataclass(frozen=True)
class StepResult:
    """One step as it was played."""

    index: int
    name: str
    channel: str
    verb: str
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    layer: Layer | None = None
    failure: Failure | None = None
    within_s: float | None = None
    warn_s: float | None = None
    soft: bool = False
    waited_s: float = 0.0
    took_s: float | None = None
    evidence_s: float = 0.0
    loop_lag_s: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    captures: tuple[Captured, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def __getitem__(self, name: str) -> str | int | None:
        """Return the value this step captured as *name*; None if its text could not be read as the type."""
        return {captured.name: captured.value for captured in self.captures}[name]


@dataclass(frozen=True)
class Run:
    """
    One playing of a scenario. *ended_at* is None while under way, *interrupted* if it never came to its end.

    *remark* is what a person must know of the run as a whole: why it was not played, or that an order may still stand.
    """

    id: str
    scenario: str
    title: str
    line: str
    planned_at: datetime
    started_at: datetime
    scenario_sha256: str
    prompts_sha256: str
    config_sha256: str
    item: str | None = None
    phase: Phase | None = None
    probe: str | None = None
    attempt: int = 1
    waited_s: float = 0.0
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    interrupted: bool = False
    remark: str = ""
    steps: tuple[StepResult, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def took_s(self) -> float:
        """The sum of what its steps took, in seconds."""
        return sum(step.took_s or 0.0 for step in self.steps)

    @property
    def failed_step(self) -> StepResult | None:
        """The first step that broke the run."""
        broken = (Outcome.FAILED, Outcome.ERROR)
        return next((step for step in self.steps if step.outcome in broken), None)


def told_apart(names: Iterable[str]) -> list[str]:
    """Return the *names* of a run's steps, in their order, so that no two are alike: the second `a` is `a (2)`."""
    given = [*names]
    if len({*given}) == len(given):
        return given
    counts: Counter[str] = Counter()
    told: dict[str, None] = {}
    for name in given:
        counts[name] += 1
        while (one := name if counts[name] == 1 else f"{name} ({counts[name]})") in told:
            counts[name] += 1
        told[one] = None
    return [*told]
