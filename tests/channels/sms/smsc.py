"""
A small SMS centre that does what a test tells it, right or wrong.

It shares no code with the robot, nor with smpplib, so that mistakes of a codec cannot cancel out.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, ENQUIRE_LINK, UNBIND = 0x09, 0x04, 0x05, 0x15, 0x06
BIND_TRANSMITTER = 0x02
OK, THROTTLED, QUEUE_FULL, BAD_SOURCE, BAD_DESTINATION, BAD_PASSWORD = 0x00, 0x58, 0x14, 0x0A, 0x0B, 0x0E
STYLES = ("udh8", "udh16", "sar", "payload")


@dataclass(frozen=True)
class Submit:
    """A submit_sm as it came."""

    sequence: int
    source: str
    destination: str
    esm_class: int
    coding: int
    octets: bytes
    validity: str
    registered_delivery: int

    @property
    def text(self) -> str:
        """Its text, as far as tests send any: UCS-2 or ASCII."""
        octets = self.octets[self.octets[0] + 1 :] if self.esm_class & 0x40 else self.octets
        return octets.decode("utf-16-be" if self.coding == 8 else "ascii")


@dataclass
class Bind:
    """One bound robot."""

    smsc: Smsc
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    system_id: str = ""
    password: str = ""
    address_range: str = ""
    transmits_only: bool = False
    acknowledged: dict[int, asyncio.Future[int]] = field(default_factory=dict)

    def put(self, command: int, sequence: int, status: int = OK, body: bytes = b"") -> None:
        """Send a PDU."""
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def accept(self, submit: Submit, message_id: str) -> None:
        """Agree to a submit."""
        self.put(SUBMIT_SM | 1 << 31, submit.sequence, OK, message_id.encode() + b"\0")

    def refuse(self, submit: Submit, status: int) -> None:
        """Refuse a submit; such an answer has no body."""
        self.put(SUBMIT_SM | 1 << 31, submit.sequence, status)

    async def deliver(self, body: bytes) -> None:
        """Send a deliver_sm, and return when the robot has acknowledged it."""
        sequence = next(self.smsc.sequences)
        acknowledged = self.acknowledged[sequence] = asyncio.get_running_loop().create_future()
        self.put(DELIVER_SM, sequence, body=body)
        await asyncio.wait_for(acknowledged, 10)

    async def reply(self, text: str, *, style: str = "udh8", sender: str = "10086", reference: int = 7) -> None:
        """Send a text, in parts where it is long."""
        for body in message(text, style=style, sender=sender, to=self.address_range, reference=reference):
            await self.deliver(body)

    async def receipt(self, message_id: str, state: str = "DELIVRD", error: str = "000", *, text: bool = True) -> None:
        """Send a delivery receipt, as text or as optional parameters only."""
        words = f"id:{message_id} sub:001 dlvrd:001 submit date:2611210101 done date:2611210101 "
        octets = f"{words}stat:{state} err:{error} text:".encode() if text else b""
        states = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "REJECTD": 8}
        extra = tlv(0x001E, message_id.encode() + b"\0") + tlv(0x0427, bytes([states[state]]))
        await self.deliver(short_message("10086", self.address_range, octets, esm_class=0x04, coding=0, extra=extra))

    async def serve(self) -> None:
        """Answer until the robot leaves."""
        while True:
            try:
                length, command, status, sequence = struct.unpack(">IIII", await self.reader.readexactly(16))
                body = await self.reader.readexactly(length - 16)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            if command == DELIVER_SM | 1 << 31:
                self.acknowledged.pop(sequence).set_result(status)
            elif command in {BIND_TRANSCEIVER, BIND_TRANSMITTER}:
                await self._bound(command, sequence, body)
            elif command == SUBMIT_SM:
                await self._submitted(read_submit(sequence, body))
            elif command in {ENQUIRE_LINK, UNBIND} and self.smsc.answers_links:
                self.put(command | 1 << 31, sequence)
            if command == UNBIND:
                return

    async def _bound(self, command: int, sequence: int, body: bytes) -> None:
        system_id, password, _type, rest = body.split(b"\0", 3)
        self.system_id, self.password = system_id.decode(), password.decode()
        self.address_range = rest[3:-1].decode()
        self.transmits_only = command == BIND_TRANSMITTER
        self.put(command | 1 << 31, sequence, self.smsc.bind_status, b"smsc\0" if not self.smsc.bind_status else b"")
        self.smsc.binds.append(self)
        for stored in self.smsc.stored:
            self.smsc.sideline(self.deliver(stored))
        self.smsc.stored.clear()

    async def _submitted(self, submit: Submit) -> None:
        self.smsc.submits.append(submit)
        # On its own, so that the robot's acknowledgements are read meanwhile.
        self.smsc.sideline(self.smsc.behave(self, submit))


Behaviour = Callable[[Bind, Submit], Awaitable[None]]


async def delivers_and_answers(bind: Bind, submit: Submit) -> None:
    """What a healthy centre does."""
    message_id = f"{next(bind.smsc.ids):08x}"
    bind.accept(submit, message_id)
    await bind.receipt(message_id)
    await bind.reply(f"{submit.text}: 余额为86.50元")


async def accepts_only(bind: Bind, submit: Submit) -> None:
    """A centre behind which nobody lives."""
    bind.accept(submit, f"{next(bind.smsc.ids):08x}")


class Smsc:
    """Listens on a free port of 127.0.0.1. Whatever goes wrong in it is raised when it closes."""

    def __init__(self) -> None:
        self.behave: Behaviour = delivers_and_answers
        self.bind_status = OK
        self.answers_links = True
        self.stored: list[bytes] = []
        self.binds: list[Bind] = []
        self.submits: list[Submit] = []
        self.sequences = itertools.count(1)
        self.ids = itertools.count(0x1A2B)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._work: list[asyncio.Task[None]] = []

    @property
    def bind(self) -> Bind:
        """The newest bind."""
        return self.binds[-1]

    async def __aenter__(self) -> Smsc:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in self._work:
            task.cancel()
        for ended in await asyncio.gather(*self._connections, *self._work, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    def sideline(self, work: Awaitable[None]) -> None:
        """Do something beside reading."""

        async def do() -> None:
            await work

        self._work.append(asyncio.create_task(do()))

    async def quiet(self) -> None:
        """Return when all that was begun is done: whatever was to be delivered has been acknowledged."""
        while not all(task.done() for task in self._work):
            await asyncio.wait_for(asyncio.gather(*self._work), 10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.append(task)
        self._writers.append(writer)
        try:
            await Bind(self, reader, writer).serve()
        finally:
            writer.close()


def tlv(tag: int, value: bytes) -> bytes:
    """One optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


