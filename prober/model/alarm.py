"""An alarm: what is told of an incident, by which way, and what became of it. Instants are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prober.model.incident import Incident, Kind
from prober.model.probe import Severity


class Reason(StrEnum):
    """Why something is told. INSTEAD: another way did not get it through."""

    OPENED = "opened"
    ESCALATED = "escalated"
    UPDATED = "updated"
    REMINDER = "reminder"
    CLOSED = "closed"
    INSTEAD = "instead"


class Delivery(StrEnum):
    """
    What became of an alarm or a ticket.

    FAILED: it did not get through, which is told by another way; it is tried on. NEEDLESS: it says nothing any more.
    UNSURE: the other system took it and gave no number, so that asking again could make a second one.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NEEDLESS = "needless"
    UNSURE = "unsure"


FAILED_AFTER = 3
"""So many failures, and it is called failed: another way is tried beside it."""
MAYBE = "it may have been told all the same"
"""Stands in an alarm's error where nobody can know: told again, it says so."""


@dataclass(frozen=True)
class Quiet:
    """Hours that begin by the five fields of *cron* in *timezone*; *critical* incidents are told all the same."""

    cron: str
    lasts_s: float
    timezone: str = "Asia/Shanghai"
    critical: bool = True


@dataclass(frozen=True)
class Way:
    """
    One way of telling, to *url* (as Apprise reads it) or by a text to *number* through the gateway of *line*.

    *after_s* and *remind_s* count from when the incident opened and from when it was last told. *otherwise* are the
    ways that are tried when this one fails.
    """

    name: str
    url: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    line: str = ""
    items: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = tuple(Kind)
    severity: Severity = Severity.MINOR
    after_s: float = 0.0
    remind_s: float | None = None
    quiet: Quiet | None = None
    language: str = "zh"
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """
    One row of the outbox; (*incident_id*, *way*, *reason*, *number*) is unique, so that nothing is told twice.

    *change_id* is the latest change of the incident that it tells of. *instead_of* is the alarm that failed. *text* is
    what was told, once it was tried.
    """

    incident_id: str
    way: str
    reason: Reason
    due_at: datetime
    number: int = 1
    change_id: int = 0
    instead_of: int | None = None
    id: int = 0
    state: Delivery = Delivery.WAITING
    made_at: datetime | None = None
    sent_at: datetime | None = None
    attempts: int = 0
    error: str = ""
    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Words:
    """What a person reads: a *title*, "" where the way has none, and a *text*."""

    title: str
    text: str


@dataclass(frozen=True)
class Ticket:
    """An incident handed over to *system*, where it has *number*."""

    incident_id: str
    system: str
    state: Delivery
    made_at: datetime
    due_at: datetime
    number: str = ""
    attempts: int = 0
    error: str = ""


def severe(severity: Severity, least: Severity) -> bool:
    """Return whether *severity* is *least* or worse."""
    order = list(Severity)
    return order.index(severity) >= order.index(least)


def last_change(incident: Incident) -> int:
    """Return the number of the latest change of *incident*; 0 if it has none."""
    return max((change.id for change in incident.changes), default=0)
