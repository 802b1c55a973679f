"""Messages that another channel caused: they are owed as replies are, though nothing was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prober.channels.base import RunContext
from prober.channels.sms.config import Settings
from prober.channels.sms.inbox import Fate, Inbox
from prober.channels.sms.quarantine import Pending, Quarantine
from prober.channels.sms.reassembly import Message
from prober.channels.timing import monotonic
from prober.judge.expect import Match

ANYONE = "*"
"""Stands in the quarantine for the service number where any sender would do."""


@dataclass(frozen=True)
class Wanted:
    """A message from *sender* (None: anyone) that came at or after *since_s*, and that *fits* takes."""

    sender: str | None
    since_s: float
    fits: Callable[[str], Match | None]

    @property
    def owing(self) -> str:
        """Who owes it, as the quarantine knows them."""
        return self.sender or ANYONE


@dataclass
class Awaited:
    """
    Keeps a late message to an earlier run from passing this one, where no submit tells which run caused it.

    1. From the start of the wait the sender, or anyone, owes the message. It settles that when it comes in time.
    2. What an earlier run is owed and came before this run's stimulus is kept against that run.
    3. While an earlier run is still owed one, the first that fits may be that one: only a second one is this run's.
    """

    run: RunContext
    settings: Settings
    quarantine: Quarantine
    inbox: Inbox
    earlier: Pending | None = field(init=False, default=None)
    """What an earlier run is still owed from whom the current wait is for."""
    _missed: dict[str, tuple[Wanted, float]] = field(init=False, default_factory=dict)

    async def begin(self, wanted: Wanted, *, caused_elsewhere: bool) -> None:
        """Note that a wait begins."""
        self.earlier = None
        for owing in dict.fromkeys((wanted.owing, ANYONE)):
            pending = await self.quarantine.pending(self.run.line.msisdn, owing)
            if pending is None or pending.run_id == self.run.run_id:
                continue
            late = [one for one in self._fitting(wanted, float("-inf")) if one.first_at_s < wanted.since_s]
            if late:
                await self._settle_late(owing, late[0])
            else:
                self.earlier = self.earlier or pending
        if caused_elsewhere and self.earlier is None:
            await self._owe(wanted)

    def take(self, wanted: Wanted) -> tuple[Message, Match] | None:
        """Take the message; None if it is not there yet, or may be the one an earlier run is owed."""
        if self.earlier is not None:
            came = self._fitting(wanted, wanted.since_s)
            if len(came) < 2:
                return None
            self.inbox.fates[came[0]] = Fate.LATE
            self.inbox.late.append((self.earlier.service, came[0]))
            self.earlier = None
        return self.inbox.take(wanted.sender, since_s=wanted.since_s, fits=wanted.fits)

    def doubtful(self, wanted: Wanted) -> Message | None:
        """Return the message that came, and that may be the earlier run's; None if there is no doubt."""
        came = self._fitting(wanted, wanted.since_s) if self.earlier else []
        return came[0] if came else None

    async def came(self, wanted: Wanted) -> None:
        """Note that the message came in time."""
        self._missed.pop(wanted.owing, None)
        await self.quarantine.settle(self.run.line.msisdn, wanted.owing, late_text=None)

    async def missed(self, wanted: Wanted) -> None:
        """Note that the message did not come in time. In doubt, what is owed stays the earlier run's."""
        if self.doubtful(wanted) is None:
            self._missed[wanted.owing] = wanted, monotonic()
            await self._owe(wanted)

    async def close(self) -> None:
        """Keep what came after its wait was over. What is still owed stays owed."""
        for owing, (wanted, since_s) in self._missed.items():
            late = self._fitting(wanted, since_s)
            if late:
                await self._settle_late(owing, late[0])

    def _fitting(self, wanted: Wanted, since_s: float) -> list[Message]:
        return [one for one in self.inbox.not_taken(wanted.sender, since_s=since_s) if wanted.fits(one.text)]

    async def _owe(self, wanted: Wanted) -> None:
        now = datetime.now(UTC)
        since_at = now - timedelta(seconds=monotonic() - wanted.since_s)
        until_at = now + timedelta(seconds=self.settings.quarantine)
        pending = Pending(self.run.line.msisdn, wanted.owing, self.run.run_id, since_at, until_at)
        await self.quarantine.begin(pending)

    async def _settle_late(self, owing: str, message: Message) -> None:
        self.inbox.fates[message] = Fate.LATE
        await self.quarantine.settle(self.run.line.msisdn, owing, late_text=self.run.mask(message.text))