def short_message(
    source: str, destination: str, octets: bytes, *, esm_class: int = 0, coding: int = 8, extra: bytes = b""
) -> bytes:
    """The body of a deliver_sm."""
    return b"".join(
        (
            b"\0" + b"\0\1" + source.encode() + b"\0" + b"\1\1" + destination.encode() + b"\0",
            bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, coding, 0, len(octets))) + octets + extra,
        )
    )


def message(text: str, *, style: str, sender: str, to: str, reference: int) -> list[bytes]:
    """The bodies of the deliver_sm that carry a UCS-2 text, in one of the four ways, in parts of 66 characters."""
    octets = text.encode("utf-16-be")
    if style == "payload":
        return [short_message(sender, to, b"", extra=tlv(0x0424, octets))]
    pieces = [octets[at : at + 132] for at in range(0, len(octets), 132)] or [b""]
    if len(pieces) == 1:
        return [short_message(sender, to, octets)]
    bodies = []
    for seq, piece in enumerate(pieces, 1):
        if style == "sar":
            extra = (
                tlv(0x020C, struct.pack(">H", reference))
                + tlv(0x020E, bytes([len(pieces)]))
                + tlv(0x020F, bytes([seq]))
            )
            bodies.append(short_message(sender, to, piece, extra=extra))
        else:
            wide = style == "udh16"
            header = b"\6\x08\4" + struct.pack(">H", reference) if wide else b"\5\0\3" + bytes([reference])
            bodies.append(short_message(sender, to, header + bytes([len(pieces), seq]) + piece, esm_class=0x40))
    return bodies


def read_submit(sequence: int, body: bytes) -> Submit:
    """The fields of a submit_sm that tests look at."""
    _service, rest = body.split(b"\0", 1)
    source, rest = rest[2:].split(b"\0", 1)
    destination, rest = rest[2:].split(b"\0", 1)
    esm_class = rest[0]
    _schedule, validity, rest = rest[3:].split(b"\0", 2)
    registered, _replace, coding, _default, length = rest[:5]
    numbers = source.decode(), destination.decode()
    return Submit(sequence, *numbers, esm_class, coding, rest[5 : 5 + length], validity.decode(), registered)
