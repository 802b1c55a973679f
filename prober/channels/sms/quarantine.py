"""
What keeps a late reply from passing a later run.

Nothing in SMS links a reply to its command. So a pair (MSISDN, service number) that still owes a reply is not asked
again until the reply came or its time is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Protocol


@dataclass(frozen=True)
class Pending:
    """A command of *run_id*, sent at *since_at*, whose reply may come until *until_at*. Instants are aware UTC."""

    msisdn: str
    service: str
    run_id: str
    since_at: datetime
    until_at: datetime

    @property
    def still_s(self) -> int:
        """For how many seconds from now on the reply may come."""
        return max(0, ceil((self.until_at - datetime.now(UTC)).total_seconds()))


class Quarantine(Protocol):
    """Which pairs owe a reply. It outlives the process: a run that was killed leaves its pair quarantined."""

    async def pending(self, msisdn: str, service: str) -> Pending | None:
        """Return what the pair owes; None if it owes nothing, or *until_at* has passed."""
        ...

    async def begin(self, pending: Pending) -> None:
        """
        Note that the pair owes a reply. It replaces what the pair owed before.

        Called just before every submit, and again, with a later *until_at*, when the reply did not come in time.
        """
        ...

    async def settle(self, msisdn: str, service: str, *, late_text: str | None) -> None:
        """
        Note that the pair owes nothing any more. Without effect if it owed nothing.

        *late_text* is the reply that came too late, masked: it is kept against the run that asked. None where the
        reply came in time, or none can come.
        """
        ...


@dataclass
class QuarantineInMemory:
    """A quarantine that ends with the process. *late* keeps the late replies by the run that asked."""

    owed: dict[tuple[str, str], Pending] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)

    async def pending(self, msisdn: str, service: str) -> Pending | None:
        """Return what the pair owes."""
        pending = self.owed.get((msisdn, service))
        return pending if pending and pending.until_at > datetime.now(UTC) else None

    async def begin(self, pending: Pending) -> None:
        """Note that the pair owes a reply."""
        self.owed[pending.msisdn, pending.service] = pending

    async def settle(self, msisdn: str, service: str, *, late_text: str | None) -> None:
        """Note that the pair owes nothing any more."""
        pending = self.owed.pop((msisdn, service), None)
        if pending and late_text is not None:
            self.late[pending.run_id] = late_text
