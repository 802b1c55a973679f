"""The gate of one item: what its runs say, and which are still missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from zoneinfo import ZoneInfo

from prober.app.items import item_called
from prober.app.orders import combinations, whom
from prober.app.reviewing import people
from prober.judge.gate import resampling, rules
from prober.judge.gate.checks import CONFIDENCE
from prober.judge.gate.proportions import Share, flawless, wilson
from prober.judge.gate.rules import Case, Seen
from prober.judge.gate.sampling import Version, counted, sample
from prober.loading.config import Settings
from prober.loading.maintenance import held, windows
from prober.model.item import Baseline, Item, Sample
from prober.model.prompt import PromptTable
from prober.model.run import Phase, Run
from prober.model.scenario import Scenario
from prober.model.span import Span
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.store.store import Store

_FAULTS = 5
"""Runs that the robot failed, beyond its allowance, after which nobody need wait for more of them."""
_BESIDE = timedelta(minutes=10)
"""How long before and after the item's own runs those of its control tell of the same time."""
_AT_MOST = 5000
"""Runs of a scenario that are looked at, the latest ones."""


@dataclass(frozen=True)
class Gate:
    """
    The gate of *item*, and of the item it is controlled by, as they are written now.

    *scenarios* are all of the workspace's. A run counts if it was played by them, these *prompts* and *settings* as
    they are now, so that a gate never judges a mixture, nor what is not there any more.
    """

    item: Item
    control: Item | None
    scenarios: Mapping[str, Scenario]
    settings: Settings
    prompts: PromptTable
    store: Store

    @property
    def phase(self) -> Phase:
        """Where the item stands. It blocks."""
        return self.store.items.phase(self.item.name)

    @property
    def zone(self) -> ZoneInfo:
        """Whose days and hours these are."""
        return ZoneInfo(self.settings.orders.timezone)

    def case(self, now: datetime, phase: Phase | None = None) -> Case:
        """Return what is known of the item now, out of its runs of *phase*: where it stands. It blocks."""
        phase = phase or self.phase
        seen = {name: self._seen(name, self.item, phase, now) for name in self.item.scenarios}
        return Case(
            item=self.item,
            phase=phase,
            at=now,
            seen=seen,
            baseline=self._baseline(),
            control=self._control(seen.values(), now),
            people=people(self.item, self.store, now, self.scenarios),
        )

    def verdict(self, now: datetime, case: Case | None = None) -> Verdict:
        """Return what the gate says now, of *case* if that is known already. It blocks."""
        return rules.judge(case or self.case(now))

    def missing(self, case: Case, verdict: Verdict, *, most: int, whole: bool = False) -> list[str]:
        """
        Return the scenarios to be played next, in turns, each *most* times at the most; none where more would not help.

        First as many runs as prove the floor if none fails, or the whole budget where there is a baseline to compare
        with. If that was not enough, the *whole* budget, whatever is seen on the way but NO_GO: who looks again and
        again, and stops as soon as it is GO, lets through what chance made look well. What proves that a defect is
        mended is played as well, and the control in between; what orders something is never played by the gate.
        """
        if verdict.decision is Decision.NO_GO or _hopeless(verdict):
            return []
        whole = whole or self.wants_whole(case, verdict)
        proofs = [*case.people.unproved.values()]
        names = dict.fromkeys([*case.seen, *(name for runs in proofs for name in runs)])
        wanted = {
            name: min(most, max(self._wanted(case, name, whole=whole), *(runs.get(name, 0) for runs in proofs), 0))
            for name in names
            if self.may_play(name)
        }
        rounds = max(wanted.values(), default=0)
        rows = [[name] * count for name, count in wanted.items()]
        rows += [[name] * rounds for name in (self.control.scenarios if self.control else ()) if self.may_play(name)]
        return [name for name in chain.from_iterable(zip_longest(*rows)) if name]

    def wants_whole(self, case: Case, verdict: Verdict) -> bool:
        """Return whether the runs that would have been enough were not."""
        return any(
            case.seen[reason.scenario].sample.n >= self._first(case, reason.scenario)
            for reason in verdict.reasons
            if reason.scenario in case.seen and _is_open(reason)
        )

    def left(self, case: Case) -> int:
        """Return how many runs of a scenario the budget still has."""
        return max((self._wanted(case, name, whole=True) for name in case.seen if self.may_play(name)), default=0)

    def recordable(self, now: datetime, phase: Phase | None = None) -> Recordable | str:
        """
        Return what a baseline can be made of: the runs of *phase*, or of where the item stands; else why of none.

        What does not pass often enough is not normal, and what is too little would be compared with in vain. It blocks.
        """
        case = self.case(now, phase)
        if not case.seen:
            return "it has no scenario"
        short = resampling.least(0.9)
        for name, seen in case.seen.items():
            share = Share(seen.sample.passed, seen.sample.n)
            if seen.sample.passed < short:
                return f"{seen.sample.passed} runs of ‘{name}’ passed ({case.phase}), and it takes {short}"
            if wilson(share, CONFIDENCE)[0] < self.item.terms.success:
                return f"{share.hits} of {share.n} runs of ‘{name}’ passed, which is less than its gate asks for"
            for channel, took_s in seen.sample.journeys.items():
                if len(took_s) < short:
                    return f"‘{name}’ asked on {channel} in {len(took_s)} runs that passed, and it takes {short}"
        return Recordable(case)

    def _wanted(self, case: Case, name: str, *, whole: bool) -> int:
        if name not in case.seen:
            return 0
        return max(0, (self.item.terms.runs if whole else self._first(case, name)) - case.seen[name].sample.n)

    def _first(self, case: Case, name: str) -> int:
        """Return after how many runs of the scenario called *name* it may be GO."""
        terms = self.item.terms
        if case.baseline and name in case.baseline.samples:
            return terms.runs
        return min(terms.runs, max(flawless(floor, CONFIDENCE) or 0 for floor in (terms.success, terms.in_time)))

    def may_play(self, name: str) -> bool:
        """Return whether the scenario called *name* may be played again and again: it orders nothing."""
        return name in self.scenarios and not self.scenarios[name].effects.orders

    def _seen(self, name: str, item: Item, phase: Phase | None, now: datetime, span: Span | None = None) -> Seen:
        since = now - timedelta(seconds=self.item.terms.fresh_s)
        # Some that are too old are read as well, to say so where nothing else is there.
        read_from = since - timedelta(seconds=self.item.terms.fresh_s)
        read_from, until = span or (read_from, None)
        runs = self.store.queries.bare_runs(name, since=read_from, until=until, limit=_AT_MOST)
        scenario = self.scenarios[name]
        version = Version(scenario.sha256, self.prompts.sha256, self.settings.sha256)
        begun_at = None if phase is None else self.store.items.begun_at(item.name, phase)
        maintenance = [*held(windows(self.settings.maintenance), item.name, (read_from, until or now))]
        found = counted(runs, version=version, phase=phase, since=since, begun_at=begun_at, maintenance=maintenance)
        made = sample(name, found.runs, limits=item.limits, zone=self.zone)
        return Seen(found, made, tuple(self._unplayed(scenario, found.runs)))

    def _unplayed(self, scenario: Scenario, runs: Iterable[Run]) -> Iterator[str]:
        """Yield the combinations of the matrix of *scenario* that none of *runs* was played for."""
        lines = {line.name: line for line in self.settings.lines}
        played = [lines[run.line] for run in runs if run.line in lines]
        for facts in combinations(scenario.matrix):
            if not any(all(line.fact(name) == said for name, said in facts.items()) for line in played):
                yield whom(facts)

    def _baseline(self) -> Baseline | None:
        return next(iter(self.store.items.baselines(self.item.name, limit=1)), None)

    def _control(self, seen: Iterable[Seen], now: datetime) -> Mapping[str, Sample]:
        """Return the control's runs of the time in which the item was played: of any phase, for it did not change."""
        at = [run.started_at for one in seen for run in one.counted.runs]
        if self.control is None or not at:
            return {}
        beside = (min(at) - _BESIDE, max(at) + _BESIDE)
        found = {name: self._seen(name, self.control, None, now, beside) for name in self.control.scenarios}
        return {name: one.sample for name, one in found.items() if one.sample.n}


