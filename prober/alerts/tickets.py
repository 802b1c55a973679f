"""Hands incidents over to Jira, ZenTao and others, by templates of their HTTP API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from prober.alerts.base import LEASE, Incidents, Now, TicketBox, again_at
from prober.alerts.routes import FRESH
from prober.alerts.words import News, Writer
from prober.errors import RobotBroken, StoreBroken
from prober.loading.config_service import TicketSettings
from prober.loading.masking import MASK
from prober.model.alarm import FAILED_AFTER, Delivery, Reason, Ticket, severe
from prober.model.incident import Incident

LIMIT_S = 20.0
_SHOWN = 200
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)


class Desk:
    """Makes one ticket of an incident in each system that wants it; one that is refused is tried again."""

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
        return self._tickets.next_at()

    async def work(self) -> bool:
        """Hand over what is due, and return whether anything was."""
        now = self._now()
        try:
            due = await self._tickets.claim(now, now + LEASE)
            for ticket in due:
                await self._tickets.save(await self._handed_over(ticket))
        except StoreBroken:
            return False  # whoever looks next says so
        return bool(due)

    async def ask(self, incident_id: str, system: str) -> Ticket:
        """Hand the incident over now, unless it was, and return the ticket."""
        now = self._now()
        ticket = await self._tickets.make(incident_id, system, now, again=True)
        for claimed in await self._tickets.claim(now, now + LEASE, incident_id):
            done = await self._handed_over(claimed)
            await self._tickets.save(done)
            ticket = done if done.system == system else ticket
        return ticket

    async def _handed_over(self, ticket: Ticket) -> Ticket:
        """Return *ticket* with what became of it."""
        incident = await asyncio.to_thread(self._incidents.get, ticket.incident_id)
        system = self._systems.get(ticket.system)
        if incident is None or system is None:
            return replace(ticket, state=Delivery.NEEDLESS, error="config.yaml has no such system any more")
        attempts = ticket.attempts + 1
        try:
            number = await _posted(system, _body(system, incident, self._writer, self._now()))
        except RobotBroken as broken:
            state = Delivery.FAILED if attempts >= FAILED_AFTER else Delivery.WAITING
            error, due_at = self._writer.mask(broken.what), again_at(attempts, self._now())
            return replace(ticket, state=state, attempts=attempts, due_at=due_at, error=error)
        if number is None:
            error = f"its answer holds no ‘{system.number}’: look there whether a ticket was made"
            return replace(ticket, state=Delivery.UNSURE, attempts=attempts, error=error)
        return replace(ticket, state=Delivery.SENT, number=number, attempts=attempts, error="")


def wanted(system: TicketSettings, incident: Incident, now: datetime) -> bool:
    """Return whether *system* is to have a ticket of *incident* without anybody asking."""
    if not severe(incident.severity, system.severity):
        return False
    if incident.closed_at is not None and incident.closed_at < now - FRESH:
        return False
    return system.on == "opened" or (system.on == "acknowledged" and incident.acknowledged_at is not None)


def spoken_of(incident: Incident, system: TicketSettings, writer: Writer, now: datetime) -> dict[str, Any]:
    """Return what a template may speak of, nothing of it unmasked."""
    words = writer.long([News(incident, (Reason.OPENED,))], system.language, now)
    cause = incident.cause
    told = {
        "id": incident.id,
        "title": words.title,
        "text": words.text,
        "what": incident.what,
        "worked": incident.worked,
        "severity": str(incident.severity),
        "kind": str(cause.kind),
        "channel": cause.channel,
        "layer": str(cause.layer),
        "step": cause.step,
        "first_run": incident.first_run,
        "last_run": incident.last_run,
        "opened_at": writer.at(incident.opened_at),
        "acknowledged_by": incident.acknowledged_by,
        "link": writer.link_of(incident),
    }
    several = {"items": incident.items, "probes": incident.probes, "teams": incident.teams}
    masked = {name: writer.mask(text) for name, text in told.items()}
    return masked | {name: [writer.mask(one) for one in texts] for name, texts in several.items()}


def _body(system: TicketSettings, incident: Incident, writer: Writer, now: datetime) -> str:
    try:
        return _ENVIRONMENT.from_string(system.body).render(spoken_of(incident, system, writer, now))
    except TemplateError as exc:
        raise RobotBroken(
            f"the template of ‘{system.name}’ cannot be filled in: {exc.message}",
            cure="Mend ‘body’ under tickets: in config.yaml.",
        ) from exc


async def _posted(system: TicketSettings, body: str) -> str | None:
    """Post *body*, and return the ticket's number; None if the answer does not hold it where it should."""
    headers = {"content-type": "application/json"} | {name.lower(): value for name, value in system.headers.items()}
    try:
        async with httpx.AsyncClient(timeout=LIMIT_S) as client:
            answer = await client.request(system.method, system.url, content=body.encode(), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        why = str(exc) or type(exc).__name__
        raise RobotBroken(f"‘{system.name}’ cannot be reached: {why}", cure=_CURE) from exc
    if not answer.is_success:
        said = " ".join(answer.text.split())[:_SHOWN]
        for secret in system.headers.values():
            said = said.replace(secret, MASK)
        raise RobotBroken(f"‘{system.name}’ refused it: {answer.status_code} {said}".rstrip(), cure=_CURE)
    return _number(answer.content, system.number) if system.number else ""


_CURE = "Look at its entry under tickets: in config.yaml, and try it: prober alerts ticket INCIDENT SYSTEM."


def _number(content: bytes, path: str) -> str | None:
    """Return what stands at *path* (`key.key`, a number in a list) in *content*; None if nothing does."""
    try:
        found = json.loads(content)
        for part in path.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
    except (ValueError, LookupError, TypeError):
        return None
    return str(found) if isinstance(found, str | int) and found != "" else None
