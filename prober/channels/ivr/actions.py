"""What a scenario can ask of an IVR: the verbs `ivr.*` and their arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from prober.channels.ivr.hearing.events import Tone
from prober.channels.ivr.speech.fields import Words
from prober.channels.ivr.voice.fields import Speakable
from prober.loading.fields import Duration, Keys, Number, PromptName, SayingName, Text, refusal
from prober.loading.limits import LEAST, Longest, Share, number
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


def _to_ping(number: str) -> str:
    return _to_call(number) if number else number


PhoneNumber = Annotated[Text, AfterValidator(_to_call)]
"""What can be called: the user part of a SIP address."""


Score = Annotated[
    float,
    PlainValidator(lambda value: number(value, "", (0, 4.5), "a mean opinion score up to 4.5, such as 3.5")),
    LEAST,
    WithJsonSchema({"type": ["number", "string"], "examples": [3.5, ">= 3.5"]}),
]
"""The least mean opinion score."""

Level = Annotated[
    float,
    PlainValidator(lambda value: number(value, "dBFS", (-90, 0), "a level below full scale, such as -30 dBFS")),
    LEAST,
    WithJsonSchema({"type": "string", "pattern": r"^(>|>=|≥)?\s*-?\d+(\.\d+)?\s*dBFS$", "examples": ["-30 dBFS"]}),
]
"""The least level."""


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Prompts = Annotated[
    tuple[PromptName, ...],
    BeforeValidator(_several),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""A prompt of the library, or several."""


class Reached(StrEnum):
    """How far a call is to come."""

    ANSWERED = "answered"
    EARLY = "early"


class Until(StrEnum):
    """How far a prompt is listened to: its first words, its recording's end, or what is read out behind it as well."""

    STARTED = "started"
    CONFIRMED = "confirmed"
    END = "end"


class KeyMode(StrEnum):
    """How keys are sent: as RTP events (RFC 4733), SIP INFO, tones in the sound, or what the far end has agreed to."""

    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"
    AUTO = "auto"


@dataclass(frozen=True)
class Dial:
    """
    Call *number* and wait for the answer. `expect: 486` makes that code of refusal the pass.

    With `until: early` it is enough that sound comes before the answer (183), which can be heard and is not paid for.
    """

    number: PhoneNumber = field(metadata={"description": "the number to call"})
    expect: Number = field(default=200, metadata={"description": "the SIP code that passes, such as 486"})
    until: Reached = field(
        default=Reached.ANSWERED, metadata={"description": "wait for the answer, or for the sound before it"}
    )

    def __post_init__(self) -> None:
        if self.until is Reached.EARLY and self.expect != 200:
            raise ValueError("‘expect’ is the code of an answer, and ‘until: early’ waits for none")


@dataclass(frozen=True)
class Hear:
    """
    Wait for a recorded prompt or any of several, for words, for a tone of the network, for music, or for keys.

    Another prompt is noted and waiting goes on, unless `strict: true`. A `capture` implies `until: end`.
    """

    prompts: Prompts = field(
        default=(),
        metadata={"alias": "prompt", "description": "a prompt of the library, or a list of them: any of these"},
    )
    until: Until = field(
        default=Until.CONFIRMED,
        metadata={"description": "how far to listen: its first words, its end, or what is read out behind it as well"},
    )
    strict: bool = field(default=False, metadata={"description": "whether another prompt ends the wait"})
    tone: Tone | None = field(
        default=None, metadata={"description": "the tone to wait for, or `music`, instead of a prompt"}
    )
    keys: Keys = field(default="", metadata={"description": "the keys to wait for, instead of a prompt"})
    says: Words | None = field(
        default=None,
        metadata={"description": "a regular expression of what is to be said, in any voice, instead of a prompt"},
    )

    def __post_init__(self) -> None:
        if isinstance(self.prompts, str):
            object.__setattr__(self, "prompts", (self.prompts,))
        if sum(map(bool, (self.prompts, self.tone, self.keys, self.says))) != 1:
            raise ValueError("‘ivr.hear’ waits for one thing: a prompt, words (says), a tone, or keys")
        if not self.prompts and (self.until is not Until.CONFIRMED or self.strict):
            raise ValueError("‘until’ and ‘strict’ are for prompts")


