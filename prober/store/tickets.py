"""Incidents that are handed over to other systems, and what became of it, across processes and restarts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from prober.model.alarm import Delivery, Ticket
from prober.store.alarms import counts, due_at
from prober.store.database import Database
from prober.store.tables import TICKETS

_WAITING = (str(Delivery.WAITING), str(Delivery.FAILED))
_OPEN = (*_WAITING, str(Delivery.SENDING))
_INTERRUPTED = "the robot ended while it handed this over: look there whether a ticket was made"


class Tickets:
    """Keeps tickets: one of an incident in each system, whatever the number of processes. Reading blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, incident_id: str, system: str, at: datetime, *, again: bool = False) -> Ticket:
        """
        Return the ticket of the incident in *system*, kept as waiting if there was none.

        *again*: a person asks for it; one that is not made, or that nobody can be sure of, waits anew.
        """

        def make(connection: Connection) -> Ticket:
            known = _find(connection, incident_id, system)
            ticket = known or Ticket(incident_id, system, Delivery.WAITING, at, at)
            if known is None:
                connection.execute(insert(TICKETS).values(asdict(ticket) | {"state": str(ticket.state)}))
            elif again and known.state not in (Delivery.SENT, Delivery.SENDING):
                ticket = replace(known, state=Delivery.WAITING, due_at=at, attempts=0)
                _save(connection, ticket)
            return ticket

        return await self._database.write(make)

    async def claim(
        self, now: datetime, until: datetime, *, systems: Collection[str], incident_id: str = ""
    ) -> Ticket | None:
        """
        Take one that is due in *systems*, of the one incident if it is named; nobody else gets it before *until*.

        What somebody took and did not finish by then may have been made: it is UNSURE from now on, and given to nobody.
        """

        def claim(connection: Connection) -> Ticket | None:
            due = select(TICKETS).where(due_at(TICKETS, now) <= now, TICKETS.c.system.in_(systems))
            due = due.where(TICKETS.c.incident_id == incident_id) if incident_id else due
            taken = due.where(TICKETS.c.state == str(Delivery.SENDING))
            for one in map(_ticket, connection.execute(taken).mappings().all()):
                _save(connection, replace(one, state=Delivery.UNSURE, error=_INTERRUPTED))
            waiting = due.where(TICKETS.c.state.in_(_WAITING)).order_by(TICKETS.c.due_at).limit(1)
            row = connection.execute(waiting).mappings().one_or_none()
            if row is None:
                return None
            found = _ticket(row)
            _save(connection, replace(found, state=Delivery.SENDING, due_at=until))
            return found

        return await self._database.write(claim)

    async def save(self, ticket: Ticket) -> None:
        """Write what became of *ticket*."""
        await self._database.write(lambda connection: _save(connection, ticket))

    def get(self, incident_id: str, system: str) -> Ticket | None:
        """Return the ticket of the incident in *system*; None if there is none."""
        return self._database.read(lambda connection: _find(connection, incident_id, system))

    def find(self, *, limit: int | None = 50) -> list[Ticket]:
        """Return tickets, the latest first."""
        wanted = select(TICKETS).order_by(TICKETS.c.made_at.desc()).limit(limit)
        return self._database.read(lambda connection: [_ticket(row) for row in connection.execute(wanted).mappings()])

    def next_at(self, now: datetime, systems: Collection[str]) -> datetime | None:
        """Return when something is next to be tried in *systems*, as it is seen at *now*; None if nothing is open."""
        wanted = select(func.min(due_at(TICKETS, now))).where(TICKETS.c.state.in_(_OPEN), TICKETS.c.system.in_(systems))
        soonest: datetime | None = self._database.read(lambda connection: connection.scalar(wanted))
        return soonest

    def counts(self, systems: Collection[str]) -> Mapping[Delivery, int]:
        """Return how many tickets of *systems* are in each state."""
        return self._database.read(lambda connection: counts(connection, TICKETS, TICKETS.c.system.in_(systems)))


def _find(connection: Connection, incident_id: str, system: str) -> Ticket | None:
    its = TICKETS.c.incident_id == incident_id, TICKETS.c.system == system
    row = connection.execute(select(TICKETS).where(*its)).mappings().one_or_none()
    return None if row is None else _ticket(row)


def _save(connection: Connection, ticket: Ticket) -> None:
    its = TICKETS.c.incident_id == ticket.incident_id, TICKETS.c.system == ticket.system
    connection.execute(update(TICKETS).where(*its).values(asdict(ticket) | {"state": str(ticket.state)}))


def _ticket(row: RowMapping) -> Ticket:
    return Ticket(**(dict(row) | {"state": Delivery(row["state"])}))
