"""
Alarms: faults switched on and off by chance for 20 minutes, and the incidents that `prober serve` makes of them.

Probes at the three doors of the demo operator are played every 8 to 25 s, one of them through all three doors. Each
door has its own faults, in turn and by chance, so that faults of several doors overlap. Every harmful fault must become
exactly one incident, of the kind, step and layer of the golden table (tests/outcomes/cases.yaml), and nothing else may
become one; what is merely slow, or right in another order, is injected too, and must become none. Incidents of the
robot's own, where nothing that is injected is its fault, are counted apart.

Only faults that last long enough to be seen are injected: two periods of the door's probes (a run that is under way
when the fault comes may not meet it) and two attempts, each as long as the last healthy runs there took at the most,
and one limit more. That time is also the bound on detection. An incident must be closed when two such times have
passed; a door's next fault waits for that. A fault that is missed, doubled or named otherwise, and an incident of no
fault, are kept with their story and runs in reports/bench/alarms. The quick form has one probe a door, and switches
one fault on at each, at once, and off when it is found.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import httpx

from scripts.benches.alarming.injection import Injected, Pace, Planned, planned
from scripts.benches.alarming.kept import keep
from scripts.benches.alarming.matching import Matched, Met, matched
from scripts.benches.alarming.watch import PERIODS_S, Watch
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.demo import operator
from tests.outcomes.playing import Case, cases

FULL_S = 20 * 60.0
READY_S = 120.0
PACES = {
    "ivr": Pace(period_s=10, limit_s=6, rest_s=20),
    "web": Pace(period_s=10, limit_s=10, rest_s=20),
    "sms": Pace(period_s=10, limit_s=4, rest_s=20),
}
QUICK = ("ivr=busy", "web=wrong-balance", "sms=throttled")


@dataclass(frozen=True)
class Injector:
    """Switches the faults of the demo operator, each door's one after another."""

    plan: Plan
    watch: Watch
    control: httpx.AsyncClient
    faults: list[Injected]

    async def full(self) -> None:
        """Let each door have its faults until the time is up."""
        ends_s = time.monotonic() + FULL_S
        async with asyncio.TaskGroup() as doors:
            for number, (door, pace) in enumerate(PACES.items()):
                its = [case for case in cases() if case.door == door and case.name]
                chance = random.Random(self.plan.seed * 10 + number)  # noqa: S311  # chance, not secrecy
                doors.create_task(self._door(planned(its, pace, chance), ends_s))

    async def quick(self) -> None:
        """Let each door have one fault till it is found."""
        async with asyncio.TaskGroup() as doors:
            for case in (case for case in cases() if case.fault in QUICK):
                doors.create_task(self._one(case, 1.0, until_found=True))

    async def _door(self, faults: Iterator[Planned], ends_s: float) -> None:
        for fault in faults:
            await asyncio.sleep(fault.after_s)
            if time.monotonic() > ends_s:
                return
            await self._one(fault.case, fault.longer)

    async def _one(self, case: Case, longer: float, *, until_found: bool = False) -> None:
        run_s = await asyncio.to_thread(self.watch.run_s, case.door)
        least_s = PACES[case.door].long_enough_s(case, run_s)
        await self._switch(case.wish)
        on_at = datetime.now(UTC)
        await self._until(lambda: until_found and self._opened(case.door, on_at) is not None, least_s * longer)
        await self._switch({case.door: None})
        fault = Injected(case, on_at, datetime.now(UTC), least_s)
        self.faults.append(fault)
        found = self._opened(case.door, on_at)
        took = f"found in {(found - on_at).total_seconds():.1f} s" if found else "nothing opened"
        self.plan.say(f"{len(self.faults):3}  {case.fault:28} on for {_span(fault):4.0f} s, {took}")
        await self._until(lambda: not self._open(case.door), 2 * least_s)

    async def _switch(self, wish: Mapping[str, Any]) -> None:
        (await self.control.put("/faults", json=dict(wish))).raise_for_status()

    async def _until(self, done: Any, within_s: float) -> None:
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            self.watch.look()
            if await asyncio.to_thread(done):
                return
            await asyncio.sleep(min(0.5, max(0.0, until_s - time.monotonic())))

    def _opened(self, door: str, since: datetime) -> datetime | None:
        found = self.watch.store.incidents.find(since=since, channel=door)
        return min((one.opened_at for one in found if one.opened_at >= since), default=None)

    def _open(self, door: str) -> bool:
        return bool(self.watch.store.incidents.find(open_only=True, channel=door))


