"""The launch of one item: who may begin it, what it is watched against, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from prober.app.gating import Gate
from prober.judge.cause import cause_of, chinese_of, words_of
from prober.judge.gate import rules, watching
from prober.judge.gate.watching import Watch
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.item import PhaseChange, Sample, watched_as
from prober.model.probe import Severity, Watched
from prober.model.run import Layer, Outcome, Phase, Run
from prober.model.verdict import Decision, Verdict

_LAYERS = {"ivr": Layer.PROMPT, "web": Layer.PAGE, "sms": Layer.DELIVERY}
"""Which part of a channel answers for a journey that takes too long."""


@dataclass
class Launch:
    """
    A launch under way. It is a sink of the runs that are played for it: *watch* is what they say together.

    *unequal* are the runs in which a `same` step did not hold: one is enough to stop. *failed* is the last that failed.
    """

    gate: Gate
    watch: Watch
    by: str
    unequal: list[str] = field(default_factory=list)
    failed: Run | None = None
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
        """Note that the item is live from now on."""
        await self._move(Phase.LAUNCH, why)

    async def run_started(self, *_: object) -> None:
        """Hear nothing: a run counts when it has ended."""

    async def step_started(self, *_: object) -> None:
        """Hear nothing."""

    async def step_finished(self, *_: object) -> None:
        """Hear nothing."""

    async def run_finished(self, run: Run) -> None:
        """Take what *run* says."""
        before = self.watch
        self.watch = before.seen(run)
        self.asked += self.watch is not before
        if run.outcome is Outcome.FAILED:
            self.failed = run
        if any(step.verb == "same" and step.outcome is Outcome.FAILED for step in run.steps):
            self.unequal.append(run.id)

    async def end(self) -> Verdict:
        """
        Judge the launch, keep the verdict, and what follows from it.

        GO: the item stands after its launch. NO_GO: an incident, which people are told of as of any other, until the
        next launch ends well. INCONCLUSIVE: it stays where it is.
        """
        now = datetime.now(UTC)
        verdict = await asyncio.to_thread(self.gate.verdict, now)
        reasons = (watching.reason(self.watch), *verdict.reasons)
        verdict = replace(verdict, reasons=reasons, decision=rules.decided(reasons))
        store = self.gate.store
        await store.items.put_verdict(verdict)
        if verdict.decision is Decision.GO:
            await self._move(Phase.POST_LAUNCH, f"the launch was watched for {self.asked} runs: GO")
        if verdict.decision is not Decision.INCONCLUSIVE:
            name = watched_as(self.gate.item.name)
            watched = Watched(name, severity=Severity.CRITICAL, item=self.gate.item.name)
            await store.incidents.apply(self._result(name, verdict, now), watched)
        return verdict

    def _result(self, name: str, verdict: Verdict, now: datetime) -> ProbeResult:
        runs = (self.failed.id,) if self.failed else verdict.runs[-1:]
        if verdict.decision is Decision.GO:
            return ProbeResult(name, now, now, Standing.WELL, runs)
        worst = next(reason for reason in verdict.reasons if reason.decision is Decision.NO_GO)
        what, zh = f"launch of {self.gate.item.name}: {worst.what}", f"{self.gate.item.title}：{worst.what_zh}"
        if self.failed:
            what, zh = f"{what} ({words_of(self.failed)})", f"{zh}（{chinese_of(self.failed)}）"
        return ProbeResult(name, now, now, Standing.FAILED, runs, self._cause(), what, broke=runs[-1], what_zh=zh)

    def _cause(self) -> Cause:
        if self.failed:
            return cause_of(self.failed)
        _, worst = self.watch.worst
        channel = worst.channel or self.gate.item.channels[0]
        return Cause(Kind.CHANNEL, channel, _LAYERS.get(channel, Layer.CONTENT), f"{channel} journey")

    async def _move(self, phase: Phase, why: str) -> None:
        change = PhaseChange(self.gate.item.name, phase, datetime.now(UTC), self.by, why)
        await self.gate.store.items.put_phase(change)