@dataclass(frozen=True)
class Recordable:
    """What a baseline can be made of."""

    case: Case

    def baseline(self, by: str) -> Baseline:
        """Return the baseline, recorded by *by*; its version is given when it is kept."""
        runs = [run for seen in self.case.seen.values() for run in seen.counted.runs]
        return Baseline(
            item=self.case.item.name,
            version=0,
            phase=self.case.phase,
            recorded_at=self.case.at,
            by=by,
            since=min(run.started_at for run in runs),
            until=max(run.started_at for run in runs),
            samples=dict(self.case.control) | {name: seen.sample for name, seen in self.case.seen.items()},
        )


def gate_of(
    name: str,
    items: Sequence[Item],
    *,
    scenarios: Iterable[Scenario],
    settings: Settings,
    prompts: PromptTable,
    store: Store,
) -> Gate:
    """
    Return the gate of the item called *name*.

    Raises:
        BadInput: There is no such item.
    """
    item = item_called(name, items, settings)
    control = next((one for one in items if one.name == item.terms.control), None)
    return Gate(item, control, {scenario.name: scenario for scenario in scenarios}, settings, prompts, store)


def _is_open(reason: Reason) -> bool:
    return reason.binds and reason.decision is Decision.INCONCLUSIVE


def _hopeless(verdict: Verdict) -> bool:
    """Return whether the robot itself fails too often for more runs to say anything."""
    faults = [reason for reason in verdict.reasons if reason.ground is Ground.FAULTS and _is_open(reason)]
    return any(len(reason.runs) >= _FAULTS for reason in faults)
