"""What becomes of the run of a probe: confirm, judge, keep, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from prober.errors import StoreBroken
from prober.judge import attempts as judge
from prober.judge.confirm import confirmation
from prober.model.incident import Change, ProbeResult, Standing
from prober.model.probe import Probe, Watched
from prober.model.run import Run

_TAKEN_UP = timedelta(days=1)
"""Runs older than this that nothing was made of are history, and nobody's incident any more."""

Playing = tuple[str, datetime]
"""A planned playing: the name of its probe, and the instant it was planned for."""


@dataclass(frozen=True)
class Busy:
    """What this robot is busy with by itself: *playings* under way; while *alone* with a probe, none of it begins."""

    playings: Callable[[], Collection[Playing]] = tuple
    alone: Callable[[str], AbstractAsyncContextManager[None]] = lambda _: nullcontext()


class Incidents(Protocol):
    """Keeps results and incidents."""

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]: ...

    async def release(self, kept: Collection[str]) -> Sequence[Change]: ...

    def left(self, since: datetime, of: Collection[str] | None = None) -> Sequence[Sequence[Run]]: ...

    def results(self, probe: str, since: datetime) -> Sequence[ProbeResult]: ...


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
        busy: Busy = Busy(),
    ) -> None:
        self._again = again
        self._incidents = incidents
        self._maintenance = maintenance
        self._told = told
        self._now = now
        self._busy = busy
        self._unkept: list[tuple[ProbeResult, Watched]] = []

    async def after(self, probe: Probe, run: Run) -> None:
        """Confirm a failure by a second attempt, judge the attempts, keep what changes, and have it told."""
        await self._judge(probe, [run])

    async def catch_up(self) -> None:
        """
        Keep the results that the store refused before.

        Raises:
            StoreBroken: It still does.
            Exception: What one of them stumbled over. It is not kept, and its runs are taken up again.
        """
        await self._keep()

    async def release(self, kept: Collection[str]) -> None:
        """Let probes that are none of *kept* any more leave their incidents: nothing else would ever close them."""
        if await self._incidents.release(kept):
            self._told()

    async def resume(self, probes: Mapping[str, Probe], of: Collection[str] | None = None) -> None:
        """
        Take up the runs that ended before anything was made of them: the robot was killed in between. *of*: those alone
        whose playing one of these runs belongs to.

        What is whole comes first, in its order. What is still to be confirmed follows, all at once.

        Raises:
            StoreBroken: Not all could be kept. The rest was.
            Exception: What else one of them stumbled over. It keeps none of the others from being judged.
        """
        busy = {*self._busy.playings()}
        left = await asyncio.to_thread(self._incidents.left, self._now() - _TAKEN_UP, of)
        busy.update(self._busy.playings())
        failed: list[Exception] = []
        open_: list[tuple[Probe, Sequence[Run]]] = []
        for attempts in left:
            name, planned_at = attempts[0].probe or "", attempts[0].planned_at
            if name not in probes or (name, planned_at) in busy:
                continue
            asked = _asked(attempts)
            try:
                if len(asked) == 1 and confirmation(probes[name], asked[0], self._now()).lines:
                    open_.append((probes[name], asked))
                else:
                    await self._judge(probes[name], asked)
            except Exception as exc:  # noqa: BLE001 - raised when the others are judged
                failed.append(exc)
        async with asyncio.TaskGroup() as confirming:
            for probe, asked in open_:
                told = f"the second attempt of that of {asked[0].planned_at:%Y-%m-%d %H:%M:%S} UTC"
                confirming.create_task(self._confirm(probe, asked, failed), name=told)
        if failed:
            raise next((one for one in failed if isinstance(one, StoreBroken)), failed[0])

    async def _confirm(self, probe: Probe, asked: Sequence[Run], failed: list[Exception]) -> None:
        """Judge what was left before it was confirmed, which what was played since makes needless."""
        try:
            async with self._busy.alone(probe.name):
                later = await asyncio.to_thread(self._later, probe.name, asked[0])
                await self._judge(probe, asked, later)
        except Exception as exc:  # noqa: BLE001 - as above
            failed.append(exc)

    def _later(self, probe: str, run: Run) -> ProbeResult | None:
        """Return the latest result that was planned no earlier than *run*, and asked; None if there is none."""
        since = self._incidents.results(probe, run.planned_at)
        asked = (one for one in since if one.planned_at >= run.planned_at and one.standing is not Standing.UNASKED)
        return next(asked, None)

    async def _judge(self, probe: Probe, attempts: Sequence[Run], later: ProbeResult | None = None) -> None:
        attempts, remark = _asked(attempts), "a later one was judged before"
        if len(attempts) == 1 and later is None:
            attempts, remark = await self._confirmed(probe, attempts[0])
        result = judge.result(
            probe.name,
            attempts,
            at=attempts[-1].ended_at or self._now(),
            remark=remark,
            maintenance=self._window(attempts),
            passed_since=later is not None and later.standing is Standing.WELL,
        )
        await self._keep((result, probe.watched))

    async def _keep(self, *results: tuple[ProbeResult, Watched]) -> None:
        """Keep *results* after what the store refused before; what it refuses waits for the next time."""
        waiting = [*self._unkept, *results]
        self._unkept = []
        try:
            while waiting:
                changes = await self._incidents.apply(*waiting[0])
                del waiting[0]
                if changes:
                    self._told()
        except Exception as exc:
            if not isinstance(exc, StoreBroken):
                del waiting[0]  # it would hold up all others for good; its runs are taken up again
            raise
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


def _asked(attempts: Sequence[Run]) -> Sequence[Run]:
    """Return those of *attempts* that asked; the first, if none did."""
    return [run for run in attempts if judge.of_run(run) is not None] or attempts[:1]
