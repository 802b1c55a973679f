"""What a session and its line process tell each other. Every instant is monotonic, stamped where it happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from prober.channels.ivr.hearing.events import HearingEvent
    from prober.channels.ivr.hearing.library import Library


@dataclass(frozen=True)
class LineSetup:
    """What a line process is started with."""

    host: str
    port: int
    transport: str
    from_domain: str
    codecs: tuple[str, ...]
    rtp_ports: tuple[int, int]
    headers: Mapping[str, str]
    user: str
    library: Library
    password: str = field(default="", repr=False)


# To the line process.


@dataclass(frozen=True)
class PlaceCall:
    """Call *number*."""

    number: str


@dataclass(frozen=True)
class SendKeys:
    """Press *keys* one after the other."""

    keys: str
    as_info: bool
    hold_s: float
    gap_s: float
    secret: bool = False


@dataclass(frozen=True)
class EndCall:
    """Hang up, or cancel a call that is not answered yet."""


@dataclass(frozen=True)
class Watch:
    """Date what is heard exactly, until *until_s*; it costs some processor time."""

    until_s: float


@dataclass(frozen=True)
class TellFigures:
    """Answer with `Figures`; the share of lost packets is counted from *since_s*."""

    since_s: float = float("-inf")


@dataclass(frozen=True)
class Tone:
    """A pressed key, as it is to be heard in the recording."""

    at_s: float
    key: str
    length_s: float


@dataclass(frozen=True)
class Mark:
    """A mark in the recording: at an instant or, where that is known, at a place in the recording itself."""

    at_s: float
    text: str
    recorded_s: float | None = None


@dataclass(frozen=True)
class WriteRecording:
    """
    Write the call's sound to *path* and answer with `RecordingWritten`.

    *secret_s*: from when to when nobody may hear it.
    """

    path: Path
    tones: tuple[Tone, ...] = ()
    marks: tuple[Mark, ...] = ()
    secret_s: tuple[tuple[float, float], ...] = ()


# From the line process.


@dataclass(frozen=True)
class Ready:
    """The line process can call."""

    pid: int


@dataclass(frozen=True)
class Broken:
    """The line process cannot do what it is for; if it is *fatal*, it ends."""

    what: str
    cure: str
    fatal: bool = True


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

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        for line in self.text.partition("\r\n\r\n")[0].splitlines()[1:]:
            found, _, value = line.partition(":")
            if found.strip().lower() == name.lower():
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


ToLine = PlaceCall | SendKeys | EndCall | Watch | TellFigures | WriteRecording
FromLine = (
    Ready
    | Broken
    | SipMessage
    | CallEnded
    | MediaStarted
    | KeySent
    | KeysFailed
    | Heard
    | Reached
    | Figures
    | RecordingWritten
)
