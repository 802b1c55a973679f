"""What a scenario can ask of an IVR: the verbs `ivr.*` and their arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from prober.loading.fields import Duration, Keys, Number, PromptName, Text, refusal
from prober.loading.templates import REFERENCE
from prober.model.run import Layer
from prober.model.scenario import Ordering
from prober.model.verb import Verb

CHANNEL = "ivr"
_SIP_USER = re.compile(r"(?:[\w.!~*'()&=+$,;?/#-]|%[0-9A-F]{2})+", re.ASCII | re.IGNORECASE)
"""RFC 3261 25.1, `user`; and `#`, which is escaped on its way."""


def unfit(number: str) -> str:
    """Return why *number* cannot stand before the @ of a SIP address; empty if it can."""
    left = _SIP_USER.sub("", number)
    return f"no SIP address may hold {left[0]!a} before its @" if left else "" if number else "it is empty"


def _to_call(number: str) -> str:
    if not REFERENCE.search(number) and (why := unfit(number)):
        raise refusal(f"‘{number}’ cannot be called: {why}", "write digits, *, # or +, without spaces")
    return number


PhoneNumber = Annotated[Text, AfterValidator(_to_call)]
"""What can be called: the user part of a SIP address."""


def _number(value: Any, unit: str, highest: float, example: str) -> float:
    typed = str(value).strip()
    try:
        number = float(typed.removesuffix(unit))
    except ValueError:
        number = -1.0
    if isinstance(value, bool) or not typed.endswith(unit) or not 0 <= number <= highest:
        raise refusal(f"‘{typed}’ is not understood here: write {example}")
    return number


Score = Annotated[
    float,
    PlainValidator(lambda value: _number(value, "", 4.5, "a mean opinion score up to 4.5, such as 3.5")),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 4.5}),
]
"""A mean opinion score."""

Share = Annotated[
    float,
    PlainValidator(lambda value: _number(value, "%", 100, "a percentage, such as 2%") / 100),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$", "examples": ["2%"]}),
]
"""A percentage; the value is 0..1."""


class Until(StrEnum):
    """How far a prompt is listened to: its first words, its recording's end, or what is read out behind it as well."""

    STARTED = "started"
    CONFIRMED = "confirmed"
    END = "end"


class KeyMode(StrEnum):
    """How keys are sent: as RTP events (RFC 4733) or as SIP INFO."""

    RFC4733 = "rfc4733"
    INFO = "info"


@dataclass(frozen=True)
class Dial:
    """Call *number* and wait for the answer. `expect: 486` makes that code of refusal the pass."""

    number: PhoneNumber = field(metadata={"description": "the number to call"})
    expect: Number = field(default=200, metadata={"description": "the SIP code that passes, such as 486"})


@dataclass(frozen=True)
class Hear:
    """
    Wait for the recorded prompt *prompt*.

    Another prompt is noted and waiting goes on, unless `strict: true`. A `capture` implies `until: end`.
    """

    prompt: PromptName = field(metadata={"description": "a prompt of the library"})
    until: Until = field(
        default=Until.CONFIRMED,
        metadata={"description": "how far to listen: its first words, its end, or what is read out behind it as well"},
    )
    strict: bool = field(default=False, metadata={"description": "whether another prompt ends the wait"})


@dataclass(frozen=True)
class Press:
    """Press *keys*, one after the other, each *hold* long with *gap* between them."""

    keys: Keys = field(metadata={"description": "0-9, *, #, A-D, one or more"})
    mode: KeyMode = field(default=KeyMode.RFC4733, metadata={"description": "RTP events, or SIP INFO"})
    hold: Duration = field(default=0.16, metadata={"description": "how long each key is held"})
    gap: Duration = field(default=0.1, metadata={"description": "the pause between keys, 80 ms at least"})


@dataclass(frozen=True)
class HangUp:
    """End the call. One that the far end has ended already is left in peace."""


@dataclass(frozen=True)
class HungUp:
    """Wait until the far end ends the call."""


@dataclass(frozen=True)
class Quality:
    """
    Hold the call's figures so far against limits, while it is up or after its end.

    With no limit it only asks that sound came.
    """

    mos: Score | None = field(default=None, metadata={"description": "the lowest estimated MOS, such as 3.5"})
    loss: Share | None = field(default=None, metadata={"description": "the most packets lost or too late, such as 2%"})
    jitter: Duration | None = field(default=None, metadata={"description": "the most mean jitter, such as 40ms"})


VERBS: tuple[Verb, ...] = (
    Verb(
        channel=CHANNEL,
        name="dial",
        argument=Dial,
        within_s=15.0,
        layer=Layer.SIGNALLING,
        took="INVITE sent → 2xx (or the code that is expected)",
        ordering=Ordering.NEITHER,
        needs="",
        timings={
            "srd_s": "INVITE → first answer that is neither 100 nor a challenge (RFC 6076 4.3.1)",
            "ring_s": "first 180 or 183 → 2xx",
        },
    ),
    Verb(
        channel=CHANNEL,
        name="hear",
        argument=Hear,
        within_s=6.0,
        layer=Layer.PROMPT,
        took="stimulus → arrival of the first frame in which the prompt is audible (-40 dBFS in its recording)",
        ordering=Ordering.SHOWS,
        needs="ivr.dial",
        timings={
            "recognised_s": "stimulus → recognised",
            "key_end_s": "stimulus → end of the last key",
            "length_s": "the prompt's audible length",
            "silence_s": "how long nothing was heard between the stimulus and the prompt",
        },
        waits=True,
        captures=True,
    ),
    Verb(
        channel=CHANNEL,
        name="press",
        argument=Press,
        within_s=10.0,
        layer=Layer.SIGNALLING,
        took="first key's first packet → last key's end",
        ordering=Ordering.PLACES,
        needs="ivr.dial",
    ),
    Verb(
        channel=CHANNEL,
        name="hang_up",
        argument=HangUp,
        within_s=5.0,
        layer=Layer.SIGNALLING,
        took="BYE sent → its 2xx (RFC 6076 4.4)",
        ordering=Ordering.NEITHER,
        needs="",
    ),
    Verb(
        channel=CHANNEL,
        name="hung_up",
        argument=HungUp,
        within_s=30.0,
        layer=Layer.SIGNALLING,
        took="stimulus → BYE received",
        ordering=Ordering.NEITHER,
        needs="ivr.dial",
        waits=True,
    ),
    Verb(
        channel=CHANNEL,
        name="quality",
        argument=Quality,
        within_s=None,
        layer=Layer.MEDIA,
        took="nothing: it asks for no time",
        ordering=Ordering.NEITHER,
        needs="",
    ),
)
