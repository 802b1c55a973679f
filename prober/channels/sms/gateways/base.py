"""
What every way to an SMSC keeps to.

A gateway opens links; a link speaks as one MSISDN. What arrives is stamped with the monotonic clock where it arrives
and handed to the loop at once, in the order it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class RefusalKind(StrEnum):
    """Why a message was not taken."""

    THROTTLED = "throttled"
    BAD_DESTINATION = "bad destination"
    REJECTED = "rejected"
    OUR_ACCOUNT = "our account"


class ReceiptState(StrEnum):
    """What became of a message that was accepted."""

    ON_ITS_WAY = "on its way"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Accepted:
    """The gateway took the message, at *at_s*: one id a part."""

    message_ids: tuple[str, ...]
    submitted_at_s: float
    at_s: float
    encoding: str


@dataclass(frozen=True)
class Refused:
    """
    The gateway did not take the message. *words* are the gateway's own, *retryable* if later may do.

    Where the fault is our account's, *cure* says what to do.
    """

    kind: RefusalKind
    retryable: bool
    words: str
    submitted_at_s: float
    at_s: float
    cure: str = ""


@dataclass(frozen=True)
class Unanswered:
    """The gateway did not say in time whether it took the message. It may have."""

    submitted_at_s: float


@dataclass(frozen=True)
class Receipt:
    """What became of the message *message_id*. *words*: the network's own, such as `UNDELIV, error 042`."""

    message_id: str
    state: ReceiptState
    words: str
    at_s: float


@dataclass(frozen=True)
class Concat:
    """Which part of a long message this is; *seq* counts from 1."""

    reference: int
    total: int
    seq: int


@dataclass(frozen=True)
class Part:
    """One inbound message, or one part of it. Raw, for a character may lie across two parts."""

    sender: str
    recipient: str
    content: bytes
    coding: str
    at_s: float
    concat: Concat | None = None


@dataclass(frozen=True)
class Lost:
    """The link is gone; nothing more will arrive."""

    words: str
    cure: str


Event = Receipt | Part | Lost
Deliver = Callable[[Event], None]


class Link(Protocol):
    """A link to the gateway that speaks as one MSISDN, and gets its messages alone."""

    def check(self, text: str) -> None:
        """
        Make sure that *text* can be sent whole.

        Raises:
            RobotBroken: The gateway would cut it.
        """
        ...

    async def send(self, to: str, text: str, deadline_s: float) -> Accepted | Refused | Unanswered:
        """
        Submit *text* and return what the gateway said within *deadline_s* of the submit.

        Raises:
            RobotBroken: The link is gone.
        """
        ...

    async def settle(self) -> None:
        """
        Return when what the gateway held for us at the time of the call has been delivered, as far as it can tell.

        Raises:
            RobotBroken: The link is gone.
        """
        ...

    async def close(self) -> None:
        """Leave politely. Safe to call twice and on a link that is gone."""
        ...


class Gateway(Protocol):
    """One configured way to the SMSC."""

    async def open(self, msisdn: str, deliver: Deliver | None) -> Link:
        """
        Open a link whose messages reach *deliver*, called in the loop, from now on.

        None: a link that only sends. It takes no message from those who wait for them, and asks for no receipts.

        Raises:
            RobotBroken: The gateway is not to be reached, or does not want us.
        """
        ...
