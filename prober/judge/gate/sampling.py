"""Which runs the gate counts, and what they come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from prober.judge.attempts import of_run
from prober.model.item import Sample, StepSample
from prober.model.run import Outcome, Phase, Run, StepResult, told_apart
from prober.model.span import Span

_ASKED = (Outcome.PASSED, Outcome.SLOW, Outcome.FAILED)
_RIGHT = (Outcome.PASSED, Outcome.SLOW)
_ROBOT = "robot"


class Aside(StrEnum):
    """Why a run does not count."""

    UNDER_WAY = "still under way"
    REPEAT = "second attempts"
    PHASE = "of another phase"
    VERSION = "of another version of the scenario, the prompts or the configuration"
    STALE = "too old"
    EARLIER = "from before its phase was last changed"
    MAINTENANCE = "in a maintenance window"
    UNASKED = "could not ask"


@dataclass(frozen=True)
class Version:
    """What a run was played by: the hashes of scenario, prompts and configuration."""

    scenario: str
    prompts: str
    config: str

    @classmethod
    def of(cls, run: Run) -> Version:
        """Return what *run* was played by."""
        return cls(run.scenario_sha256, run.prompts_sha256, run.config_sha256)


@dataclass(frozen=True)
class Counted:
    """The runs of one scenario that count, in the order they began; in *faults* the robot itself could not ask."""

    runs: tuple[Run, ...] = ()
    faults: tuple[Run, ...] = ()
    aside: Mapping[Aside, int] = field(default_factory=dict)


def counted(
    runs: Iterable[Run],
    *,
    version: Version | None,
    phase: Phase | None,
    since: datetime,
    begun_at: datetime | None = None,
    maintenance: Sequence[Span] = (),
) -> Counted:
    """
    Return which of the *runs* of a scenario count: first attempts, of *phase*, of *version*, not before *since*.

    *begun_at* is when the item came to stand in that phase: what was before is of what was mended since, or of an
    earlier launch. In *maintenance* nobody promised anything. A second attempt is made because the first failed, so it
    says nothing of how often that happens. Without a *version* that of the latest run counts, for samples of two
    versions would judge neither.
    """
    ordered = sorted(runs, key=lambda run: (run.started_at, run.id))
    if version is None and ordered:
        version = Version.of(ordered[-1])
    why = {run.id: _aside(run, version, phase, since, begun_at) for run in ordered}
    why |= {
        run.id: Aside.MAINTENANCE
        for run in ordered
        if why[run.id] is None and any(begin <= run.started_at < end for begin, end in maintenance)
    }
    ours = [run for run in ordered if why[run.id] is None]
    return Counted(
        tuple(run for run in ours if of_run(run) is not Outcome.ERROR),
        tuple(run for run in ours if of_run(run) is Outcome.ERROR),
        Counter(aside for aside in why.values() if aside is not None),
    )


def _aside(
    run: Run, version: Version | None, phase: Phase | None, since: datetime, begun_at: datetime | None
) -> Aside | None:
    checks = (
        (run.outcome is None, Aside.UNDER_WAY),
        (run.attempt > 1, Aside.REPEAT),
        (phase is not None and run.phase is not phase, Aside.PHASE),
        (Version.of(run) != version, Aside.VERSION),
        (run.started_at < since, Aside.STALE),
        (begun_at is not None and run.started_at < begun_at, Aside.EARLIER),
        (of_run(run) is None, Aside.UNASKED),
    )
    return next((aside for is_so, aside in checks if is_so), None)


def sample(scenario: str, runs: Sequence[Run], *, limits: Mapping[str, float], zone: ZoneInfo) -> Sample:
    """
    Return what *runs* of *scenario* come to together.

    The limit of a step is that of *limits*, by its name, else when it counts as slow, else when it fails. *zone* is
    whose hours of the day they cover.
    """
    good = [run for run in runs if run.outcome in _RIGHT]
    journeys = [journey_of(run) for run in good]
    channels = dict.fromkeys(channel for journey in journeys for channel in journey)
    return Sample(
        scenario=scenario,
        n=len(runs),
        passed=len(good),
        journeys={
            channel: took_s
            for channel in channels
            if (took_s := tuple(one[channel] for one in journeys if one.get(channel, 0.0) > 0))
        },
        steps=tuple(_steps(runs, limits)),
        failed=tuple(run.id for run in runs if run.outcome is Outcome.FAILED),
        unequal=tuple(run.id for run in runs if any(_unequal(step) for step in run.steps)),
        hours=tuple(sorted({run.started_at.astimezone(zone).hour for run in runs})),
    )


def journey_of(run: Run) -> dict[str, float]:
    """Return the seconds that each channel took in *run*."""
    journey: defaultdict[str, float] = defaultdict(float)
    for step in run.steps:
        if step.channel != _ROBOT:
            journey[step.channel] += step.took_s or 0.0
    return dict(journey)


def _unequal(step: StepResult) -> bool:
    return step.verb == "same" and step.outcome is Outcome.FAILED


def _steps(runs: Iterable[Run], limits: Mapping[str, float]) -> Iterator[StepSample]:
    plays: dict[tuple[str, str], list[StepResult]] = {}
    for run in runs:
        for name, step in zip(told_apart(step.name for step in run.steps), run.steps, strict=True):
            if step.outcome in _ASKED and step.channel != _ROBOT:
                plays.setdefault((step.channel, name), []).append(step)
    for (channel, name), found in plays.items():
        limit_s = _limit(name, found[-1], limits)
        yield StepSample(
            channel=channel,
            name=name,
            limit_s=limit_s,
            asked=len(found),
            in_limit=sum(_in_limit(step, limit_s) for step in found),
            took_s=tuple(step.took_s for step in found if step.outcome in _RIGHT and step.took_s),
        )


def _limit(name: str, step: StepResult, limits: Mapping[str, float]) -> float | None:
    own = limits.get(name, limits.get(step.name))
    return own or (step.within_s if step.warn_s is None else step.warn_s)


def _in_limit(step: StepResult, limit_s: float | None) -> bool:
    return step.outcome in _RIGHT and (limit_s is None or (step.took_s or 0.0) <= limit_s)
