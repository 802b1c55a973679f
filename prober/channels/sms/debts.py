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
    3. A reply in time, a refusal or a failed receipt settles it. After a time-out it is overdue: if the run sends to
       the number again all the same, the number's next message is the late reply, whatever it says.
    """

    run: RunContext
    settings: Settings
    quarantine: Quarantine
    arrivals: Arrivals
    _asked: Counter[str] = field(init=False, default_factory=Counter)
    _since: dict[str, tuple[datetime, float]] = field(init=False, default_factory=dict)
    _overdue_s: dict[str, float] = field(init=False, default_factory=dict)

    async def of_an_earlier_run(self, service: str) -> Pending | None:
        """Return what *service* still owes to an earlier run, if its reply does not come while we listen for it."""
        if service in self._since:
            return None
        pending = await self.quarantine.pending(self._msisdn, service)
        if pending is not None:
            until_s = monotonic() + self.settings.drain
            await self.arrivals.until(lambda: self.arrivals.inbox.not_taken(service) or None, until_s)
            if await self._settle_late(service):
                return None
        return pending

    async def submit(self, service: str) -> None:
        """Note that a command is about to be sent."""
        if service in self._overdue_s:
            self._asked[service] = 0
            if not await self._settle_late(service, since_s=self._overdue_s.pop(service)):
                self.arrivals.inbox.owe(service)
        self._asked[service] += 1
        self._since[service] = datetime.now(UTC), monotonic()
        self.arrivals.inbox.open_window(self._since[service][1])
        await self._begin(service)

    async def answered(self, service: str) -> None:
        """Note that a command was answered, or that no answer can come."""
        self._overdue_s.pop(service, None)
        self._asked[service] = max(0, self._asked[service] - 1)
        if not self._asked[service]:
            await self._settle(service, None)

    async def overdue(self, service: str) -> None:
        """Note that the reply did not come in time."""
        if self._asked[service] > 0:
            self._overdue_s[service] = monotonic()
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
            if service in self._overdue_s:
                await self._settle_late(service, since_s=self._overdue_s[service])
            elif self.arrivals.inbox.not_taken(service, since_s=self._since[service][1]):
                await self._settle(service, None)

    @property
    def _msisdn(self) -> str:
        return self.run.line.msisdn

    async def _begin(self, service: str) -> None:
        until_at = datetime.now(UTC) + timedelta(seconds=self.settings.quarantine)
        pending = Pending(self._msisdn, service, self.run.run_id, self._since[service][0], until_at)
        await self.quarantine.begin(pending)

    async def _settle_late(self, service: str, *, since_s: float = float("-inf")) -> bool:
        """Let the first message from *service* since then be the late reply, and return whether there was one."""
        came = self.arrivals.inbox.not_taken(service, since_s=since_s)
        if came:
            self.arrivals.inbox.fates[came[0]] = Fate.LATE
            await self._settle(service, came[0].text)
        return bool(came)

    async def _settle(self, service: str, late_text: str | None) -> None:
        text = None if late_text is None else self.run.mask(late_text)
        await self.quarantine.settle(self._msisdn, service, late_text=text)
