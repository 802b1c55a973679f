"""The verbs of the SMS channel."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.loading.fields import Expectation, Text
from prober.model.run import Layer
from prober.model.verb import Verb


@dataclass(frozen=True)
class Send:
    """Send a text to a service number, as the line's own number."""

    to: Text = field(metadata={"description": "the service number, such as 10086"})
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


VERBS: tuple[Verb, ...] = (
    Verb(
        channel="sms",
        name="send",
        argument=Send,
        within_s=10.0,
        layer=Layer.GATEWAY,
        took="submit → accepted by the gateway",
    ),
    Verb(
        channel="sms",
        name="receipt",
        argument=Receipt,
        within_s=30.0,
        layer=Layer.DELIVERY,
        took="submit → the last part's delivery receipt",
        waits=True,
    ),
    Verb(
        channel="sms",
        name="receive",
        argument=Receive,
        within_s=60.0,
        layer=Layer.DELIVERY,
        took="stimulus → the last part",
        timings={"first_part_s": "stimulus → the first part, where there are several"},
        waits=True,
        captures=True,
    ),
)
