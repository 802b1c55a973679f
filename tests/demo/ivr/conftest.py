"""A caller of our own making (SIP and RTP by hand on sockets), independent of the library the door is built on."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from prober.demo import recordings
from prober.demo.customers import Customers
from prober.demo.faults import Fault
from prober.demo.ivr.door import IvrDoor
from prober.demo.recordings import A_LAW, Pcm

HOST = "127.0.0.1"
FOLDER = recordings.find_folder()
PCMA, EVENT = 8, 101


class Socket(asyncio.DatagramProtocol):
    """Keeps what comes, with the time it came."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait((time.monotonic(), data))


@dataclass
class Caller:
    """One call to the door."""

    sip: asyncio.DatagramTransport
    signals: Socket
    rtp: asyncio.DatagramTransport
    media: Socket
    control: Socket
    user: str
    port: int
    statuses: list[tuple[float, int]] = field(default_factory=list)
    dialog: str = ""
    sequence: int = 1
    presses: int = 0
    reason: str = ""
    media_to: tuple[str, int] = (HOST, 0)

    def send(self, method: str, *, number: str = "10086", body: str = "", kind: str = "application/sdp") -> None:
        own = self.sip.get_extra_info("sockname")[1]
        to = self.dialog or f"To: <sip:{number}@{HOST}:{self.port}>"
        branch = "INVITE" if method == "CANCEL" else method  # a CANCEL is known by its INVITE's
        text = (
            f"{method} sip:{number}@{HOST}:{self.port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOST}:{own};branch=z9hG4bK{branch}{own}{self.sequence}\r\n"
            f"From: <sip:{self.user}@{HOST}>;tag=t{own}\r\n{to}\r\nCall-ID: c{own}\r\n"
            f"CSeq: {self.sequence} {method}\r\nContact: <sip:{self.user}@{HOST}:{own}>\r\nMax-Forwards: 70\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        self.sip.sendto(text.encode(), (HOST, self.port))

    async def final(self) -> int:
        """Return the final status of the last request."""
        while True:
            at_s, data = await asyncio.wait_for(self.signals.came.get(), 10)
            text = data.decode()
            if not text.startswith("SIP/2.0"):
                continue
            status = int(text.split()[1])
            self.statuses.append((at_s, status))
            if status >= 200:
                self.dialog = re.search(r"^To: .*$", text, re.MULTILINE)[0].strip()
                if found := re.search(r"m=audio (\d+)", text):
                    self.media_to = (HOST, int(found[1]))
                return status

    def invite(self, number: str = "10086") -> None:
        own = self.rtp.get_extra_info("sockname")[1]
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {own} RTP/AVP {PCMA} {EVENT}\r\n"
            f"a=rtpmap:{PCMA} PCMA/8000\r\na=rtpmap:{EVENT} telephone-event/8000\r\n"
        )
        self.send("INVITE", number=number, body=body)

    async def dial(self, number: str = "10086") -> int:
        self.invite(number)
        status = await self.final()
        self.send("ACK", number=number)
        return status

    async def info(self, key: str) -> int:
        self.sequence += 1
        self.send("INFO", body=f"Signal={key}\r\nDuration=160\r\n", kind="application/dtmf-relay")
        return await self.final()

    def press(self, key: str) -> None:
        """Press a key by RFC 4733: the event's beginning, and its end three times."""
        self.presses += 1
        for number, (end, length) in enumerate([(0, 160), (0x80, 800), (0x80, 800), (0x80, 800)]):
            marker = 0 if number else 0x80
            order = 4 * self.presses + number
            header = struct.pack("!BBHII", 0x80, EVENT | marker, order, 8000 * self.presses, 7)
            self.rtp.sendto(header + struct.pack("!BBH", "0123456789*#".index(key), end | 10, length), self.media_to)

    async def packets(self, count: int) -> list[bytes]:
        """Return the next *count* RTP packets."""
        return [(await asyncio.wait_for(self.media.came.get(), 2))[1] for _ in range(count)]

    async def listen(self, seconds: float) -> Pcm:
        """Return the next *seconds* of sound."""
        packets = await self.packets(round(seconds * 50))
        return A_LAW[np.frombuffer(b"".join(packet[12:] for packet in packets), np.uint8)]

    async def hung_up(self, within_s: float) -> float:
        """Answer the door's BYE, and return when it came."""
        while True:
            at_s, data = await asyncio.wait_for(self.signals.came.get(), within_s)
            if data.startswith(b"BYE"):
                self.reason = "".join(re.findall(r"^Reason: (.*)$", data.decode(), re.MULTILINE))
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*$", data.decode(), re.MULTILINE)
                answer = "\r\n".join(["SIP/2.0 200 OK", *(line.strip() for line in kept), "Content-Length: 0"])
                self.sip.sendto(answer.encode() + b"\r\n\r\n", (HOST, self.port))
                return at_s

    async def leave(self) -> None:
        self.sequence += 1
        self.send("BYE")
        await self.final()


