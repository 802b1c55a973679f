"""Who leads: of several robots on one store one keeps the schedule, and another takes over when it is gone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, select, update

from prober.store.database import Database
from prober.store.process import Process, this_process
from prober.store.silence import held_by
from prober.store.tables import LEADERS
from prober.store.unless_there import insert_unless_there

SCHEDULE = "schedule"
"""The name of the leadership that starts are claimed under."""
RENEW_S = 2.0
"""How often a leader renews, and a follower looks."""
SILENT_S = 10.0
"""A leader that has not renewed for so long has lost the lead."""
_STOPS_S = 8.0
"""Without a renewal for so long a leader stops by itself: before anybody may take over."""

_NOBODY = Process(host="", pid=0, start="")


@dataclass
class _Held:
    """A leadership this process holds: since when, by the monotonic clock, it is sure of it."""

    term: int
    sure_s: float


class Leadership:
    """
    Gives each named leadership to one process at a time. A *term* is never given twice.

    Silence is told by the clock of who waits, so that clocks that disagree or are set change nothing.
    """

    def __init__(self, database: Database, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock_s = clock_s
        self._held: dict[str, _Held] = {}
        self._watched: dict[str, tuple[tuple[object, ...], float]] = {}
        self._leaders: dict[str, Process] = {}

    async def lead(self, name: str) -> int | None:
        """
        Renew the leadership *name*, or take it over if nobody has it, and return its term; None while another has it.

        To be called every `RENEW_S`. A leader whose process is gone from this host is followed at once, another after
        `SILENT_S` of silence.

        Raises:
            StoreBroken: The store could not say.
        """
        asked_s = self._clock_s()
        term = await self._database.write(lambda connection: self._take(connection, name))
        if term is None:
            self._held.pop(name, None)
        else:
            self._held[name] = _Held(term, asked_s)
        return term

    def term(self, name: str) -> int | None:
        """Return the term in which this process surely leads *name* at this moment; None if it may not."""
        held = self._held.get(name)
        return held.term if held and self._clock_s() - held.sure_s < _STOPS_S else None

    def last_term(self, name: str) -> int | None:
        """Return the term in which this process leads *name*, or did when the store last answered; None: another."""
        held = self._held.get(name)
        return held.term if held else None

    async def resign(self, name: str) -> None:
        """Give *name* back, if this process has it, so that another may follow at once."""
        if self._held.pop(name, None):
            mine = held_by(this_process(), LEADERS)
            nobody = update(LEADERS).where(LEADERS.c.name == name, mine).values(_NOBODY.columns())
            await self._database.write(lambda connection: connection.execute(nobody).close())

    def leader(self, name: str) -> Process | None:
        """Return which other process led *name* when this one was last told that it does not; None if none did."""
        return self._leaders.get(name)

    async def wait(self, name: str) -> None:
        """Return when it is time to call `lead` again: after `RENEW_S`, or at once when the leader's process ends."""
        leader = self._leaders.get(name)
        if leader is None or not leader.is_near:
            await asyncio.sleep(RENEW_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(RENEW_S):
                await _end(leader.pid)

    def _take(self, connection: Connection, name: str) -> int | None:
        mine, now = this_process(), datetime.now(UTC)
        first = {"name": name, "term": 1, "seen_at": now} | mine.columns()
        if insert_unless_there(connection, LEADERS, first):
            return 1
        row = _row(connection, name)
        if row is None:
            return None
        term = row.term if _owner(row) == mine else row.term + 1
        self._leaders.pop(name, None)
        if term != row.term and not self._is_free(connection, name, row):
            self._leaders[name] = _owner(row)
            return None
        # Conditional: between reading and writing, another may have been faster where the database lets two write.
        taken = update(LEADERS).where(LEADERS.c.name == name, LEADERS.c.term == row.term, held_by(_owner(row), LEADERS))
        values = {"term": term, "seen_at": now} | mine.columns()
        return term if connection.execute(taken.values(values)).rowcount == 1 else None

    def _is_free(self, connection: Connection, name: str, row: Row[tuple[object, ...]]) -> bool:
        owner, now_s = _owner(row), self._clock_s()
        if not owner.pid or owner.has_ended(one_machine=connection.dialect.name == "sqlite"):
            return True
        sign = (row.term, row.seen_at)
        seen, since_s = self._watched.get(name, (None, now_s))
        if seen != sign:
            self._watched[name] = (sign, now_s)
            return False
        return now_s - since_s >= SILENT_S


def has_namesake(connection: Connection, name: str, *, since: datetime) -> bool:
    """Return whether another machine that has this one's name led *name* after this one was started, at *since*."""
    row = _row(connection, name)
    # One that led before may be this machine, as it was then.
    return row is not None and row.seen_at >= since and _owner(row).is_namesakes


async def _end(pid: int) -> None:
    """Return when the process *pid* of this host has ended; the kernel tells."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (OSError, AttributeError):  # a kernel or system that does not tell
        await ended.wait()
        return
    try:
        loop.add_reader(watched, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(watched)
        os.close(watched)


def _row(connection: Connection, name: str) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(LEADERS).where(LEADERS.c.name == name)).one_or_none()


def _owner(row: Row[tuple[object, ...]]) -> Process:
    return Process(row.host, row.pid, row.process_start)
