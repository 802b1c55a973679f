"""
Which of the messages that arrive is the reply. Pure: no clock, no input or output.

Nothing in SMS says so. What decides is the sender, the moment the window opened, the expected text, and what the number
still owes to an earlier command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import TypeVar

from prober.channels.sms.gateways.base import Part
from prober.channels.sms.reassembly import Message, Reassembler

_T = TypeVar("_T")


class Fate(StrEnum):
    """What became of an inbound message."""

    UNREAD = "not asked for"
    TAKEN = "taken as the reply"
    PASSED_OVER = "passed over: another text"
    DUPLICATE = "duplicate: no reply to anything"
    LATE = "late reply to an earlier command"


def same_number(number: str, prefix: str) -> bool:
    """Return whether *number* begins with *prefix*, each with the country code 86 or without."""
    return any(form.startswith(wanted) for form in _forms(number) for wanted in _forms(prefix))


def _forms(number: str) -> set[str]:
    plain = number.removeprefix("+")
    return {plain, plain.removeprefix("0086"), plain.removeprefix("86")} - {""}


class Inbox:
    """The messages of one session, and what became of each."""

    def __init__(self, senders: Mapping[str, Sequence[str]]) -> None:
        self._senders = senders
        self._parts = Reassembler()
        self._debts: set[str] = set()
        self._window_s = float("-inf")
        self.fates: dict[Message, Fate] = {}
        """Every whole message, in the order they came."""
        self.late: list[tuple[str, Message]] = []
        """The late replies that came, with the service number that owed them; whoever notes them removes them."""

    def comes_from(self, sender: str, service: str) -> bool:
        """Return whether *sender* is one that *service* answers from."""
        return any(same_number(sender, prefix) for prefix in self._senders.get(service, (service,)))

    def put(self, part: Part) -> None:
        """Take in what arrived."""
        message = self._parts.add(part)
        if message is not None:
            self.fates[message] = self._fate(message)

    def _fate(self, message: Message) -> Fate:
        if self._repeated(message):
            return Fate.DUPLICATE
        for service in sorted(self._debts):
            if self.comes_from(message.sender, service):
                self._debts.discard(service)
                self.late.append((service, message))
                return Fate.LATE
        return Fate.UNREAD

    def _repeated(self, message: Message) -> bool:
        # Only within a window: a service may rightly say the same to two commands, and nothing in SMPP tells such a
        # reply from a copy of the first. References do not: many senders draw them at random, or never change them,
        # and a service that answers one command twice draws a new one for the second answer.
        first = self.first_of(message)
        return first is not None and first.first_at_s >= self._window_s

    def first_of(self, message: Message) -> Message | None:
        """Return the message that *message* is a copy of, be it from before the window; None if it is no copy."""
        before = takewhile(lambda came: came[0] is not message, self.fates.items())
        same = [
            one
            for one, fate in before
            if fate is not Fate.DUPLICATE and (one.sender, one.text) == (message.sender, message.text)
        ]
        return same[-1] if same else None

    def open_window(self, at_s: float) -> None:
        """Note a submit: the same text may rightly come again after it."""
        self._window_s = at_s

    def owe(self, service: str) -> None:
        """Note that *service* owes the reply to an earlier command: its next message is that one, whatever it says."""
        self._debts.add(service)

    def take(
        self, service: str | None, *, since_s: float, fits: Callable[[str], _T | None]
    ) -> tuple[Message, _T] | None:
        """
        Take the reply, and return it with what *fits* made of its text; None if it is not there yet.

        Only a message from *service* (any sender if None) whose parts all came at or after *since_s* can be it.
        """
        for message in self.not_taken(service, since_s=since_s):
            found = fits(message.text)
            if found is not None:
                self.fates[message] = Fate.TAKEN
                return message, found
            self.fates[message] = Fate.PASSED_OVER
        return None

    def not_taken(self, service: str | None, *, since_s: float = float("-inf")) -> list[Message]:
        """Return the messages that could be a reply, and were not taken for one, in the order they came."""
        return [
            message
            for message, fate in self.fates.items()
            if fate in {Fate.UNREAD, Fate.PASSED_OVER}
            and message.first_at_s >= since_s
            and (service is None or self.comes_from(message.sender, service))
        ]

    def duplicates(self, service: str | None, *, since_s: float) -> int:
        """Return how many messages came again, from *service* or anyone, since then."""
        return sum(
            fate is Fate.DUPLICATE
            and one.first_at_s >= since_s
            and (service is None or self.comes_from(one.sender, service))
            for one, fate in self.fates.items()
        )

    def unfinished(self, service: str | None) -> str:
        """Return which parts are missing, in words; "" if none."""
        ours = [one for one in self._parts.unfinished() if service is None or self.comes_from(one[0], service)]
        return "; ".join(f"{came} of {total} parts from {sender}" for sender, came, total in ours)
