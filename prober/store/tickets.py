"""Incidents that are handed over to other systems, and what became of it, across processes and restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from prober.model.alarm import Delivery, Ticket
from prober.store.database import Database
from prober.store.tables import TICKETS

_OPEN = (str(Delivery.WAITING), str(Delivery.SENDING), str(Delivery.FAILED))


class Tickets:
    """Keeps tickets: one of an incident in each system, whatever the number of processes. Reading blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, incident_id: str, system: str, at: datetime, *, again: bool = False) -> Ticket:
        """
        Return the ticket of the incident in *system*, kept as waiting if there was none.

        *again*: a person asks for it; one that failed, or that nobody can be sure of, waits anew.
        """

        def make(connection: Connection) -> Ticket:
            known = _find(connection, incident_id, system)
            ticket = known or Ticket(incident_id, system, Delivery.WAITING, at, at)
            if known is None:
                connection.execute(insert(TICKETS).values(asdict(ticket) | {"state": str(ticket.state)}))
            elif again and known.state in (Delivery.FAILED, Delivery.UNSURE):
                ticket = replace(known, state=Delivery.WAITING, due_at=at)
                _save(connection, ticket)
            return ticket

        return await self._database.write(make)

    async def claim(self, now: datetime, until: datetime, *only: str) -> list[Ticket]:
        """Take what is due, of the incidents *only* if any are given; nobody else gets it before *until*."""

        def claim(connection: Connection) -> list[Ticket]:
            due = select(TICKETS).where(TICKETS.c.state.in_(_OPEN), TICKETS.c.due_at <= now)
            due = due.where(TICKETS.c.incident_id.in_(only)) if only else due
            found = [_ticket(row) for row in connection.execute(due).mappings()]
            for one in found:
                _save(connection, replace(one, state=Delivery.SENDING, due_at=until))
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

    def next_at(self) -> datetime | None:
        """Return when something is next to be tried; None if nothing is open."""
        wanted = select(func.min(TICKETS.c.due_at)).where(TICKETS.c.state.in_(_OPEN))
        soonest: datetime | None = self._database.read(lambda connection: connection.scalar(wanted))
        return soonest

    def counts(self) -> Mapping[Delivery, int]:
        """Return how many tickets are in each state."""
        wanted = select(TICKETS.c.state, func.count().label("number")).group_by(TICKETS.c.state)
        found = self._database.read(lambda connection: connection.execute(wanted).all())
        return dict.fromkeys(Delivery, 0) | {Delivery(row.state): row.number for row in found}


def _find(connection: Connection, incident_id: str, system: str) -> Ticket | None:
    its = TICKETS.c.incident_id == incident_id, TICKETS.c.system == system
    row = connection.execute(select(TICKETS).where(*its)).mappings().one_or_none()
    return None if row is None else _ticket(row)


def _save(connection: Connection, ticket: Ticket) -> None:
    its = TICKETS.c.incident_id == ticket.incident_id, TICKETS.c.system == ticket.system
    connection.execute(update(TICKETS).where(*its).values(asdict(ticket) | {"state": str(ticket.state)}))


def _ticket(row: RowMapping) -> Ticket:
    return Ticket(**(dict(row) | {"state": Delivery(row["state"])}))
