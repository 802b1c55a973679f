"""What becomes of the run of a probe: confirm, judge, keep, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from prober.judge import attempts as judge
from prober.judge.confirm import confirmation
from prober.model.incident import Change, ProbeResult
from prober.model.probe import Probe, Watched
from prober.model.run import Run

_TAKEN_UP = timedelta(days=1)
"""Runs older than this that nothing was made of are history, and nobody's incident any more."""


class Incidents(Protocol):
    """Keeps results and incidents."""

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]: ...

    async def release(self, kept: Collection[str]) -> Sequence[Change]: ...

    def left(self, since: datetime) -> Sequence[Sequence[Run]]: ...


class Pipeline:
    """
    Makes of each planned playing of a probe one result, and of results incidents; nothing of it is lost by kill -9.

    *again* plays a run's scenario a second time, as `judge.confirm` allows, and returns None where it could not.
    *maintenance* names the window an item is in at an instant. *told* wakes whoever tells people of changes.
    """

    def __init__(
        self,
        *,
        again: Callable[[Probe, Run], Awaitable[Run | None]],
        incidents: Incidents,
        maintenance: Callable[[str | None, datetime], str],
        told: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._again = again
        self._incidents = incidents
        self._maintenance = maintenance
        self._told = told
        self._now = now
        self._unkept: list[tuple[ProbeResult, Watched]] = []

    async def after(self, probe: Probe, run: Run) -> None:
        """Confirm a failure by a second attempt, judge the attempts, keep what changes, and have it told."""
        await self._judge(probe, [run])

    async def resume(self, probes: Mapping[str, Probe]) -> None:
        """
        Take up the runs that ended before anything was made of them: the robot was killed in between.

        A probe that is none of *probes* any more leaves its incidents, for nothing else would ever close them.
        """
        left = await asyncio.to_thread(self._incidents.left, self._now() - _TAKEN_UP)
        for attempts in left:
            if probe := probes.get(attempts[0].probe or ""):
                await self._judge(probe, attempts)
        if await self._incidents.release(probes.keys()):
            self._told()

    async def _judge(self, probe: Probe, attempts: Sequence[Run]) -> None:
        asked = [run for run in attempts if judge.of_run(run) is not None] or attempts[:1]
        attempts, remark = (asked, "") if len(asked) > 1 else await self._confirmed(probe, asked[0])
        result = judge.result(
            probe.name,
            attempts,
            at=attempts[-1].ended_at or self._now(),
            remark=remark,
            maintenance=self._window(attempts),
        )
        await self._keep(result, probe.watched)

    async def _keep(self, result: ProbeResult, watched: Watched) -> None:
        """Keep *result* after what the store refused before; what it refuses waits for the next one."""
        waiting = [*self._unkept, (result, watched)]
        self._unkept = []
        try:
            while waiting:
                changes = await self._incidents.apply(*waiting[0])
                del waiting[0]
                if changes:
                    self._told()
        finally:
            self._unkept[:0] = waiting

    async def _confirmed(self, probe: Probe, run: Run) -> tuple[Sequence[Run], str]:
        """Return *run* and its second attempt, or why there is none to confirm it."""
        wanted = confirmation(probe, run, self._now())
        if not wanted.lines:
            return [run], wanted.why
        second = await self._again(probe, run)
        if second is None:
            return [run], "no second attempt could be made"
        return [run, second], "" if judge.of_run(second) else judge.unasked(second)

    def _window(self, attempts: Sequence[Run]) -> str:
        """Return the maintenance that any attempt touched; "" if none did."""
        instants = [at for run in attempts for at in (run.started_at, run.ended_at) if at is not None]
        names = (self._maintenance(attempts[0].item, at) for at in instants)
        return next(filter(None, names), "")
