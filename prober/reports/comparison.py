"""Two runs beside each other: which step answers which, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from prober.model.run import Fact, Outcome, Run, StepResult
from prober.reports import words

_BROKEN = (Outcome.FAILED, Outcome.ERROR)
_NOTICED_S = 0.05
"""What two latencies must lie apart to be called different: less than that is how computers are."""
_SLOWER, _FASTER = 1.25, 0.8
_NOTICED_SHARE = 0.1
"""What a measured fact must change by, of the larger of the two, to be called different."""


class Trend(StrEnum):
    """How a step's second latency is to its first."""

    SLOWER = "slower"
    FASTER = "faster"
    UNNOTICED = ""


@dataclass(frozen=True)
class Difference:
    """One thing of a step that is not the same in both runs. An empty side has no such thing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Pair:
    """A step of each run; None where one run has no step that answers the other's."""

    before: StepResult | None
    after: StepResult | None

    @property
    def step(self) -> StepResult:
        """The one there is, the later run's if there are both."""
        step = self.after or self.before
        assert step is not None  # noqa: S101 - a pair of nothing is never made
        return step

    @property
    def ratio(self) -> float | None:
        """How many times as long the second took; None unless both were measured."""
        if self.before is None or self.after is None or not self.before.took_s or self.after.took_s is None:
            return None
        return self.after.took_s / self.before.took_s

    @property
    def trend(self) -> Trend:
        """Whether a person would notice that the second took longer or shorter; he does not if one was not measured."""
        if self.ratio is None or self.before is None or self.after is None:
            return Trend.UNNOTICED
        apart_s = (self.after.took_s or 0.0) - (self.before.took_s or 0.0)
        if abs(apart_s) < _NOTICED_S:
            return Trend.UNNOTICED
        if self.ratio > _SLOWER:
            return Trend.SLOWER
        return Trend.FASTER if self.ratio < _FASTER else Trend.UNNOTICED

    @property
    def outcome_changed(self) -> bool:
        """Whether the two ended differently, or only one was played."""
        return self.before is None or self.after is None or self.before.outcome is not self.after.outcome

    @property
    def changed(self) -> bool:
        """Whether they ended differently by themselves: a step that an earlier one took with it did not."""
        steps = (self.before, self.after)
        taken = any(step is not None and step.outcome is Outcome.SKIPPED for step in steps)
        broken = any(step is not None and step.outcome in _BROKEN for step in steps)
        return self.outcome_changed and (broken or not taken)

    @property
    def captures(self) -> list[Difference]:
        """What both captured, under the names of either."""
        return list(_differences(_captured(self.before), _captured(self.after), both=True))

    @property
    def timings(self) -> list[tuple[str, float | None, float | None]]:
        """The named parts of both, in seconds."""
        before, after = (step.timings if step else {} for step in (self.before, self.after))
        return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]

    @property
    def facts(self) -> list[Difference]:
        """The facts that differ, those that were measured only where they differ noticeably."""
        before, after = (step.facts if step else {} for step in (self.before, self.after))
        alike = {name for name in before if name in after and _alike(before[name], after[name])}
        told = [{name: words.fact(of[name]) for name in of if name not in alike} for of in (before, after)]
        return list(_differences(*told, both=True))


@dataclass(frozen=True)
class Comparison:
    """Two runs, step by step."""

    before: Run
    after: Run
    pairs: tuple[Pair, ...]

    @property
    def conditions(self) -> list[Difference]:
        """What was not the same about how they were played."""
        return list(_differences(_conditions(self.before), _conditions(self.after)))


def compare(before: Run, after: Run) -> Comparison:
    """Return both runs with their steps aligned: by name and verb, else by verb, in their order."""
    return Comparison(before, after, tuple(_align(before.steps, after.steps, exact=True)))


def _align(before: Sequence[StepResult], after: Sequence[StepResult], *, exact: bool) -> Iterator[Pair]:
    def keys(steps: Sequence[StepResult]) -> list[tuple[str, ...]]:
        return [(step.channel, step.verb, *([step.name] if exact else [])) for step in steps]

    matcher = SequenceMatcher(None, keys(before), keys(after), autojunk=False)
    for kind, start_b, end_b, start_a, end_a in matcher.get_opcodes():
        some_before, some_after = before[start_b:end_b], after[start_a:end_a]
        if kind == "equal":
            yield from map(Pair, some_before, some_after)
        elif kind == "replace" and exact:
            yield from _align(some_before, some_after, exact=False)
        else:
            yield from (Pair(step, None) for step in some_before)
            yield from (Pair(None, step) for step in some_after)


def _differences(before: Mapping[str, str], after: Mapping[str, str], *, both: bool = False) -> Iterator[Difference]:
    """Yield what is not the same under a name; with *both*, what is the same too."""
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, ""), after.get(name, "")
        if both or old != new:
            yield Difference(name, old, new)


def _captured(step: StepResult | None) -> dict[str, str]:
    return {captured.name: words.value(captured) for captured in step.captures} if step else {}


def _alike(before: Fact, after: Fact) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) <= _NOTICED_SHARE * max(abs(before), abs(after))
    return before == after


def _conditions(run: Run) -> dict[str, str]:
    return {
        "scenario": run.scenario,
        "line": run.line,
        "phase": str(run.phase or ""),
        "attempt": str(run.attempt),
        "scenario_sha256": run.scenario_sha256[:12],
        "prompts_sha256": run.prompts_sha256[:12],
        "config_sha256": run.config_sha256[:12],
    }
