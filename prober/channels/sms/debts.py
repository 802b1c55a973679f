"""What the service numbers owe the line, as one run deals with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prober.channels.base import RunContext
from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.config import Settings
from prober.channels.sms.inbox import Fate
from prober.channels.sms.quarantine import Pending, Quarantine
from prober.channels.timing import monotonic


@dataclass
class Debts:
    """
    Keeps the quarantine in step with the run.

    1. Before the first message to a number that owes a reply to an earlier run, that reply is listened for.
    2. From just before a submit the number owes a reply, so that a robot that is killed forgets nothing.
    3. A reply in time, a refusal or a failed receipt settles it. A time-out makes it overdue: from then on the number's
       next message is the late reply, whatever it says.
    """

    run: RunContext
    settings: Settings
    quarantine: Quarantine
    arrivals: Arrivals
    _asked: Counter[str] = field(default_factory=Counter)
    _since_at: dict[str, datetime] = field(default_factory=dict)
    _since_s: dict[str, float] = field(default_factory=dict)

    async def of_an_earlier_run(self, service: str) -> Pending | None:
        """Return what *service* still owes to an earlier run, if its reply does not come while we listen for it."""
        if service in self._since_s:
            return None
        pending = await self.quarantine.pending(self._msisdn, service)
        if pending is None:
            return None
        inbox = self.arrivals.inbox
        until_s = monotonic() + self.settings.drain
        late = await self.arrivals.until(lambda: inbox.not_taken(service) or None, until_s)
        if late is None:
            return pending
        inbox.fates[late[0]] = Fate.LATE
        await self._settle(service, late[0].text)
        return None

    async def expect_a_late_one(self, sender: str) -> None:
        """Let the next message from *sender*, to whom this run sent nothing, be the reply it owes to an earlier run."""
        if await self.quarantine.pending(self._msisdn, sender) is not None:
            self.arrivals.inbox.owe(sender)

    async def submit(self, service: str) -> None:
        """Note that a command is about to be sent."""
        self._asked[service] += 1
        self._since_at[service] = datetime.now(UTC)
        self._since_s[service] = monotonic()
        self.arrivals.inbox.open_window(self._since_s[service])
        await self._begin(service)

    async def answered(self, service: str) -> None:
        """Note that a command was answered in time, or that no answer can come."""
        if self._asked[service] > 0:
            self._asked[service] -= 1
            if not self._asked[service]:
                await self._settle(service, None)

    async def overdue(self, service: str) -> None:
        """Note that the reply did not come in time."""
        if self._asked[service] > 0:
            self._asked[service] = 0
            self.arrivals.inbox.owe(service)
            await self._begin(service)

    async def note_late(self) -> None:
        """Keep the late replies that came meanwhile against the runs that asked."""
        inbox = self.arrivals.inbox
        while inbox.late:
            service, message = inbox.late.pop(0)
            await self._settle(service, message.text)
            if self._asked[service] > 0:
                await self._begin(service)

    async def close(self) -> None:
        """Note the replies that came though nobody waited for them. What is still owed stays owed."""
        await self.note_late()
        for service in [service for service, asked in self._asked.items() if asked > 0]:
            if self.arrivals.inbox.not_taken(service, since_s=self._since_s[service]):
                self._asked[service] = 1
                await self.answered(service)

    @property
    def _msisdn(self) -> str:
        return self.run.line.msisdn

    async def _begin(self, service: str) -> None:
        until_at = datetime.now(UTC) + timedelta(seconds=self.settings.quarantine)
        await self.quarantine.begin(Pending(self._msisdn, service, self.run.run_id, self._since_at[service], until_at))

    async def _settle(self, service: str, late_text: str | None) -> None:
        text = None if late_text is None else self.run.mask(late_text)
        await self.quarantine.settle(self._msisdn, service, late_text=text)
