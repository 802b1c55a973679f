"""The launch of one item: who may begin it, what it is watched against, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from prober.app.gating import Gate
from prober.judge.cause import cause_of, chinese_of, words_of
from prober.judge.gate import rules, watching, words
from prober.judge.gate.watching import Look, Watch
from prober.loading.maintenance import standing, windows
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.item import PhaseChange, Sample, watched_as
from prober.model.probe import Severity, Watched
from prober.model.run import Layer, Outcome, Phase, Run
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.store.store import Store

_LAYERS = {"ivr": Layer.PROMPT, "web": Layer.PAGE, "sms": Layer.DELIVERY}
"""Which part of a channel answers for a journey that takes too long."""


async def move(store: Store, change: PhaseChange) -> None:
    """
    Write that an item stands elsewhere from now on.

    Whoever takes it out of its launch ends what was wrong with that: the incident of its watch closes.
    """
    await store.items.put_phase(change)
    name = watched_as(change.item)
    if change.phase is not Phase.LAUNCH:
        still_open = await asyncio.to_thread(store.incidents.find, open_only=True, item=change.item, limit=None)
        if any(name in incident.failing for incident in still_open):
            well = ProbeResult(name, change.at, change.at, Standing.WELL, ())
            await store.incidents.apply(well, Watched(name, item=change.item))


def stopped(store: Store, name: str) -> bool:
    """Return whether the item called *name* is in a launch that was judged NO_GO. It blocks."""
    verdict = next(iter(store.items.verdicts(name, limit=1)), None)
    begun = next(iter(store.items.changes(name, limit=1)), None)
    if verdict is None or begun is None or begun.phase is not Phase.LAUNCH:
        return False
    return verdict.phase is Phase.LAUNCH and verdict.decision is Decision.NO_GO and verdict.at >= begun.at


@dataclass
class Launch:
    """
    A launch under way. It is a sink of the runs that are played for it: *watch* is what they say together.

    *unequal* are the runs in which a `same` step did not hold: one is enough to stop. *last* is the last run, *failed*
    the last that failed, *looks* what each came to, *begun* the change of phase it began with.
    """

    gate: Gate
    watch: Watch
    by: str
    unequal: list[str] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    last: Run | None = None
    failed: Run | None = None
    begun: PhaseChange = field(init=False)
    asked: int = 0

    @classmethod
    def of(cls, gate: Gate, samples: Mapping[str, Sample], by: str) -> Launch:
        """Return the launch of the gate's item, watched against *samples* of before."""
        return cls(gate, watching.watch(samples, gate.item.terms), by)

    @property
    def stops(self) -> bool:
        """Whether nothing is to be waited for any more."""
        return bool(self.unequal) or self.watch.stops

    async def begin(self, why: str) -> None:
        """
        Note that the item is live from now on.

        One that is already is watched on: what its runs have said since then counts, whoever played them.
        """
        latest = await asyncio.to_thread(self.gate.store.items.changes, self.gate.item.name, limit=1)
        if not latest or latest[0].phase is not Phase.LAUNCH:
            self.begun = await self._move(Phase.LAUNCH, why)
            return
        self.begun = latest[0]
        for run in await asyncio.to_thread(self._played, latest[0].at):
            await self.run_finished(run)

    def _played(self, since: datetime) -> list[Run]:
        """Return the runs of the launch so far, in their order."""
        queries = self.gate.store.queries
        found = [run for name in self.gate.item.scenarios for run in queries.runs(scenario=name, since=since)]
        ours = [run for run in found if run.phase is Phase.LAUNCH and run.attempt == 1 and run.ended_at is not None]
        return sorted(ours, key=lambda run: run.started_at)

    async def run_started(self, *_: object) -> None:
        """Hear nothing: a run counts when it has ended."""

    async def step_started(self, *_: object) -> None:
        """Hear nothing."""

    async def step_finished(self, *_: object) -> None:
        """Hear nothing."""

    async def run_finished(self, run: Run) -> None:
        """Take what *run* says, unless nobody promised anything at that time."""
        if standing(windows(self.gate.settings.maintenance), self.gate.item.name, run.started_at) is not None:
            return
        before, self.last = self.watch, run
        self.watch = before.seen(run)
        self.asked += self.watch is not before
        ended_at = run.ended_at or run.started_at
        self.looks.append(Look(run.id, run.scenario, ended_at, run.outcome, self.watch.evidence))
        if run.outcome is Outcome.FAILED:
            self.failed = run
        if any(step.verb == "same" and step.outcome is Outcome.FAILED for step in run.steps):
            self.unequal.append(run.id)

    async def stands(self) -> bool:
        """Return whether nobody changed the phase of the item since it began."""
        latest = await asyncio.to_thread(self.gate.store.items.changes, self.gate.item.name, limit=1)
        return [(one.phase, one.at) for one in latest] == [(self.begun.phase, self.begun.at)]

    async def end(self) -> Verdict:
        """
        Judge the launch, keep the verdict, and what follows from it.

        GO: the item stands after its launch. NO_GO by what was measured: an incident, which people are told of as of
        any other, until the item is taken out of its launch. INCONCLUSIVE: it stays where it is. So it does where
        somebody took it out of its launch meanwhile, whatever is said.
        """
        now = datetime.now(UTC)
        case = await asyncio.to_thread(self.gate.case, now, Phase.LAUNCH)
        judged = rules.judge(case)
        reasons = (watching.reason(self.watch), *judged.reasons)
        stands = await self.stands()
        if not stands:
            phase = await asyncio.to_thread(self.gate.store.items.phase, self.gate.item.name)
            taken = Reason(Ground.PHASE, Decision.INCONCLUSIVE, "", figures={"phase": str(phase)}, needed=None)
            reasons = (words.told(taken), *reasons)
        verdict = replace(judged, reasons=reasons, decision=rules.decided(reasons))
        await self.gate.store.items.put_verdict(verdict)
        if stands and verdict.decision is Decision.GO:
            await self._move(Phase.POST_LAUNCH, f"the launch was watched for {self.asked} runs: GO")
        by_channel = [one for one in reasons if one.decision is Decision.NO_GO and one.ground is not Ground.DEFECTS]
        if stands and by_channel:
            name = watched_as(self.gate.item.name)
            watched = Watched(name, severity=Severity.CRITICAL, item=self.gate.item.name)
            await self.gate.store.incidents.apply(self._result(name, by_channel[0], now), watched)
        return verdict

    def _result(self, name: str, worst: Reason, now: datetime) -> ProbeResult:
        what, zh = f"launch of {self.gate.item.name}: {worst.what}", f"{self.gate.item.title}：{worst.what_zh}"
        channel = _slow_channel(worst)
        broke = self.last if channel or self.failed is None else self.failed
        if broke is not None and broke is self.failed:
            what, zh, cause = f"{what} ({words_of(broke)})", f"{zh}（{chinese_of(broke)}）", cause_of(broke)
        else:
            channel = channel or self.gate.item.channels[0]
            cause = Cause(Kind.CHANNEL, channel, _LAYERS.get(channel, Layer.CONTENT), f"{channel} journey")
        runs = (broke.id,) if broke is not None else ()
        return ProbeResult(name, now, now, Standing.FAILED, runs, cause, what, broke="".join(runs), what_zh=zh)

    async def _move(self, phase: Phase, why: str) -> PhaseChange:
        change = PhaseChange(self.gate.item.name, phase, datetime.now(UTC), self.by, why)
        await move(self.gate.store, change)
        return change


def _slow_channel(reason: Reason) -> str:
    """Return the channel that *reason* calls slow; "" where it is about something else."""
    slow = reason.ground is Ground.LATENCY or (reason.ground is Ground.WATCH and reason.figures.get("limit_s"))
    return reason.about if slow else ""