def measure(plan: Plan) -> Result:
    """Inject faults, and hold the incidents against them."""
    probes = tuple(PACES) if plan.quick else tuple(PERIODS_S)
    with operator() as doors, Watch(plan.folder / "watch", doors, probes) as watch:
        if not watch.ready(READY_S):
            return Result({}, {"ready": "== 1"}, {}, remarks=["not every probe passed in health", watch.said()])
        plan.say("every probe has passed once")
        faults = asyncio.run(_inject(plan, watch, doors))
        incidents = watch.store.incidents.find(limit=None)
        found = matched(faults, incidents)
        remarks = keep(found, watch, plan.kept)
        results = len(watch.store.incidents.results(limit=None))
    return _result(found, remarks, results=results, quick=plan.quick)


async def _inject(plan: Plan, watch: Watch, doors: Mapping[str, Any]) -> Sequence[Injected]:
    faults: list[Injected] = []
    async with httpx.AsyncClient(base_url=doors["control"], timeout=10) as control:
        injector = Injector(plan, watch, control, faults)
        await (injector.quick() if plan.quick else injector.full())
    return faults


def _result(found: Matched, remarks: Sequence[str], *, results: int, quick: bool) -> Result:
    harmful = found.harmful
    detected = [one.detected_s for one in harmful if one.detected_s is not None]
    closed = [one.closed_s for one in harmful if one.closed_s is not None]
    met = [one for one in harmful if one.incidents]
    figures: dict[str, Figure] = {
        "missed": len(found.missed),
        "false": len(found.false),
        "doubled": len(found.doubled),
        "false_of_the_robot": len(found.robots),
        "named_wrong": sum(not one.named_right for one in met),
        "detected_late": sum(_late(one.detected_s, one, times=1) for one in met),
        "closed_late": sum(_late(one.closed_s, one, times=2) for one in met),
        **_spread("detected", detected),
        **_spread("closed", closed),
    }
    return Result(
        figures,
        # A machine that is too busy for its robot is the robot's fault indeed: the quick form runs on such ones, too.
        bounds=dict.fromkeys(list(figures)[: 3 if quick else 7], "<= 0"),
        samples={
            "harmful faults injected": len(harmful),
            "found": len(met),
            "harmless ones": len(found.met) - len(harmful),
            "incidents": sum(len(one.incidents) for one in found.met) + len(found.false) + len(found.robots),
            "planned playings": results,
        },
        limits=_LIMITS,
        tables=[_table(found.met)],
        remarks=remarks,
    )


_LIMITS = (
    "The faults are the demo operator's, on loopback; what comes and goes between two runs, no prober sees.",
    "Every probe opens an incident by one confirmed failure, and closes it by one pass.",
)


def _late(took_s: float | None, one: Met, *, times: int) -> bool:
    return took_s is None or took_s > times * one.fault.least_s


def _spread(what: str, took_s: Sequence[float]) -> dict[str, Figure]:
    ordered = sorted(took_s)
    last = len(ordered) - 1
    named = {"p50": median(ordered), "p95": ordered[round(last * 0.95)], "max": ordered[last]} if ordered else {}
    return {f"{what}_{q}_s": round(named[q], 2) if q in named else None for q in ("p50", "p95", "max")}


def _table(met: Sequence[Met]) -> Table:
    columns = (
        "fault",
        "injected",
        "found",
        "missed",
        "doubled",
        "detected p50 (s)",
        "max (s)",
        "closed p50 (s)",
        "max",
    )
    rows = []
    for fault in sorted({one.fault.case.fault for one in met}):
        its = [one for one in met if one.fault.case.fault == fault]
        if not its[0].fault.harmful:
            rows.append((f"{fault} (harmless)", len(its), *[None] * 7))
            continue
        detected = sorted(one.detected_s for one in its if one.detected_s is not None)
        closed = sorted(one.closed_s for one in its if one.closed_s is not None)
        numbers = (sum(bool(one.incidents) for one in its), sum(not one.incidents for one in its))
        doubled = sum(len(one.incidents) > 1 for one in its)
        rows.append((fault, len(its), *numbers, doubled, *_middle(detected), *_middle(closed)))
    return Table("What became of each fault", columns, rows)


def _middle(ordered: Sequence[float]) -> tuple[Figure, Figure]:
    return (round(median(ordered), 1), round(ordered[-1], 1)) if ordered else (None, None)


def _span(fault: Injected) -> float:
    return (fault.off_at - fault.on_at).total_seconds()
