"""Starts probes at their planned instants; the only import of APScheduler."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from prober.model.probe import Missed, Probe, Start
from prober.scheduler.lateness import Lateness
from prober.scheduler.timetable import Timetable
from prober.scheduler.wall_clock import WallClock

_LOOK_S = 1.0
"""How often the clock is looked at: no event tells that it was set."""
_CLOSE = timedelta(milliseconds=5)
"""A timer may come so much too early, when the clock is being corrected."""
# What the timer has to say of its own is nothing to a person, and without any handler Python would print it.
logging.getLogger("apscheduler").addHandler(logging.NullHandler())
_PASSAGE = timedelta(microseconds=1)
_OLDEST = timedelta(milliseconds=1)


@dataclass(eq=False)
class _Row:
    """A probe, planned by the clock as it was set at *put_s*: its next instant, and why a start before it is missed."""

    probe: Probe
    timetable: Timetable
    next_at: datetime
    put_s: float
    reason: Missed = Missed.LATE
    detail: str = ""
    began_s: float | None = None


class Scheduler:
    """
    Calls *start* with each probe and its planned instant, or *missed* with why it was not to be. A run of a probe never
    overlaps the one before; a start later than the probe's grace is missed.

    *late* is told how late a start comes, at most since its probe was planned: what was due before could not be made
    sooner. *jumped* is told by how many seconds the machine's clock was set. Where it is set back, an hour that comes
    again is probed again: its instants are a microsecond later, so that each is a planned instant of its own.
    """

    def __init__(
        self,
        start: Callable[[Probe, datetime], Awaitable[None]],
        missed: Callable[[Start], Awaitable[None]],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_s: Callable[[], float] = time.monotonic,
        jumped: Callable[[float], None] = lambda _: None,
        late: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.lateness = Lateness()
        self.under_way: dict[str, asyncio.Task[None]] = {}
        self._start, self._missed, self._now, self._clock_s, self._jumped = start, missed, now, clock_s, jumped
        self._late = late
        self._clock = WallClock(now, clock_s)
        self._rows: dict[str, _Row] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._passage = timedelta()
        self._counting = asyncio.Semaphore(1)
        self._timer = AsyncIOScheduler(timezone=UTC)
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to start what is planned. To be called on the loop."""
        self._timer.start()
        self._looking = asyncio.create_task(self._look())

    def plan(self, probes: Iterable[Probe], *, since: Mapping[str, datetime] | None = None) -> None:
        """
        Let *probes* be the schedule. What is unchanged keeps its next instant.

        *since* is the latest instant each was kept for: what was planned after it and before now was missed, for no
        robot was running; what is still in time is started.
        """
        wanted = {probe.name: probe for probe in probes}
        self._pass_again(since or {})
        with self._held():
            for name in [name for name in self._rows if name not in wanted]:
                del self._rows[name]
                self._timer.remove_job(name)
            for probe in wanted.values():
                self._put(probe, (since or {}).get(probe.name))

    def planned(self) -> Mapping[str, datetime]:
        """Return the next planned instant of every probe."""
        return {name: row.next_at for name, row in self._rows.items()}

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Wait until no run of the probe *name* is under way, and let none begin inside: the task that is, is one."""
        task = asyncio.current_task()
        while (before := self.under_way.get(name)) is not None:
            await asyncio.wait([before])
        if task is not None:
            self.under_way[name] = task
        try:
            yield
        finally:
            self.under_way.pop(name, None)

    async def close(self) -> None:
        """Start nothing any more, and return when all that was missed has been told. What is under way goes on."""
        if self._looking:
            self._looking.cancel()
            self._looking = None
            self._timer.shutdown(wait=False)
        self._rows.clear()
        await asyncio.gather(*self._telling, return_exceptions=True)

    def _put(self, probe: Probe, since: datetime | None) -> None:
        timetable, row, now = Timetable.of(probe), self._rows.get(probe.name), self._now()
        if row and row.timetable == timetable:
            row.probe = probe
            return
        row = _Row(probe, timetable, timetable.after(now), self._clock_s())
        if since is not None and since <= now:
            row.next_at = timetable.after(since - since.microsecond % 1000 * _PASSAGE)
            row.reason = Missed.DOWN
        self._rows[probe.name] = row
        self._timer.add_job(
            self._tick,
            _Following(self, timetable),
            args=(probe.name,),
            id=probe.name,
            next_run_time=row.next_at + self.skew,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=100,
        )

    @property
    def skew(self) -> timedelta:
        """How far the machine's clock, which the timer goes by, is before the one of this schedule: 0 but in tests."""
        skew = datetime.now(UTC) - self._now()
        return timedelta() if abs(skew) < _CLOSE else skew

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let the timer look at what is changed inside once, and not at each of thousands of changes."""
        running = self._timer.running
        if running:
            self._timer.pause()
        try:
            yield
        finally:
            if running:
                self._timer.resume()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            self._look_at_clock()

    def _look_at_clock(self) -> None:
        jump_s = self._clock.jumped_s()
        if not jump_s:
            return
        if jump_s < 0:
            self._pass_once_more()
        now = self._now()
        with self._held():
            for name, row in self._rows.items():
                row.put_s = self._clock_s()
                if jump_s < 0:
                    row.next_at = self._after_set_back(row, now)
                elif row.next_at <= now:
                    row.reason, row.detail = Missed.CLOCK, f"it was set on by {jump_s:.1f} s"
                self._timer.modify_job(name, next_run_time=row.next_at + self.skew)
        self._jumped(jump_s)

    def _after_set_back(self, row: _Row, now: datetime) -> datetime:
        """Return when *row* is due after the clock was set back; not what was played a moment ago once more."""
        next_at = row.timetable.after(now)
        if row.began_s is None:
            return next_at
        since_s = self._clock_s() - row.began_s + (next_at - now).total_seconds()
        return row.timetable.after(next_at) if since_s < row.timetable.period_s(now) / 2 else next_at

    def _pass_again(self, since: Mapping[str, datetime]) -> None:
        """Where starts are kept of instants that are still to come, the clock was set back while no robot ran."""
        now = self._now()
        coming = [at.microsecond % 1000 for at in since.values() if at > now]
        if coming:
            self._passage = max(self._passage, max(coming) * _PASSAGE)
            self._pass_once_more()

    def _pass_once_more(self) -> None:
        self._passage = min(self._passage + _PASSAGE, _OLDEST - _PASSAGE)

    async def _tick(self, name: str) -> None:
        """Start the probe *name*, whose planned instant has come, or say why not."""
        self._look_at_clock()
        row = self._rows.get(name)
        if row is None or row.next_at - _CLOSE > self._now():
            return
        now, first_at, reason, detail = max(self._now(), row.next_at), row.next_at, row.reason, row.detail
        row.next_at, row.reason, row.detail = row.timetable.after(now), Missed.LATE, ""
        if row.timetable.is_long(first_at, now):
            async with self._counting:
                latest_at, count = await asyncio.to_thread(row.timetable.passed, first_at, now)
        else:
            latest_at, count = row.timetable.passed(first_at, now)
        late = max(self._now(), now) - latest_at > timedelta(seconds=row.probe.grace_s)
        if lost := count if late else count - 1:
            until_at = now - now.microsecond % 1000 * _PASSAGE if late else latest_at - _OLDEST
            self._miss(Start(name, first_at, None, reason, detail, lost, until_at))
        if not late and self._rows.get(name) is row:
            self._begin(row, latest_at)

    def _begin(self, row: _Row, at: datetime) -> None:
        name = row.probe.name
        if before := self.under_way.get(name):
            self._miss(Start(name, at, None, Missed.OVERLAP, before.get_name()))
            return
        row.began_s = self._clock_s()
        told = f"that of {at:%Y-%m-%d %H:%M:%S} UTC"
        self.under_way[name] = asyncio.create_task(self._play(row, at), name=told)

    async def _play(self, row: _Row, at: datetime) -> None:
        probe = row.probe
        try:
            late_s = min((self._now() - at).total_seconds(), self._clock_s() - row.put_s)
            self.lateness.note(late_s)
            self._late(late_s)
            await self._start(probe, at + self._passage)
        finally:
            del self.under_way[probe.name]

    def _miss(self, start: Start) -> None:
        until_at = start.until_at and start.until_at + self._passage
        start = replace(start, planned_at=start.planned_at + self._passage, until_at=until_at)
        telling = asyncio.ensure_future(self._missed(start))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)


class _Following(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Tells the timer the planned instant that follows the present one."""

    def __init__(self, scheduler: Scheduler, timetable: Timetable) -> None:
        self._scheduler, self._timetable = scheduler, timetable

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        """Return the first planned instant after *now*, by the timer's clock."""
        skew = self._scheduler.skew
        return self._timetable.after(now - skew) + skew