@dataclass(frozen=True)
class Press:
    """Press *keys*, one after the other, each *hold* long with *gap* between them."""

    keys: Keys = field(metadata={"description": "0-9, *, #, A-D, one or more"})
    mode: KeyMode = field(
        default=KeyMode.RFC4733,
        metadata={
            "description": "RTP events, SIP INFO, tones in the sound, or events if the far end takes them, else tones"
        },
    )
    hold: Duration = field(default=0.16, metadata={"description": "how long each key is held"})
    gap: Duration = field(default=0.1, metadata={"description": "the pause between keys, 80 ms at least"})


@dataclass(frozen=True)
class Say:
    """Say something to the IVR: a recording, or a text in the voice that is set up."""

    saying: SayingName = field(
        default="", metadata={"description": "a recording of the folder sayings, beside the prompts"}
    )
    text: Speakable = field(default="", metadata={"description": "a text to be spoken, instead of a recording"})

    def __post_init__(self) -> None:
        if bool(self.saying) == bool(self.text):
            raise ValueError("‘ivr.say’ says one thing: a recording, or a text")


@dataclass(frozen=True)
class Silence:
    """Say and press nothing for a while, as a customer who hesitates. The far end may hang up meanwhile."""

    time: Duration = field(metadata={"description": "how long"})


@dataclass(frozen=True)
class Ping:
    """Ask the SIP server whether it is there (OPTIONS), without a call; any answer is one."""

    number: Annotated[Text, AfterValidator(_to_ping)] = field(
        default="", metadata={"description": "the number to ask for; none asks for the server itself"}
    )


@dataclass(frozen=True)
class HangUp:
    """End the call. One that the far end has ended already is left in peace."""


@dataclass(frozen=True)
class HungUp:
    """Wait until the far end ends the call."""


@dataclass(frozen=True)
class Transferred:
    """Wait until the far end has sent the call to somebody else: by a REFER, or by moving its sound (re-INVITE)."""


@dataclass(frozen=True)
class Quality:
    """
    Hold the call's figures so far against limits, while it is up or after its end.

    With no limit it only asks that sound came.
    """

    mos: Score | None = field(default=None, metadata={"description": "the lowest estimated MOS, such as 3.5"})
    loss: Share | None = field(default=None, metadata={"description": "the most packets lost or too late, such as 2%"})
    jitter: Longest | None = field(default=None, metadata={"description": "the most mean jitter, such as 40ms"})
    level: Level | None = field(
        default=None, metadata={"description": "the lowest level of what sounded, such as -30 dBFS"}
    )
    clipping: Share | None = field(default=None, metadata={"description": "the most samples at full scale, such as 1%"})
    silence: Share | None = field(
        default=None, metadata={"description": "the most of the call in silence, such as 50%"}
    )
    dropout: Longest | None = field(
        default=None, metadata={"description": "the longest time without a packet, such as 200ms"}
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        channel=CHANNEL,
        name="dial",
        argument=Dial,
        within_s=15.0,
        layer=Layer.SIGNALLING,
        took="INVITE sent → 2xx (or the code that is expected, or the first sound)",
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
        took="stimulus → arrival of the first frame in which the prompt is audible (-40 dBFS in its recording); of "
        "words, in which the sound that they are said in begins (-50 dBFS)",
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
        name="say",
        argument=Say,
        within_s=30.0,
        layer=Layer.SIGNALLING,
        took="first packet → end of the last one: its length",
        ordering=Ordering.PLACES,
        needs="ivr.dial",
    ),
    Verb(
        channel=CHANNEL,
        name="silence",
        argument=Silence,
        within_s=None,
        layer=Layer.SIGNALLING,
        took="nothing: it asks for no time",
        ordering=Ordering.NEITHER,
        needs="ivr.dial",
    ),
    Verb(
        channel=CHANNEL,
        name="ping",
        argument=Ping,
        within_s=2.0,
        layer=Layer.SIGNALLING,
        took="OPTIONS sent → its answer",
        ordering=Ordering.NEITHER,
        needs="",
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
        name="transferred",
        argument=Transferred,
        within_s=20.0,
        layer=Layer.SIGNALLING,
        took="stimulus → the new leg's 2xx (REFER), or our 2xx (re-INVITE)",
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
