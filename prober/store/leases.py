"""
Lines are leased whole: one run at a time speaks for a customer, whatever the process it is played in.

There are two lanes: a run that a person waits for goes before those of the schedule.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, insert, or_, select, update

from prober.errors import StoreBroken
from prober.store import bulk
from prober.store.database import Database
from prober.store.process import Process, this_process
from prober.store.tables import LEASE_REQUESTS, LEASES

_LOOK_S = 0.1
"""How often a waiting run looks again. No event tells one process that another gave a line back."""

_GRACE = timedelta(seconds=10)
"""How long a request that should have given up (its process hangs) still stands before later ones."""

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
        self._held.add(run_id)
        self._begin_beating()
        try:
            ticket, line = await self._database.write(
                lambda connection: _ask_and_take(connection, candidates, run_id, wait_s, first=first)
            )
            while line is None and (left_s := asked_s + wait_s - time.monotonic()) > 0:
                await self._wait(min(left_s, _LOOK_S))
                line = await self._take(ticket, run_id)
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

    async def _beat(self) -> None:
        """Say that this process lives, as long as it holds lines or owes any."""
        while True:
            await asyncio.sleep(self._beat_s)
            if not (self._held or self._owed):
                return
            await self.catch_up()
            with contextlib.suppress(StoreBroken):
                await self._database.write(_renew)

    async def _take(self, ticket: int, run_id: str) -> str | None:
        return await self._database.write(lambda connection: _take(connection, ticket, run_id))

    async def _wait(self, at_most_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._returned.wait(), at_most_s)


def drop_left_behind(connection: Connection) -> None:
    """Forget the leases and requests of processes that live no more."""
    now, own = datetime.now(UTC), own_columns()
    for row in connection.execute(_OTHERS_LEASES, own).all():
        if _owner(row).is_gone(row.seen_at):
            connection.execute(delete(LEASES).where(LEASES.c.line == row.line))
    for row in connection.execute(_OTHERS_REQUESTS, own | {"now": now}).all():
        if row.expires_at < now or _owner(row).has_ended():
            connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.id == row.id))


def of_another(table: Table) -> ColumnElement[bool]:
    """What this process holds itself need not be looked into, and a busy robot holds most."""
    names = {"host": "my_host", "pid": "my_pid", "process_start": "my_start"}
    return or_(*(table.c[name] != bindparam(value) for name, value in names.items()))


def own_columns() -> dict[str, str | int]:
    """Return what `of_another` compares with."""
    mine = this_process()
    return {"my_host": mine.host, "my_pid": mine.pid, "my_start": mine.start}


_OTHERS_LEASES = select(LEASES).where(of_another(LEASES))
_OTHERS_REQUESTS = select(LEASE_REQUESTS).where(
    or_(of_another(LEASE_REQUESTS), LEASE_REQUESTS.c.expires_at < bindparam("now"))
)
_RENEW = update(LEASES).where(
    LEASES.c.host == bindparam("my_host"),
    LEASES.c.pid == bindparam("my_pid"),
    LEASES.c.process_start == bindparam("my_start"),
)
_TAKEN = select(LEASES.c.line)
_ASKED = select(LEASE_REQUESTS.c.id, LEASE_REQUESTS.c.lane, LEASE_REQUESTS.c.lines).order_by(
    LEASE_REQUESTS.c.lane, LEASE_REQUESTS.c.id
)
_RELEASES = tuple(delete(table).where(table.c.run_id == bindparam("run")) for table in (LEASES, LEASE_REQUESTS))


def _ask_and_take(
    connection: Connection, candidates: Sequence[str], run_id: str, wait_s: float, *, first: bool
) -> tuple[int, str | None]:
    """Take a line that is free and nobody before is to get; else draw a ticket: in a lane, who came first is first."""
    drop_left_behind(connection)
    lane = 0 if first else 1
    before = [request for request in connection.execute(_ASKED) if request.lane <= lane]
    if line := _free(connection, candidates, before):
        _enter(connection, line, run_id)
        return 0, line
    expires_at = datetime.now(UTC) + timedelta(seconds=wait_s) + _GRACE
    request = {"run_id": run_id, "lines": list(candidates), "lane": lane, "expires_at": expires_at}
    drawn = connection.execute(insert(LEASE_REQUESTS).values(request | this_process().columns())).inserted_primary_key
    return int(drawn[0]) if drawn else 0, None


def _take(connection: Connection, ticket: int, run_id: str) -> str | None:
    """Take the line that is *ticket*'s, if there is one."""
    drop_left_behind(connection)
    asked = connection.execute(_ASKED).all()
    before = list(takewhile(lambda request: request.id != ticket, asked))
    mine = asked[len(before)].lines if len(before) < len(asked) else ()
    line = _free(connection, mine, before)
    if line is not None:
        _enter(connection, line, run_id)
        connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.id == ticket))
    return line


def _free(connection: Connection, candidates: Sequence[str], before: Iterable[Row[int, int, Any]]) -> str | None:
    """Return the first free line of *candidates* that none of the requests *before* is to get."""
    taken = set(connection.scalars(_TAKEN))
    for request in before:
        taken.update(islice((name for name in request.lines if name not in taken), 1))
    return next((name for name in candidates if name not in taken), None)


def _enter(connection: Connection, line: str, run_id: str) -> None:
    now = datetime.now(UTC)
    lease = {"line": line, "run_id": run_id, "leased_at": now, "seen_at": now} | this_process().columns()
    bulk.put(connection, LEASES, [lease])


def _release(connection: Connection, *run_ids: str) -> None:
    for released in _RELEASES:
        connection.execute(released, [{"run": run_id} for run_id in run_ids])


def _renew(connection: Connection) -> None:
    connection.execute(_RENEW, own_columns() | {"seen_at": datetime.now(UTC)})


def _owner(row: Row[tuple[object, ...]]) -> Process:
    return Process(row.host, row.pid, row.process_start)
