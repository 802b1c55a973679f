"""Messages that came though nobody asked for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.channels.sms.actions import ReceiveNothing
from prober.channels.sms.inbox import Fate, Inbox
from prober.channels.sms.reassembly import Message
from prober.channels.timing import Stimulus
from prober.judge.expect import match


@dataclass
class Unasked:
    """
    Knows which messages of a session are nobody's: what came after the last `receive` took its own.

    In a session without a `receive` they are what came since the stimulus. To be made when all that had waited for the
    session has arrived.
    """

    inbox: Inbox
    stimulus: Stimulus
    _asked_for: int = field(init=False)
    _received: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._asked_for = len(self.inbox.fates)

    def received(self, message: Message | None) -> None:
        """Note that a `receive` took *message*, or gave up: what came till then was asked for."""
        came = list(self.inbox.fates)
        self._asked_for = came.index(message) + 1 if message else len(came)
        self._received = True

    def first(self, wanted: ReceiveNothing) -> Message | None:
        """Return the first such message that counts; None if there is none."""
        since_s = float("-inf") if self._received else self.stimulus.at_s
        came = list(self.inbox.fates.items())[self._asked_for :]
        return next(
            (
                message
                for message, fate in came
                if fate not in {Fate.TAKEN, Fate.LATE}
                and message.first_at_s >= since_s
                and self._counts(message, wanted)
            ),
            None,
        )

    def _counts(self, message: Message, wanted: ReceiveNothing) -> bool:
        from_there = wanted.from_ is None or self.inbox.comes_from(message.sender, wanted.from_)
        return from_there and (wanted.text is None or match(wanted.text, message.text) is not None)

    def words(self, message: Message) -> str:
        """Say what *message* is: one that came before, or another."""
        first = self.inbox.first_of(message) if self.inbox.fates[message] is Fate.DUPLICATE else None
        if first is None:
            return f"another message from {message.sender}: «{message.text}»"
        after_s = message.at_s - first.at_s
        after = f"{after_s:.1f} s" if after_s >= 0.1 else f"{after_s * 1000:.0f} ms"
        return f"the same message again, {after} after the first: «{message.text}»"
