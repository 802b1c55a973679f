"""The planned instants of a probe: functions of its name and schedule alone, the same on every machine and day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

from prober.loading import cron
from prober.model.probe import Probe, Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_MANY = timedelta(hours=1)
"""The instants of a cron schedule in so long are counted in a few milliseconds."""
_MOST = 100_000
"""How many instants of a cron schedule are counted at most: two months of every minute."""


@dataclass(frozen=True)
class Timetable:
    """
    The instants of *schedule* for the probe *name*, aware UTC, to the millisecond.

    An interval counts from the epoch, each probe at an offset made of its name, so that nothing starts together. Cron
    fields come true when they say.
    """

    name: str
    schedule: Schedule

    @classmethod
    def of(cls, probe: Probe) -> Timetable:
        """Return the timetable of *probe*."""
        return cls(probe.name, probe.schedule)

    @property
    def _every(self) -> timedelta | None:
        every_s = self.schedule.every_s
        return None if every_s is None else max(1, round(every_s * 1000)) * _MS

    @property
    def _offset(self) -> timedelta:
        drawn = int.from_bytes(hashlib.sha256(self.name.encode()).digest())
        return drawn % ((self._every or _MS) // _MS) * _MS

    def after(self, instant: datetime) -> datetime:
        """Return the first planned instant later than *instant*."""
        if (every := self._every) is None:
            return next(cron.after(self.schedule.cron, self.schedule.timezone, instant))
        first = _EPOCH + self._offset
        return first + ((instant - first) // every + 1) * every

    def is_long(self, planned_at: datetime, now: datetime) -> bool:
        """Return whether `passed` takes its time, so that no event loop is to wait for it."""
        return self._every is None and now - planned_at > _MANY

    def passed(self, planned_at: datetime, now: datetime) -> tuple[datetime, int]:
        """Return the latest planned instant up to *now*, and how many there are from *planned_at* on, which is one."""
        if (every := self._every) is not None:
            more = max(0, (now - planned_at) // every)
            return planned_at + more * every, more + 1
        latest_at, count = planned_at, 1
        following = cron.after(self.schedule.cron, self.schedule.timezone, planned_at)
        for at in takewhile(lambda at: at <= now, following):
            latest_at, count = at, count + 1
            if count >= _MOST:
                break
        return latest_at, count

    def period_s(self, instant: datetime) -> float:
        """Return how long it is between the planned instants after *instant*: at the least, where that varies."""
        if (every := self._every) is not None:
            return every.total_seconds()
        coming = cron.after(self.schedule.cron, self.schedule.timezone, instant)
        gaps = (later - sooner for sooner, later in pairwise(at for at, _ in zip(coming, range(50), strict=False)))
        return min(gaps, default=timedelta(days=366)).total_seconds()