def _neighbours() -> tuple[socket.socket, socket.socket]:
    """Return sockets at two ports one behind the other: RTP's and RTCP's."""
    while True:
        first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        first.bind((HOST, 0))
        try:
            second.bind((HOST, first.getsockname()[1] + 1))
        except OSError:
            first.close()
            second.close()
        else:
            return first, second


@asynccontextmanager
async def calling(port: int, user: str) -> AsyncIterator[Caller]:
    loop = asyncio.get_running_loop()
    sip, signals = await loop.create_datagram_endpoint(Socket, (HOST, 0))
    rtp_socket, rtcp_socket = _neighbours()
    rtp, media = await loop.create_datagram_endpoint(Socket, sock=rtp_socket)
    rtcp, control = await loop.create_datagram_endpoint(Socket, sock=rtcp_socket)
    try:
        yield Caller(sip, signals, rtp, media, control, user, port)
    finally:
        for one in (sip, rtp, rtcp):
            one.close()


@dataclass
class House:
    """An open door, what is behind it, and the switch of its fault."""

    door: IvrDoor
    port: int
    customers: Customers
    faults: list[Fault | None]
    """The one that is on."""

    def caller(self, user: str = "13800000001") -> AbstractAsyncContextManager[Caller]:
        return calling(self.port, user)


@pytest.fixture(scope="session")
def ivr_recordings() -> recordings.Recordings:
    """The recordings, decoded."""
    return recordings.load(FOLDER)


@pytest.fixture
def ivr_door(tmp_path: Path, demo_customers: Customers) -> Callable[..., IvrDoor]:
    """Makes a door that is not open yet."""

    def make(port: int = 0, *, folder: Path = FOLDER, fault: Callable[[], Fault | None] = lambda: None) -> IvrDoor:
        return IvrDoor(HOST, port, customers_path=tmp_path / "customers.sqlite", recordings=folder, fault=fault)

    return make


@pytest.fixture
async def house(ivr_door: Callable[..., IvrDoor], demo_customers: Customers) -> AsyncIterator[House]:
    """An open door."""
    faults: list[Fault | None] = [None]
    door = ivr_door(fault=lambda: faults[0])
    yield House(door, await door.start(), demo_customers, faults)
    await door.close()


@pytest.fixture
async def terse_house(
    tmp_path: Path, ivr_door: Callable[..., IvrDoor], demo_customers: Customers
) -> AsyncIterator[House]:
    """An open door whose recordings are over after 0.3 s."""
    (tmp_path / "terse" / "pieces").mkdir(parents=True)
    for path in FOLDER.rglob("*.wav"):
        (tmp_path / "terse" / path.relative_to(FOLDER)).write_bytes(path.read_bytes()[: 58 + 2400])
    faults: list[Fault | None] = [None]
    door = ivr_door(folder=tmp_path / "terse", fault=lambda: faults[0])
    yield House(door, await door.start(), demo_customers, faults)
    await door.close()
