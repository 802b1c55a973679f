"""
An incident: what confirmed failures of one cause have in common, from the first to the recovery.

It is changed by stored `Change`s only; alarms read changes, never runs. Instants are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prober.model.probe import Severity
from prober.model.run import Layer


class Kind(StrEnum):
    """Whose fault it is: the channel broke its promise, or the robot could not ask."""

    CHANNEL = "channel"
    ROBOT = "robot"


@dataclass(frozen=True)
class Cause:
    """
    What makes failures one incident: the same kind, channel, layer and step.

    *step* is the step's name where the step itself answers (prompt, content, page), else its verb (`ivr.dial`): a
    telephone that is dead is one incident, whatever was to be heard. *channel* is several, as in `ivr+web`, where what
    they told does not agree.
    """

    kind: Kind
    channel: str
    layer: Layer
    step: str

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels it may lie with."""
        return tuple(self.channel.split("+"))


class Standing(StrEnum):
    """What a planned playing of a probe, with its second attempt, says of the channel."""

    WELL = "well"
    FLAKY = "flaky"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    ERROR = "error"
    UNASKED = "unasked"


@dataclass(frozen=True)
class ProbeResult:
    """
    A planned playing of *probe* as it counts, once its second attempt is over. *runs* are its attempts, in order.

    FLAKY: the second attempt, or a later playing, passed. UNCONFIRMED: none could confirm a failure. UNASKED: skipped.
    *cause* and *what* (*what_zh* in Chinese) are of the failure or error; *first_cause* is that of the first attempt,
    *broke* the last run that failed so: both are not kept. *maintenance* names the window it fell into: then it counts
    for nothing.
    """

    probe: str
    planned_at: datetime
    at: datetime
    standing: Standing
    runs: tuple[str, ...]
    cause: Cause | None = None
    what: str = ""
    maintenance: str = ""
    first_cause: Cause | None = None
    broke: str = ""
    what_zh: str = ""


class Happened(StrEnum):
    """What changed."""

    OPENED = "opened"
    JOINED = "joined"
    RECOVERED = "recovered"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    NOTE = "note"


@dataclass(frozen=True)
class Change:
    """
    One stored change. *by* is the person who made it, "" for the robot; *text* is what a person reads of it.

    JOINED and RECOVERED are of one *probe* of several; OPENED and CLOSED are of the incident.
    """

    id: int
    incident_id: str
    happened: Happened
    at: datetime
    by: str = ""
    probe: str | None = None
    run_id: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Incident:
    """
    One incident. It is open while *closed_at* is None.

    *first_run* and *last_run* are its first and latest failing runs, *probes* those it concerns or concerned, *failing*
    those that have not recovered, *items* their items. *worked* says what still worked when it was opened. *what* is
    the failure in words. *what_zh* and *worked_zh* are the same in Chinese; "" where nobody said it so.
    """

    id: str
    cause: Cause
    severity: Severity
    opened_at: datetime
    what: str
    first_run: str
    last_run: str
    probes: tuple[str, ...]
    failing: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    worked: str = ""
    what_zh: str = ""
    worked_zh: str = ""
    closed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    snoozed_until: datetime | None = None
    changes: tuple[Change, ...] = ()
