"""
The PDUs of SMPP 3.4 that an SMS centre of this size needs, to and from octets.

Source: SMPP Protocol Specification v3.4, issue 1.2, chapters 4 and 5.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

LONGEST_BYTES = 70_000  # a message_payload of 64 KiB and its surroundings
_HEADER = struct.Struct(">IIII")


class Command(IntEnum):
    """The requests; an answer carries the same number with the top bit set."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    GENERIC_NACK = 0x80000000


class Status(IntEnum):
    """Why a request was refused [5.1.3]."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RALYBND = 0x05
    RINVSRCADR = 0x0A
    RINVDSTADR = 0x0B
    RBINDFAIL = 0x0D
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RSUBMITFAIL = 0x45
    RTHROTTLED = 0x58
    RINVOPTPARSTREAM = 0xC0


class Tag(IntEnum):
    """The optional parameters in use [5.3.2]."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Refused(Exception):
    """A request that gets an error status for an answer."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


@dataclass(frozen=True)
class Pdu:
    """A header and the octets after it."""

    command: int
    sequence: int
    status: int = Status.ROK
    body: bytes = b""

    @property
    def is_answer(self) -> bool:
        """Tell an answer from a request."""
        return bool(self.command & 0x80000000)

    def encode(self) -> bytes:
        """Return the octets on the wire."""
        return _HEADER.pack(_HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body

    def answer(self, status: Status = Status.ROK, body: bytes = b"") -> Pdu:
        """Return the answer to this request; a refusal has no body."""
        return Pdu(self.command | 0x80000000, self.sequence, status, b"" if status else body)


async def read_pdu(reader: asyncio.StreamReader) -> Pdu:
    """
    Return the next PDU.

    Raises:
        asyncio.IncompleteReadError: The peer has gone.
        Refused: The length cannot be true; where the next PDU begins is unknown.
    """
    length, command, status, sequence = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if not _HEADER.size <= length <= LONGEST_BYTES:
        raise Refused(Status.RINVCMDLEN)
    return Pdu(command, sequence, status, await reader.readexactly(length - _HEADER.size))


def cstring(text: str) -> bytes:
    """Return a C-octet string."""
    return text.encode("latin-1") + b"\0"


def tlv(tag: Tag, value: bytes) -> bytes:
    """Return one optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


class _Body:
    """Reads a body from left to right."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def cstring(self) -> str:
        text, end, self._octets = self._octets.partition(b"\0")
        if not end:
            raise Refused(Status.RINVMSGLEN)
        return text.decode("latin-1")

    def octets(self, count: int) -> bytes:
        taken, self._octets = self._octets[:count], self._octets[count:]
        if len(taken) < count:
            raise Refused(Status.RINVMSGLEN)
        return taken

    def tlvs(self) -> dict[int, bytes]:
        found = {}
        while self._octets:
            if len(self._octets) < 4:
                raise Refused(Status.RINVOPTPARSTREAM)
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found


@dataclass(frozen=True)
class Bind:
    """Who wants in, and whose messages they want."""

    system_id: str
    password: str
    address_range: str

    @classmethod
    def decode(cls, octets: bytes) -> Bind:
        """Read the body of a bind of any of the three kinds."""
        body = _Body(octets)
        system_id, password, _system_type = body.cstring(), body.cstring(), body.cstring()
        body.octets(3)  # interface version, type of number, numbering plan
        return cls(system_id, password, body.cstring())


@dataclass(frozen=True)
class ShortMessage:
    """The body of a submit_sm or a deliver_sm, as far as anyone here cares."""

    source: str
    destination: str
    octets: bytes
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)

    @classmethod
    def decode(cls, octets: bytes) -> ShortMessage:
        """Read a body; what message_payload carries becomes the message's octets."""
        body = _Body(octets)
        body.cstring()  # service type
        body.octets(2)
        source = body.cstring()
        body.octets(2)
        destination = body.cstring()
        esm_class, _protocol, _priority = body.octets(3)
        body.cstring(), body.cstring()  # schedule, validity
        registered_delivery, _replace, data_coding, _default, length = body.octets(5)
        short = body.octets(length)
        tlvs = body.tlvs()
        content = short or tlvs.get(Tag.MESSAGE_PAYLOAD, b"")
        return cls(source, destination, content, data_coding, esm_class, registered_delivery, tlvs)

    def encode(self) -> bytes:
        """Return the body. Numbers are of unknown type in the telephone plan, as short numbers must be."""
        return b"".join(
            (
                b"\0\0\1" + cstring(self.source),
                b"\0\1" + cstring(self.destination),
                bytes((self.esm_class, 0, 0)) + b"\0\0",
                bytes((self.registered_delivery, 0, self.data_coding, 0, len(self.octets))) + self.octets,
                *(tlv(Tag(tag), value) for tag, value in self.tlvs.items()),
            )
        )
