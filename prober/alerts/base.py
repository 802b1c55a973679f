"""What telling needs of the rest of the robot. What reads blocks; what writes survives the death of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from prober.alerts.words import Writer
from prober.errors import RobotBroken, StoreBroken
from prober.model.alarm import Alarm, Ticket
from prober.model.incident import Incident

Now = Callable[[], datetime]
Window = Callable[[str | None, datetime], str]
"""Names the maintenance window that an item is in at an instant; "" if it is in none."""

BACK_OFF_S = (5.0, 15.0, 60.0, 300.0)
"""How long after its first, second … failure something is tried again; the last goes on."""
FOR_GOOD = timedelta(hours=1)
"""So long after somebody refused it for good it is tried again: a person may have mended what was wrong."""
LEASE = timedelta(seconds=90)
"""So long nobody else sends what was taken to be sent."""


_SAVED_AGAIN_S = 5.0


class Keeping:
    """Keeps what became of what was told. *trouble* says what keeps it from that now; "" if nothing does."""

    trouble = ""

    async def kept(self, save: Callable[[], Awaitable[None]]) -> None:
        """Do *save*, trying on while the store takes nothing: nobody is to be told twice."""
        while True:
            try:
                await save()
            except StoreBroken as broken:
                self.trouble = str(broken)
                await asyncio.sleep(_SAVED_AGAIN_S)
            else:
                self.trouble = ""
                return


def again_at(attempts: int, now: datetime) -> datetime:
    """Return when something that failed *attempts* times is tried again."""
    return now + timedelta(seconds=BACK_OFF_S[min(attempts, len(BACK_OFF_S)) - 1])


class RefusedForGood(RobotBroken):
    """It is not taken however often one asks, until a person mends something."""


class Incidents(Protocol):
    """The incidents there are."""

    def find(self, *, since: datetime, limit: int | None) -> list[Incident]:
        """Return those that were open at *since*, or later."""
        ...

    def get(self, incident_id: str) -> Incident | None:
        """Return one; None if there is none."""
        ...


class Outbox(Protocol):
    """Where alarms are kept, each once."""

    async def make(self, alarms: Sequence[Alarm], at: datetime) -> int:
        """Keep those that are not there yet."""
        ...

    async def claim(self, way: str, now: datetime, until: datetime) -> list[Alarm]:
        """Take what is due by *way*; nobody else gets it before *until*."""
        ...

    async def save(self, alarms: Sequence[Alarm]) -> None:
        """Write what became of *alarms*."""
        ...

    def of(self, incidents: Sequence[str]) -> Mapping[str, list[Alarm]]:
        """Return all alarms of each of *incidents* that has any."""
        ...

    def due(self, now: datetime) -> Mapping[str, datetime]:
        """Return when something is next to be tried by each way, as it is seen at *now*."""
        ...


class Texter(Protocol):
    """Sends texts through our own gateways."""

    async def text(self, line: str, number: str, text: str) -> None:
        """
        Send *text* to *number* as the line called *line*, and return when the gateway has taken it.

        Raises:
            RobotBroken: It was not taken, or nobody can say.
            RefusedForGood: Nor will it be.
        """
        ...


@dataclass(frozen=True)
class Around:
    """What alarms are made of, kept in and sent by."""

    incidents: Incidents
    outbox: Outbox
    maintenance: Window
    texter: Texter
    now: Now = lambda: datetime.now(UTC)
    writer: Writer = field(default_factory=Writer)


class TicketBox(Protocol):
    """Where tickets are kept, one of an incident in each system."""

    async def make(self, incident_id: str, system: str, at: datetime, *, again: bool = False) -> Ticket:
        """Return the ticket, kept as waiting if there was none."""
        ...

    async def claim(
        self, now: datetime, until: datetime, *, systems: Sequence[str], incident_id: str = ""
    ) -> Ticket | None:
        """Take one that is due in *systems*, of the one incident if it is named; nobody else gets it before *until*."""
        ...

    async def save(self, ticket: Ticket) -> None:
        """Write what became of *ticket*."""
        ...

    def get(self, incident_id: str, system: str) -> Ticket | None:
        """Return the ticket of the incident in *system*; None if there is none."""
        ...

    def next_at(self, now: datetime, systems: Sequence[str]) -> datetime | None:
        """Return when something is next to be tried in *systems*, as it is seen at *now*; None if nothing is open."""
        ...
