"""
Lines are leased whole: one run at a time speaks for a customer, whatever the process it is played in.

There are two lanes: a run that a person waits for goes before those of the schedule.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, delete, insert, select

from prober.store.database import Database
from prober.store.process import Process, this_process
from prober.store.tables import LEASE_REQUESTS, LEASES

_LOOK_S = 0.1
"""How often a waiting run looks again. No event tells one process that another gave a line back."""

_GRACE = timedelta(seconds=10)
"""How long a request that should have given up (its process hangs) still stands before later ones."""


class Leases:
    """Gives each line to one run at a time, across the processes of one store; first come, first served in a lane."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._returned = asyncio.Event()

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
        try:
            ticket, line = await self._database.write(
                lambda connection: _ask_and_take(connection, candidates, run_id, wait_s, first=first)
            )
            while line is None and (left_s := asked_s + wait_s - time.monotonic()) > 0:
                await self._wait(min(left_s, _LOOK_S))
                line = await self._take(ticket, run_id)
        except BaseException:
            # Queued behind whatever this call still has in the writer's queue, a line just taken among it.
            self._database.submit(lambda connection: _release(connection, run_id))
            raise
        if line is None:
            await self.release(run_id)
            return None
        return line, time.monotonic() - asked_s

    async def release(self, run_id: str) -> None:
        """Give back whatever *run_id* holds or asks for. Safe to call twice."""
        await self._database.write(lambda connection: _release(connection, run_id))
        self._returned.set()
        self._returned = asyncio.Event()

    async def _take(self, ticket: int, run_id: str) -> str | None:
        return await self._database.write(lambda connection: _take(connection, ticket, run_id))

    async def _wait(self, at_most_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._returned.wait(), at_most_s)


def drop_left_behind(connection: Connection) -> None:
    """Forget the leases and requests of processes that live no more."""
    now = datetime.now(UTC)
    for row in connection.execute(select(LEASES)).all():
        if _owner(row).is_gone(row.seen_at):
            connection.execute(delete(LEASES).where(LEASES.c.line == row.line))
    for row in connection.execute(select(LEASE_REQUESTS)).all():
        if row.expires_at < now or _owner(row).is_gone(now):
            connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.id == row.id))


def _ask_and_take(
    connection: Connection, candidates: Sequence[str], run_id: str, wait_s: float, *, first: bool
) -> tuple[int, str | None]:
    """Draw a ticket, as who came first in a lane is served first, and take the line that is its own, if there is."""
    expires_at = datetime.now(UTC) + timedelta(seconds=wait_s) + _GRACE
    request = {"run_id": run_id, "lines": list(candidates), "lane": 0 if first else 1, "expires_at": expires_at}
    drawn = connection.execute(insert(LEASE_REQUESTS).values(request | this_process().columns())).inserted_primary_key
    ticket = int(drawn[0]) if drawn else 0
    return ticket, _take(connection, ticket, run_id)


def _take(connection: Connection, ticket: int, run_id: str) -> str | None:
    """Take the line that is *ticket*'s, if there is one: the first free one that no ticket before it is to get."""
    drop_left_behind(connection)
    taken = set(connection.scalars(select(LEASES.c.line)))
    requests = select(LEASE_REQUESTS.c.id, LEASE_REQUESTS.c.lines)
    mine = None
    for request in connection.execute(requests.order_by(LEASE_REQUESTS.c.lane, LEASE_REQUESTS.c.id)):
        line = next((name for name in request.lines if name not in taken), None)
        if request.id == ticket:
            mine = line
            break
        if line is not None:
            taken.add(line)
    if mine is not None:
        now = datetime.now(UTC)
        lease = {"line": mine, "run_id": run_id, "leased_at": now, "seen_at": now} | this_process().columns()
        connection.execute(insert(LEASES).values(lease))
        connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.id == ticket))
    return mine


def _release(connection: Connection, run_id: str) -> None:
    connection.execute(delete(LEASES).where(LEASES.c.run_id == run_id))
    connection.execute(delete(LEASE_REQUESTS).where(LEASE_REQUESTS.c.run_id == run_id))


def _owner(row: Row[tuple[object, ...]]) -> Process:
    return Process(row.host, row.pid, row.process_start)
