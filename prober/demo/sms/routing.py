"""Which bind a message goes to, and where it waits while there is none."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Protocol

from prober.demo.sms.pdu import ShortMessage

STORED_AT_MOST = 500  # a number; the oldest go first


class Receiver(Protocol):
    """A bind that takes messages."""

    address_range: str

    def send(self, message: ShortMessage) -> None:
        """Send a message on; one that is never acknowledged comes back by `Routing.give_back`."""
        ...


def covers(address_range: str, msisdn: str) -> bool:
    """Tell if a bind's address range, a number or a regular expression, names a number. An empty one names all."""
    return re.search(address_range, msisdn) is not None


class Routing:
    """Takes each message to the newest bind that names its number, or stores it for the next one."""

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []
        self._stored: dict[str, deque[ShortMessage]] = defaultdict(lambda: deque(maxlen=STORED_AT_MOST))

    @property
    def stored(self) -> int:
        """Return how many messages wait for a bind."""
        return sum(len(messages) for messages in self._stored.values())

    def attach(self, receiver: Receiver) -> None:
        """Let a bind receive, beginning with what was stored for it."""
        self._receivers.append(receiver)
        for msisdn in [number for number in self._stored if covers(receiver.address_range, number)]:
            for message in self._stored.pop(msisdn):
                receiver.send(message)

    def detach(self, receiver: Receiver) -> None:
        """Stop sending to a bind. Safe for one that never received."""
        if receiver in self._receivers:
            self._receivers.remove(receiver)

    def give_back(self, messages: Sequence[ShortMessage]) -> None:
        """Deliver again what a bind that is gone never acknowledged."""
        for message in messages:
            self.deliver(message)

    def deliver(self, message: ShortMessage, *, to_first: Receiver | None = None) -> None:
        """Send a message to *to_first* if it receives, else to the bind that names its destination, else store it."""
        if to_first in self._receivers and to_first is not None:
            to_first.send(message)
        elif receiver := self._receiver_of(message.destination):
            receiver.send(message)
        else:
            self._stored[message.destination].append(message)

    def forget(self) -> None:
        """Throw away what is stored."""
        self._stored.clear()

    def _receiver_of(self, msisdn: str) -> Receiver | None:
        naming = [receiver for receiver in self._receivers if covers(receiver.address_range, msisdn)]
        # A range that names the number goes before one that takes everything.
        return max(reversed(naming), key=lambda receiver: bool(receiver.address_range), default=None)
