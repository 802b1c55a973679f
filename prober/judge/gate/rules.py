"""
The gate: fail-closed, so that what is not known is never GO.

    looked at                                   GO                       NO_GO
    ──────────────────────────────────────────  ───────────────────────  ──────────────────────────────────────────────
    scenarios, runs of now and of one version   there are some           –
    faults of the robot                         few enough               –
    success; steps in time; success and         the bound is on the      the opposite is proved (Holm, over all of them)
    latency against the baseline                right side
    `same` steps                                all held                 one did not hold
    reviews                                     as many as are asked     –
    defects that block                          none open                one is open (mended, but not proved: neither)
    the control                                 –                        – (it failed too: no NO_GO by failures alone)

GO needs every one, NO_GO any one; else INCONCLUSIVE, with what is still needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from prober.judge.gate import checks, proportions, words
from prober.judge.gate.checks import Check
from prober.judge.gate.proportions import Share
from prober.judge.gate.resampling import Control
from prober.judge.gate.sampling import Counted
from prober.model.item import Baseline, Item, Sample, Terms
from prober.model.run import Phase, Run
from prober.model.verdict import Decision, Ground, Reason, Verdict

ALPHA = 0.025
"""How often an item that is just well enough may be refused, all that is looked at together."""
_BY_FAILURES = (Ground.SUCCESS, Ground.IN_TIME, Ground.REGRESSION)
_GO, _NO_GO, _INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE


@dataclass(frozen=True)
class Seen:
    """
    One scenario of an item: which of its runs count, and what they come to.

    *unplayed* are the combinations of its matrix that none of them was played for.
    """

    counted: Counted
    sample: Sample
    unplayed: Sequence[str] = ()


@dataclass(frozen=True)
class People:
    """
    What people said: how many *reviewers* have looked at the item as it is now, and the *defects* that block it.

    *unproved* are defects that are said to be mended, by how many runs in a row of each scenario have yet to show it.
    """

    reviewers: int = 0
    defects: Sequence[str] = ()
    unproved: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """All that a verdict is made of. *seen* and *control* are by scenario."""

    item: Item
    phase: Phase
    at: datetime
    seen: Mapping[str, Seen]
    baseline: Baseline | None = None
    control: Mapping[str, Sample] = field(default_factory=dict)
    people: People = People()


def judge(case: Case) -> Verdict:
    """Return what the gate says of *case*, with every reason."""
    found = [*_scenarios(case), *_people(case), *_baseline(case)]
    shaken = _shaken(case)
    for name, seen in case.seen.items():
        found += _faults(name, seen.counted, case.item.terms)
        found += _same(name, seen)
    found += _limits(case)
    found += _reasons(list(_checks(case)), shaken)
    runs = [run for seen in case.seen.values() for run in seen.counted.runs]
    return Verdict(
        item=case.item.name,
        phase=case.phase,
        at=case.at,
        decision=decided(found),
        reasons=tuple(words.told(reason) for reason in found),
        runs=tuple(run.id for run in runs),
        since=min((run.started_at for run in runs), default=None),
        until=max((run.ended_at for run in runs if run.ended_at), default=None),
        baseline=case.baseline.version if case.baseline else None,
    )


def cut_short(verdict: Verdict, left: int) -> Verdict:
    """Return *verdict*; where *left* runs of a budget that was begun were not played, GO is none: it was chosen."""
    if not left or verdict.decision is not _GO:
        return verdict
    reason = words.told(Reason(Ground.BUDGET, _INCONCLUSIVE, "", figures={"left": left}, needed=left))
    return replace(verdict, decision=_INCONCLUSIVE, reasons=(reason, *verdict.reasons))


def decided(reasons: Iterable[Reason]) -> Decision:
    """Return what *reasons* come to together. No reason at all is no GO."""
    binding = [reason.decision for reason in reasons if reason.binds or reason.decision is _NO_GO]
    if _NO_GO in binding:
        return _NO_GO
    return _INCONCLUSIVE if _INCONCLUSIVE in binding or not binding else _GO


def _scenarios(case: Case) -> Iterator[Reason]:
    if not case.item.scenarios:
        yield Reason(Ground.SCENARIOS, _INCONCLUSIVE, "", needed=None)
    for name in case.item.scenarios:
        seen = case.seen.get(name)
        if seen is None or not seen.counted.runs:
            wanted = proportions.flawless(case.item.terms.success, checks.CONFIDENCE)
            yield Reason(Ground.RUNS, _INCONCLUSIVE, "", name, figures=_aside(seen), needed=wanted)
        for combination in seen.unplayed if seen and seen.counted.runs else ():
            yield Reason(Ground.RUNS, _INCONCLUSIVE, "", name, about=combination, needed=1)


def _aside(seen: Seen | None) -> Mapping[str, int]:
    return {str(why): count for why, count in seen.counted.aside.items()} if seen else {}


def _people(case: Case) -> Iterator[Reason]:
    people, wanted = case.people, case.item.terms.reviews
    if wanted:
        figures = {"have": people.reviewers, "wanted": wanted}
        decision = _GO if people.reviewers >= wanted else _INCONCLUSIVE
        yield Reason(Ground.REVIEWS, decision, "", figures=figures, needed=0 if decision is _GO else None)
    for defect in people.defects:
        yield Reason(Ground.DEFECTS, _NO_GO, "", about=defect)
    for defect, runs in people.unproved.items():
        needed = max(runs.values(), default=0)
        yield Reason(Ground.DEFECTS, _INCONCLUSIVE, "", about=defect, figures={"needed": needed}, needed=needed)


def _baseline(case: Case) -> Iterator[Reason]:
    """Yield what is missing of the baseline; it binds nobody."""
    for name, seen in case.seen.items():
        before = case.baseline.samples.get(name) if case.baseline else None
        if before is None:
            yield Reason(Ground.BASELINE, _INCONCLUSIVE, "", name, needed=None, binds=False)
        elif not case.control and (others := set(seen.sample.hours) - set(before.hours)):
            figures = {"base_hours": _hours(before.hours), "hours": _hours(others)}
            yield Reason(Ground.HOURS, _INCONCLUSIVE, "", name, figures=figures, needed=None, binds=False)


def _hours(hours: Iterable[int]) -> str:
    return ", ".join(str(hour) for hour in sorted(hours)) or "–"


def _faults(name: str, counted: Counted, terms: Terms) -> Iterator[Reason]:
    share = Share(len(counted.faults), len(counted.faults) + len(counted.runs))
    if share.hits:
        allowed = share.n and share.hits / share.n <= terms.faults
        figures = {"faults": share.hits, "n": share.n, "allowed": terms.faults}
        runs = _ids(counted.faults)
        needed = None if allowed else max(1, round(share.hits / max(terms.faults, 0.01)) - share.n)
        yield Reason(Ground.FAULTS, _GO if allowed else _INCONCLUSIVE, "", name, "", figures, runs, needed)


def _same(name: str, seen: Seen) -> Iterator[Reason]:
    if seen.sample.unequal:
        figures = {"unequal": len(seen.sample.unequal), "n": seen.sample.n}
        yield Reason(Ground.SAME, _NO_GO, "", name, figures=figures, runs=seen.sample.unequal)


def _limits(case: Case) -> Iterator[Reason]:
    """Yield the limits that no step bore: what was never looked at withholds GO."""
    asked = {step.name for seen in case.seen.values() for step in seen.sample.steps}
    for name in case.item.limits if asked else ():
        if name not in asked:
            yield Reason(Ground.LIMITS, _INCONCLUSIVE, "", about=name, needed=None)


def _ids(runs: Iterable[Run]) -> tuple[str, ...]:
    return tuple(run.id for run in runs)


def _shaken(case: Case) -> bool:
    """Return whether the control, which nobody changed, fails more often than in the baseline."""
    before = case.baseline.samples if case.baseline else {}
    both = [(now, before[name]) for name, now in case.control.items() if name in before]
    p_well = [
        proportions.p_worse(Share(now.passed, now.n), Share(was.passed, was.n), case.item.terms.margin)
        for now, was in both
    ]
    return min(p_well, default=1.0) < ALPHA


def _checks(case: Case) -> Iterator[Check]:
    terms, before = case.item.terms, case.baseline.samples if case.baseline else {}
    control = _controls(case)
    for name, seen in case.seen.items():
        if not seen.sample.n:
            continue
        yield checks.of_success(seen.sample, terms)
        yield from checks.of_steps(seen.sample, terms)
        if name in before:
            yield checks.of_regression(seen.sample, before[name], terms)
            yield from checks.of_latency(seen.sample, before[name], terms, control)
            yield from checks.of_step_latency(seen.sample, before[name], terms, control)


def _controls(case: Case) -> Mapping[str, Control]:
    """Return for each channel what the control took on it, now and in the baseline."""
    before = case.baseline.samples if case.baseline else {}
    return {
        channel: Control(now.journeys[channel], before[name].journeys[channel])
        for name, now in case.control.items()
        if name in before
        for channel in now.journeys
        if channel in before[name].journeys
    }


def _reasons(found: Sequence[Check], shaken: bool) -> Iterator[Reason]:
    wrong = {*_holm([one for one in found if one.binds]), *_holm([one for one in found if not one.binds])}
    for check in found:
        decision = _NO_GO if id(check) in wrong else _GO if check.proved else _INCONCLUSIVE
        if shaken and decision is _NO_GO and check.ground in _BY_FAILURES:
            decision = _INCONCLUSIVE
        yield Reason(
            *(check.ground, decision, "", check.scenario, check.about, check.figures, check.runs),
            needed=0 if decision is _GO else check.needed,
            binds=check.binds,
        )
    if shaken:
        yield Reason(Ground.CONTROL, _INCONCLUSIVE, "", needed=None)


def _holm(found: Sequence[Check]) -> Iterator[int]:
    """Yield which of *found* are wrong: where all are well one is with half of ALPHA, for there are two such lots."""
    ordered = sorted(found, key=lambda check: check.p_well)
    for position, check in enumerate(ordered):
        if check.p_well > ALPHA / 2 / (len(ordered) - position):
            return
        yield id(check)
