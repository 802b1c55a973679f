"""
Lines are leased whole: one run at a time speaks for a customer, whatever the process it is played in.

There are two lanes: a run that a person waits for goes before those of the schedule.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from prober.errors import StoreBroken
from prober.store import bulk
from prober.store.database import Database
from prober.store.process import Process, this_process
from prober.store.silence import gone, held_by, is_silent, speak
from prober.store.tables import LEASE_REQUESTS, LEASES

_LOOK_S = 0.1
"""How often a waiting run looks again. No event tells one process that another gave a line back."""

_BEAT_S = 10.0
"""How often a process that holds lines says that it lives: several times before it would be taken for gone."""


class Leases:
    """
    Gives each line to one run at a time, across the processes of one store; first come, first served in a lane.

    A line that the store would not take back is given back as soon as it does: no later than the next beat, by which
    a process that holds lines says that it lives.
    """

    def __init__(self, database: Database, *, beat_s: float = _BEAT_S) -> None:
        self._database = database
        self._beat_s = beat_s
        self._returned = asyncio.Event()
        self._held: set[str] = set()
        self._owed: set[str] = set()
        self._beating: asyncio.Task[None] | None = None

    async def lease(
        self, candidates: Sequence[str], run_id: str, wait_s: float, *, first: bool = False
    ) -> tuple[str, float] | None:
        """
        Lease the first free line of *candidates*, waiting up to *wait_s* for one; *first*: before all who are not.

        Returns the line's name and the seconds waited; None if none came free. Leases of dead processes are taken
        over. A cancelled caller holds nothing.
        """
        asked_s = time.monotonic()
        if not candidates:
            return None
        asked = _Asked(run_id, candidates, lane=0 if first else 1)
        self._held.add(run_id)
        self._begin_beating()
        try:
            ticket, line = await self._take(asked, None)
            while line is None and (left_s := asked_s + wait_s - time.monotonic()) > 0:
                await self._wait(min(left_s, _LOOK_S))
                ticket, line = await self._take(asked, ticket)
        except BaseException:
            # Queued behind whatever this call still has in the writer's queue, a line just taken among it.
            self._let_go(run_id)
            self._database.submit(lambda connection: _release(connection, run_id))
            raise
        if line is None:
            await self.release(run_id)
            return None
        return line, time.monotonic() - asked_s

    async def release(self, run_id: str) -> None:
        """Give back whatever *run_id* holds or asks for, now or as soon as the store takes it. Safe to call twice."""
        self._let_go(run_id)
        await self._give_back([run_id])

    async def catch_up(self) -> None:
        """Give back what the store would not take before."""
        if self._owed:
            await self._give_back(tuple(self._owed))

    def _let_go(self, run_id: str) -> None:
        self._held.discard(run_id)
        self._owed.add(run_id)

    async def _give_back(self, run_ids: Collection[str]) -> None:
        with contextlib.suppress(StoreBroken):
            await self._database.write(lambda connection: _release(connection, *run_ids))
            self._owed.difference_update(run_ids)
        self._returned.set()
        self._returned = asyncio.Event()

    def _begin_beating(self) -> None:
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())
            # Before anything is held: of an earlier silence, in which nothing was, nobody may speak any more.
            self._database.submit(speak)

    async def _beat(self) -> None:
        """Say that this process lives, as long as it holds lines or owes any."""
        while True:
            await asyncio.sleep(self._beat_s)
            if not (self._held or self._owed):
                return
            await self.catch_up()
            with contextlib.suppress(StoreBroken):
                await self._database.write(speak)

    async def _take(self, asked: _Asked, ticket: int | None) -> tuple[int | None, str | None]:
        return await self._database.write(lambda connection: _take(connection, asked, ticket))

    async def _wait(self, at_most_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._returned.wait(), at_most_s)


@dataclass(frozen=True)
class _Asked:
    """What a run asks for: one of *lines*."""

    run_id: str
    lines: Sequence[str]
    lane: int


def drop_held_by(connection: Connection, dead: Collection[Process]) -> None:
    """Forget what *dead* processes hold and ask for."""
    for process in dead:
        for table in (LEASES, LEASE_REQUESTS):
            connection.execute(delete(table).where(held_by(process, table)))


_TAKEN = select(LEASES.c.line)
_ASKED = select(LEASE_REQUESTS.c.id, LEASE_REQUESTS.c.lane, LEASE_REQUESTS.c.lines).order_by(
    LEASE_REQUESTS.c.lane, LEASE_REQUESTS.c.id
)
_IN_VAIN = delete(LEASE_REQUESTS).where(is_silent(LEASE_REQUESTS))
_RELEASES = tuple(delete(table).where(table.c.run_id == bindparam("run")) for table in (LEASES, LEASE_REQUESTS))


def _take(connection: Connection, asked: _Asked, ticket: int | None) -> tuple[int | None, str | None]:
    """
    Take a line that is free and nobody before is to get, and return its name; else return the ticket to wait with.

    In a lane, who came first is first. A *ticket* that is gone (this process was taken for dead, or for hung) is drawn
    anew.
    """
    drop_held_by(connection, gone(connection))
    connection.execute(_IN_VAIN)
    requests = connection.execute(_ASKED).all()
    if not any(request.id == ticket for request in requests):
        ticket = None
        before = [request for request in requests if request.lane <= asked.lane]
    else:
        before = list(takewhile(lambda request: request.id != ticket, requests))
    line = _free(connection, asked.lines, before)
    if line is None:
        return ticket or _draw(connection, asked), None
    _enter(connection, line, asked.run_id)
    if ticket:
        connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.id == ticket))
    return None, line


def _draw(connection: Connection, asked: _Asked) -> int:
    request = {"run_id": asked.run_id, "lines": list(asked.lines), "lane": asked.lane} | this_process().columns()
    drawn = connection.execute(insert(LEASE_REQUESTS).values(request)).inserted_primary_key
    return int(drawn[0]) if drawn else 0


def _free(connection: Connection, candidates: Sequence[str], before: Iterable[Row[int, int, Any]]) -> str | None:
    """Return the first free line of *candidates* that none of the requests *before* is to get."""
    taken = set(connection.scalars(_TAKEN))
    for request in before:
        taken.update(islice((name for name in request.lines if name not in taken), 1))
    return next((name for name in candidates if name not in taken), None)


def _enter(connection: Connection, line: str, run_id: str) -> None:
    lease = {"line": line, "run_id": run_id, "leased_at": datetime.now(UTC)} | this_process().columns()
    bulk.put(connection, LEASES, [lease])


def _release(connection: Connection, *run_ids: str) -> None:
    for released in _RELEASES:
        connection.execute(released, [{"run": run_id} for run_id in run_ids])
