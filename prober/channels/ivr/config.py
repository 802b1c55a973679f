"""Settings of the IVR channel: `channels.ivr` in config.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from prober.channels.ivr.commands import Srtp
from prober.channels.ivr.speech.config import SpeechSettings
from prober.channels.ivr.voice.config import VoiceSettings
from prober.loading.fields import STRICT, Text, WorkspacePath, refusal

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[^\s:/@]+)(?::(?P<port>\d{1,5}))?")
_PORTS = re.compile(r"(\d{1,5})-(\d{1,5})")
FEWEST_PORTS = 8
SIP_PORT = 5060


def _address(value: object) -> str:
    text = str(value).strip()
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"] or SIP_PORT) < 65536:
        raise refusal(f"‘{text}’ is not an address: write host:port, for example 10.0.0.5:5060")
    return text


def _ports(value: object) -> tuple[int, int]:
    found = _PORTS.fullmatch(str(value).strip())
    if found is None:
        raise refusal(f"‘{value}’ is not a range of ports: write 20000-29999")
    first, last = int(found[1]), int(found[2])
    if not 1024 <= first <= last - FEWEST_PORTS + 1 or last > 65535:
        raise refusal(f"‘{value}’: ports lie between 1024 and 65535, and {FEWEST_PORTS} are the fewest")
    return first, last


def _header(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z0-9.!%*_+`'~-]+", name):
        raise refusal(f"‘{name}’ is not the name of a SIP header")
    return name


HeaderName = Annotated[Text, AfterValidator(_header)]
Address = Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string", "examples": ["10.0.0.5:5060"]})]
Ports = Annotated[tuple[int, int], BeforeValidator(_ports), WithJsonSchema({"type": "string", "pattern": r"^\d+-\d+$"})]
Codec = Literal["PCMA", "PCMU"]


class TlsSettings(BaseModel):
    """Whom the robot trusts by TLS, and as whom it speaks."""

    model_config = STRICT
    ca: WorkspacePath | None = Field(default=None, description="The certificates it trusts (PEM); None: the system's")
    certificate: WorkspacePath | None = Field(default=None, description="Its own certificate (PEM), where one is asked")
    key: WorkspacePath | None = Field(default=None, description="The key of that certificate (PEM)")
    verify: bool = Field(default=True, description="Whether the server's certificate must be right")


class Settings(BaseModel):
    """How the robot calls."""

    model_config = STRICT

    server: Address = Field(description="The SIP server that calls go to, host:port (5060 if no port is given)")
    transport: Literal["udp", "tcp", "tls"] = Field(default="udp", description="How SIP messages travel")
    tls: TlsSettings = Field(default_factory=TlsSettings, description="Whom TLS trusts, and as whom it speaks")
    srtp: Srtp = Field(default=Srtp.OFF, description="Whether the sound is encrypted (SRTP, keys in the SDP)")
    prompts: WorkspacePath = Field(description="The folder of the recorded prompts and of prompts.yaml")
    from_domain: Text = Field(default="", description="The domain in From; the server's host if empty")
    codecs: tuple[Codec, ...] = Field(
        default=("PCMA", "PCMU"), min_length=1, description="The codecs that are offered, the preferred one first"
    )
    rtp_ports: Ports = Field(default=(20000, 29999), description="The local ports for RTP, first-last")
    probe_header: HeaderName = Field(
        default="X-Probe-ID", description="The header that every INVITE tells its run's id in; none if empty"
    )
    headers: dict[HeaderName, Text] = Field(default_factory=dict, description="Headers added to every INVITE")
    pcap: bool = Field(default=False, description="Whether each call's packets are kept where the machine allows it")
    speech: SpeechSettings | None = Field(default=None, description="What recognises speech; None: nothing does")
    voice: VoiceSettings | None = Field(default=None, description="What speaks texts; None: nothing does")

    @property
    def host(self) -> str:
        """The server's host alone."""
        return self.server.rpartition(":")[0] if self._has_port else self.server

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self.server.rpartition(":")[2]) if self._has_port else SIP_PORT

    @property
    def _has_port(self) -> bool:
        found = _ADDRESS.fullmatch(self.server)
        return found is not None and found["port"] is not None
