"""Hands incidents over to Jira, ZenTao and others, by templates of their HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from prober.alerts.base import LEASE, Incidents, Keeping, Now, TicketBox, again_at
from prober.alerts.filling import filled
from prober.alerts.posting import InDoubt, posted
from prober.alerts.routes import FRESH
from prober.alerts.words import Writer
from prober.errors import RobotBroken, StoreBroken
from prober.loading.config_service import TicketSettings
from prober.model.alarm import FAILED_AFTER, Delivery, Ticket, severe
from prober.model.incident import Incident


class Desk(Keeping):
    """
    Makes one ticket of an incident in each system that wants it; one that is refused is tried again.

    One that may have been made is not: a person looks, and asks.
    """

    def __init__(
        self,
        systems: Iterable[TicketSettings],
        *,
        incidents: Incidents,
        tickets: TicketBox,
        writer: Writer,
        now: Now,
    ) -> None:
        self._systems = {system.name: system for system in systems}
        self._incidents = incidents
        self._tickets = tickets
        self._writer = writer
        self._now = now
        self._planned: set[tuple[str, str]] = set()

    async def plan(self, incidents: Sequence[Incident], now: datetime) -> None:
        """Store which of *incidents* are to be handed over now."""
        for incident in incidents:
            for system in self._systems.values():
                if (incident.id, system.name) not in self._planned and wanted(system, incident, now):
                    await self._tickets.make(incident.id, system.name, now)
                    self._planned.add((incident.id, system.name))

    def next_at(self) -> datetime | None:
        """Return when something is next to be tried. It blocks."""
        return self._tickets.next_at(self._now(), tuple(self._systems))

    async def work(self) -> bool:
        """
        Hand over what is due, one after another, and return whether anything was.

        Raises:
            StoreBroken: The store kept it from that.
        """
        worked = False
        while ticket := await self._claimed(*self._systems):
            await self._hand_over(ticket)
            worked = True
        return worked

    async def ask(self, incident_id: str, system: str) -> Ticket:
        """Hand the incident over now, unless it was, and return the ticket."""
        ticket = await self._tickets.make(incident_id, system, self._now(), again=True)
        claimed = await self._claimed(system, incident_id=incident_id)
        return await self._hand_over(claimed) if claimed else ticket

    async def _claimed(self, *systems: str, incident_id: str = "") -> Ticket | None:
        now = self._now()
        return await self._tickets.claim(now, now + LEASE, systems=systems, incident_id=incident_id)

    async def _hand_over(self, ticket: Ticket) -> Ticket:
        """Hand *ticket* over, and return it with what became of it, which is kept."""
        try:
            incident = await asyncio.to_thread(self._incidents.get, ticket.incident_id)
        except StoreBroken:
            await self._keep(ticket)  # as it was: nothing was asked
            raise
        done = await self._handed_over(ticket, incident)
        await self._keep(done)
        return done

    async def _handed_over(self, ticket: Ticket, incident: Incident | None) -> Ticket:
        if incident is None or (ticket.attempts >= FAILED_AFTER and _long_over(incident, self._now())):
            return replace(ticket, state=Delivery.NEEDLESS, error="it was over before it could be handed over")
        system, attempts = self._systems[ticket.system], ticket.attempts + 1
        try:
            number = await posted(system, filled(system, incident, self._writer, self._now()), self._writer.mask)
        except RobotBroken as broken:
            state = Delivery.FAILED if attempts >= FAILED_AFTER else Delivery.WAITING
            if isinstance(broken, InDoubt):
                state = Delivery.UNSURE
            error, due_at = self._writer.mask(broken.what), again_at(attempts, self._now())
            return replace(ticket, state=state, attempts=attempts, due_at=due_at, error=error)
        return replace(ticket, state=Delivery.SENT, number=number, attempts=attempts, error="")

    async def _keep(self, ticket: Ticket) -> None:
        await self.kept(partial(self._tickets.save, ticket))


def wanted(system: TicketSettings, incident: Incident, now: datetime) -> bool:
    """Return whether *system* is to have a ticket of *incident* without anybody asking."""
    if not severe(incident.severity, system.severity) or _long_over(incident, now):
        return False
    return system.on == "opened" or (system.on == "acknowledged" and incident.acknowledged_at is not None)


def _long_over(incident: Incident, now: datetime) -> bool:
    return incident.closed_at is not None and incident.closed_at < now - FRESH
