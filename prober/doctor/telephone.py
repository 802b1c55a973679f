"""The way to the IVR: a SIP server that answers, the address it sees, and ports for the sound."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prober.channels.ivr.config import FEWEST_PORTS, TlsSettings
from prober.channels.ivr.config import Settings as IvrSettings
from prober.channels.ivr.packets.capture import Capture
from prober.channels.ivr.packets.evidence import filter_of
from prober.doctor.finding import Finding, Patient, broken, good, warning
from prober.errors import RobotBroken

_ANSWER_S = 4.0
_RETRANSMIT_S = (0.5, 1.0, 2.0)
"""Timer E of RFC 3261, 17.1.2.2."""
_SEEN = re.compile(r"^(?:Via|v)\s*:.*?;\s*received=([^;,\s]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"SIP/2\.0 (\d{3})\s*([^\r\n]*)")
_ALLOWED = (
    "See that the server runs, that channels.ivr.server and transport are right, and that a firewall lets SIP pass."
)


def _settings(patient: Patient) -> IvrSettings:
    settings: IvrSettings = patient.channels["ivr"]
    return settings


@dataclass(frozen=True)
class Reply:
    """What the server answered, from where we asked, and which address of ours it named (empty: none)."""

    status: str
    ours: str
    seen: str


async def server(patient: Patient) -> Finding | list[Finding]:
    """Send OPTIONS as a call would go; any answer will do, for a server may refuse them and take calls."""
    settings = _settings(patient)
    where = f"the SIP server {settings.server} ({settings.transport})"
    try:
        async with asyncio.timeout(_ANSWER_S):
            reply = await (_by_udp if settings.transport == "udp" else _by_tcp)(settings)
    except (TimeoutError, asyncio.IncompleteReadError):
        return broken(f"{where} does not answer OPTIONS within {_ANSWER_S:g} s", _ALLOWED)
    except OSError as exc:
        return broken(f"{where} is out of reach: {exc.strerror or exc}", _ALLOWED)
    return [good(f"{where} answers: {reply.status}"), _translated(reply)]


def _translated(reply: Reply) -> Finding:
    """Compare the address we send from with the one the server saw."""
    if reply.seen in ("", reply.ours):
        return good(f"calls leave from {reply.ours}; no address translation is seen")
    return warning(
        f"calls leave from {reply.ours}, and the server sees {reply.seen}: an address translation (NAT) lies between",
        "Let it keep the RTP ports (channels.ivr.rtp_ports), or place the robot inside; else calls may be one-way.",
    )


def _options(settings: IvrSettings, ours: tuple[Any, ...]) -> bytes:
    address = f"[{ours[0]}]" if ":" in ours[0] else ours[0]
    domain = settings.from_domain or settings.host
    tag, call = secrets.token_hex(6), secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:{settings.host}:{settings.port} SIP/2.0",
        f"Via: SIP/2.0/{settings.transport.upper()} {address}:{ours[1]};branch=z9hG4bK{call};rport",
        "Max-Forwards: 70",
        f"From: <sip:prober@{domain}>;tag={tag}",
        f"To: <sip:{settings.host}>",
        f"Call-ID: {call}@{address}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:prober@{address}:{ours[1]}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _read(answer: bytes, ours: str) -> Reply | None:
    """Return what an answer says; None where it is no final one."""
    text = answer.decode("utf-8", "replace")
    status = _STATUS.match(text)
    if status is None or status[1].startswith("1"):
        return None
    seen = _SEEN.search(text)
    return Reply(f"{status[1]} {status[2]}".strip(), ours, seen[1] if seen else "")


class _Asking(asyncio.DatagramProtocol):
    """Waits for the answer to one question."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.ours = ""

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        reply = _read(data, self.ours)
        if reply is not None and not self.answer.done():
            self.answer.set_result(reply)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _by_udp(settings: IvrSettings) -> Reply:
    loop = asyncio.get_running_loop()
    where = (settings.host.strip("[]"), settings.port)
    transport, asking = await loop.create_datagram_endpoint(_Asking, remote_addr=where)
    try:
        ours = transport.get_extra_info("sockname")
        asking.ours, question = ours[0], _options(settings, ours)
        for wait_s in (*_RETRANSMIT_S, None):
            transport.sendto(question)
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(asking.answer), wait_s)
    finally:
        asking.answer.cancel()
        transport.close()
    raise TimeoutError


def _trusts(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.certificate is not None:
        context.load_cert_chain(tls.certificate, tls.key)
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _by_tcp(settings: IvrSettings) -> Reply:
    trusts = _trusts(settings.tls) if settings.transport == "tls" else None
    reader, writer = await asyncio.open_connection(settings.host.strip("[]"), settings.port, ssl=trusts)
    try:
        ours = writer.get_extra_info("sockname")
        writer.write(_options(settings, ours))
        while True:
            if reply := _read(await reader.readuntil(b"\r\n\r\n"), ours[0]):
                return reply
    finally:
        writer.close()


async def packets(patient: Patient) -> Finding | list[Finding]:
    """Capture as a call's packets are captured, where they are to be kept."""
    wanted = filter_of(_settings(patient), "")
    if not wanted:
        return []
    try:
        await (await Capture.start(wanted)).drop()
    except RobotBroken as exc:
        return warning(f"channels.ivr.pcap is set, and {exc.what}; calls go on without", exc.cure)
    return good("the packets of calls can be captured (channels.ivr.pcap)")


def ports(patient: Patient) -> Finding:
    """See how many of the ports for RTP are free; a call takes two, each line process looks for its own."""
    settings = _settings(patient)
    first, last = settings.rtp_ports
    at_once = patient.settings.serve.at_once.ivr if patient.settings else 1
    taken = [port for port in range(first, last + 1) if not _is_free(port)]
    free = last - first + 1 - len(taken)
    wanted = max(FEWEST_PORTS, 2 * at_once)
    said = f"{free} of the {last - first + 1} RTP ports {first}-{last} are free"
    if free < wanted:
        cure = "End what holds them (ss -lunp), or choose other channels.ivr.rtp_ports."
        return broken(f"{said}, and {at_once} calls at once want {wanted}", cure)
    return good(said)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        try:
            door.bind(("", port))
        except OSError:
            return False
    return True
