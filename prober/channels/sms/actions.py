"""The verbs of the SMS channel."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator

from prober.loading.fields import Expectation, Text, refusal
from prober.loading.templates import REFERENCE
from prober.model.run import Layer
from prober.model.scenario import Ordering
from prober.model.verb import Verb

_ADDRESS = re.compile(r"[!-~]{1,20}")
"""What a `destination_addr` holds (SMPP 3.4, 5.2.9): 20 characters of ASCII; and none that is not seen."""


def is_address(number: str) -> bool:
    """Return whether a message can be sent to *number*."""
    return _ADDRESS.fullmatch(number) is not None


def _to_send_to(number: str) -> str:
    if not REFERENCE.search(number) and not is_address(number):
        raise refusal(
            f"‘{number}’ is no number to send to", "write the service number, 20 digits at most, without spaces"
        )
    return number


ServiceNumber = Annotated[Text, AfterValidator(_to_send_to)]
"""What a message can be sent to."""


@dataclass(frozen=True)
class Send:
    """Send a text to a service number, as the line's own number."""

    to: ServiceNumber = field(metadata={"description": "the service number, such as 10086"})
    text: Text = field(metadata={"description": "the command, such as CXYE; long or Chinese texts go out in parts"})


@dataclass(frozen=True)
class Receipt:
    """Wait until every part of the last message sent is reported delivered. A report that it is not ends the wait."""


@dataclass(frozen=True)
class Receive:
    """Wait for the reply: a message from the service number with the expected text. Other messages are passed over."""

    text: Expectation = field(metadata={"description": "plain text, or a /regular expression/"})
    from_: Text | None = field(
        default=None,
        metadata={
            "alias": "from",
            "description": "the sender, or the beginning of it; default: the number last sent to",
        },
    )


@dataclass(frozen=True)
class ReceiveNothing:
    """
    Make sure that no message comes that nobody asked for, such as the same reply again.

    Counted is what came since the last `receive` took its own (in a run without one: since the stimulus), for the
    whole of `within`. A late reply to an earlier command is not: it is known whose it is.
    """

    text: Expectation | None = field(
        default=None,
        metadata={"description": "only messages with this text count, plain or /regular expression/; default: all"},
    )
    from_: Text | None = field(
        default=None,
        metadata={"alias": "from", "description": "only messages from this sender count, or one that begins so"},
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        channel="sms",
        name="send",
        argument=Send,
        within_s=10.0,
        layer=Layer.GATEWAY,
        took="submit → accepted by the gateway",
        ordering=Ordering.PLACES,
        needs="",
    ),
    Verb(
        channel="sms",
        name="receipt",
        argument=Receipt,
        within_s=30.0,
        layer=Layer.DELIVERY,
        took="submit → the last part's delivery receipt",
        ordering=Ordering.NEITHER,
        needs="sms.send",
        waits=True,
    ),
    Verb(
        channel="sms",
        name="receive",
        argument=Receive,
        within_s=60.0,
        layer=Layer.DELIVERY,
        took="stimulus → the last part",
        ordering=Ordering.SHOWS,
        needs="",
        timings={"first_part_s": "stimulus → the first part, where there are several"},
        waits=True,
        captures=True,
    ),
    Verb(
        channel="sms",
        name="receive_nothing",
        argument=ReceiveNothing,
        within_s=10.0,
        layer=Layer.DELIVERY,
        took="the whole wait",
        ordering=Ordering.NEITHER,
        needs="",
    ),
)
