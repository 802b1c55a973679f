"""What a line process tells its session. Every instant is monotonic, stamped where it happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prober.channels.ivr.commands import HandOver

if TYPE_CHECKING:
    from prober.channels.ivr.hearing.events import HearingEvent


_COMPACT = {"call-id": "i", "contact": "m", "from": "f", "refer-to": "r", "to": "t", "via": "v"}
"""RFC 3261 7.3.3, RFC 3515."""


@dataclass(frozen=True)
class Ready:
    """The line process can call."""

    pid: int


@dataclass(frozen=True)
class IsLine:
    """It is the line of the customer it was told to be."""


@dataclass(frozen=True)
class Broken:
    """The line process cannot do what it is for; if it is *fatal*, it ends."""

    what: str
    cure: str
    fatal: bool = True


@dataclass(frozen=True)
class Rested:
    """No call is up, and another one can be made."""


@dataclass(frozen=True)
class Registered:
    """The registrar has answered (or, with a code of ours, has not): 2xx is registered, for *expires_s*."""

    at_s: float
    code: int
    reason: str
    expires_s: int

    @property
    def good(self) -> bool:
        """Whether calls can be made."""
        return 200 <= self.code < 300


@dataclass(frozen=True)
class SipMessage:
    """One SIP message as it passed. *peer* is `UDP 10.0.0.5:5060`."""

    at_s: float
    sent: bool
    peer: str
    text: str

    @property
    def first_line(self) -> str:
        """The request line or status line."""
        return self.text.partition("\n")[0].strip()

    @property
    def code(self) -> int | None:
        """The status code; None for a request."""
        version, _, rest = self.first_line.partition(" ")
        return int(rest[:3]) if version == "SIP/2.0" else None

    @property
    def reason(self) -> str:
        """The reason phrase of a response."""
        return self.first_line.partition(" ")[2][4:]

    @property
    def method(self) -> str:
        """The method of a request, or of the request that a response answers."""
        return (self.header("CSeq") or "").partition(" ")[2].strip()

    @property
    def call_id(self) -> str:
        """What the messages of a dialogue have in common."""
        return self.header("Call-ID") or self.header("i") or ""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, or of the letter that stands for it."""
        names = {name.lower(), _COMPACT.get(name.lower(), name.lower())}
        for line in self.text.partition("\r\n\r\n")[0].splitlines()[1:]:
            found, _, value = line.partition(":")
            if found.strip().lower() in names:
                return value.strip()
        return None


@dataclass(frozen=True)
class CallEnded:
    """The call is over, with the code and reason its owner gives it (its own ones where nothing came from afar)."""

    at_s: float
    code: int
    reason: str


@dataclass(frozen=True)
class MediaStarted:
    """Sound can flow; the recording begins."""

    at_s: float
    codec: str


@dataclass(frozen=True)
class KeySent:
    """A key has left: its first packet, or its INFO, at *at_s*; it ends at *ended_s*. A *secret* one is not kept."""

    at_s: float
    key: str
    ended_s: float
    secret: bool = False


@dataclass(frozen=True)
class Said:
    """All that was to be said has left: its first packet at *at_s*, its last one ended at *ended_s*."""

    at_s: float
    ended_s: float


@dataclass(frozen=True)
class FarKey:
    """The far end has pressed a key; as an RTP event, or (in an answer) as two tones in its sound."""

    at_s: float
    key: str


@dataclass(frozen=True)
class KeysFailed:
    """The keys could not be sent."""

    at_s: float
    reason: str


@dataclass(frozen=True)
class Heard:
    """
    Something the ear reported, with the arrival times of the moments it speaks of.

    *began_at_s* is the start of the recording or sound, *at_s* the moment it became audible (or was cut off, or fell
    silent), *ended_at_s* its end where it has one. *recorded_s* is where in the recording *at_s* is. *level_dbfs* and
    *clipped* describe a prompt that has ended.
    """

    event: HearingEvent
    began_at_s: float
    at_s: float
    reported_at_s: float
    ended_at_s: float | None = None
    level_dbfs: float | None = None
    clipped: float | None = None
    recorded_s: float | None = None


@dataclass(frozen=True)
class Reached:
    """The far end's reports tell that our stream arrives there, or that nothing of it does."""

    at_s: float
    arrives: bool


@dataclass(frozen=True)
class Figures:
    """What the call's sound can have been like; None where it was not measured."""

    at_s: float
    last_packet_at_s: float | None = None
    codec: str | None = None
    rtp_sent: int | None = None
    rtp_received: int | None = None
    rtp_lost: int | None = None
    rtp_discarded: int | None = None
    jitter_mean_s: float | None = None
    jitter_max_s: float | None = None
    rtt_s: float | None = None
    sounding: float | None = None
    level_dbfs: float | None = None
    """Of what sounded."""
    clipped: float | None = None
    """The share of samples at full scale, of what sounded."""
    dropouts: int | None = None
    """How often no packet came for so long that it can be heard."""
    dropout_max_s: float | None = None
    clock_gap_max_s: float | None = None
    underrun_s: float | None = None
    lost_share: float | None = None
    """Of the packets due since the instant that was asked for."""


@dataclass(frozen=True)
class Second:
    """One second of a call: packets each way, and how loud it was. None: not measured (or digital silence)."""

    second: int
    received: int
    lost: int
    discarded: int
    jitter_s: float | None
    sent: int
    level_dbfs: float | None


@dataclass(frozen=True)
class RecordingWritten:
    """The recording was written, or *error* says why not; the call's figures by second come with it."""

    seconds: tuple[Second, ...] = ()
    began_at_s: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Sound:
    """Sound as it was heard, 8 kHz, 16 bit, little-endian, and when each 20 ms of it arrived."""

    asked: HandOver
    samples: bytes = field(repr=False)
    arrived_s: tuple[float, ...] = field(repr=False)


FromLine = (
    Ready
    | IsLine
    | Registered
    | Rested
    | Broken
    | SipMessage
    | CallEnded
    | MediaStarted
    | KeySent
    | FarKey
    | Said
    | KeysFailed
    | Heard
    | Reached
    | Figures
    | Sound
    | RecordingWritten
)
