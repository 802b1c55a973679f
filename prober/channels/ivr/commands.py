"""What a line process is started with, and what a session asks of it. Every instant is monotonic."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from prober.channels.ivr.hearing.library import Library


class Srtp(StrEnum):
    """Whether the sound of a call is encrypted."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True)
class Tls:
    """The files of TLS, empty where there are none, and whether the server's certificate must be right."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True)
class ServerSetup:
    """What a line process is started with: the server its calls go to, and how."""

    host: str
    port: int
    transport: str
    from_domain: str
    codecs: tuple[str, ...]
    rtp_ports: tuple[int, int]
    library: Library
    tls: Tls = field(default_factory=Tls)
    srtp: Srtp = Srtp.OFF


@dataclass(frozen=True)
class Customer:
    """Whom a handset calls as."""

    user: str
    password: str = field(default="", repr=False)
    caller: str = ""
    registrar: str = ""
    expires_s: float = 300.0
    proxy: str = ""


@dataclass(frozen=True)
class BeLine:
    """Be that customer's line from now on, and answer with `IsLine`."""

    customer: Customer


@dataclass(frozen=True)
class Register:
    """Ask the registrar anew; `Registered` tells what it says."""


@dataclass(frozen=True)
class PlaceCall:
    """Call *number*, with *headers* in the INVITE."""

    number: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ask:
    """Ask the server (OPTIONS) for *number*, or for itself."""

    number: str


class KeyWay(Enum):
    """How keys leave."""

    EVENTS = "RTP events"
    INFO = "SIP INFO"
    SOUND = "tones in the sound"


@dataclass(frozen=True)
class SendKeys:
    """Press *keys* one after the other."""

    keys: str
    way: KeyWay
    hold_s: float
    gap_s: float
    secret: bool = False


@dataclass(frozen=True)
class Say:
    """Send sound: 8 kHz, 16 bit, little-endian."""

    sound: bytes = field(repr=False)


@dataclass(frozen=True)
class EndCall:
    """Hang up, or cancel a call that is not answered yet."""


@dataclass(frozen=True)
class Rest:
    """Answer with `Rested` if no call is up, so that another run may call."""


@dataclass(frozen=True)
class TellFigures:
    """Answer with `Figures`; the share of lost packets is counted from *since_s*."""

    since_s: float = float("-inf")


@dataclass(frozen=True)
class HandOver:
    """Answer with `Sound`: what arrived between two instants; what did so in *secret_s* is silent."""

    start_s: float
    end_s: float
    secret_s: tuple[tuple[float, float], ...] = ()


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


ToLine = BeLine | Register | PlaceCall | Ask | SendKeys | Say | EndCall | Rest | TellFigures | HandOver | WriteRecording
