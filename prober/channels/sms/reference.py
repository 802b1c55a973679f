"""
A tiny SMSC on loopback: what it answers is known, so what does not arrive is the robot's own fault.

It shares no code with the robot's side of the link, so that mistakes of a codec cannot cancel out.
Source: SMPP 3.4, 4.1 to 4.6, appendix B; 3GPP TS 23.040 9.2.3.24.1.
"""

from __future__ import annotations

import asyncio
import struct

_BIND, _SUBMIT, _DELIVER, _ENQUIRE, _UNBIND = 0x09, 0x04, 0x05, 0x15, 0x06
_RESPONSE = 0x80000000
_IS_RECEIPT, _HAS_HEADER, _UCS2 = 0x04, 0x40, 0x08
_PART_OCTETS = 134
MESSAGE_ID = "5E1F"
REPLY = "尊敬的客户，这是机器人自检的回复，" + "分两段送达，应当完整无缺，" * 5 + "谢谢。"


class ReferenceSmsc:
    """Takes every bind and every message; delivers a receipt of each, and REPLY in two parts."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def start(self) -> int:
        """Open a free port of 127.0.0.1 and return its number. Raises OSError if there is none."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up, and close the port."""
        if self._server is not None:
            self._server.close()
        connections = dict(self._connections)
        for writer in connections:
            writer.close()
        await asyncio.gather(*connections.values())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections[writer] = task
        try:
            while True:
                length, command, _status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                self._answer(writer, command, sequence, await reader.readexactly(length - 16))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the robot has left
        finally:
            self._connections.pop(writer, None)
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes) -> None:
        match command:
            case _ if command == _BIND:
                _put(writer, _BIND | _RESPONSE, sequence, b"reference\0")
            case _ if command == _SUBMIT:
                _put(writer, _SUBMIT | _RESPONSE, sequence, MESSAGE_ID.encode() + b"\0")
                service, msisdn = _addresses(body)
                for number, message in enumerate(_answers(service, msisdn), 1):
                    _put(writer, _DELIVER, number, message)
            case _ if command in {_ENQUIRE, _UNBIND}:
                _put(writer, command | _RESPONSE, sequence)


def _put(writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes = b"") -> None:
    writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)


def _addresses(submit: bytes) -> tuple[bytes, bytes]:
    """Return the destination and the source of a submit_sm."""
    _service_type, rest = submit.split(b"\0", 1)
    source, rest = rest[2:].split(b"\0", 1)
    return rest[2:].split(b"\0", 1)[0], source


def _answers(service: bytes, msisdn: bytes) -> list[bytes]:
    receipt = (
        f"id:{MESSAGE_ID} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:"
    )
    octets = REPLY.encode("utf-16-be")
    pieces = [octets[at : at + _PART_OCTETS] for at in range(0, len(octets), _PART_OCTETS)]
    headed = [bytes([5, 0, 3, 1, len(pieces), seq]) + piece for seq, piece in enumerate(pieces, 1)]
    return [
        _message(service, msisdn, receipt.encode(), esm_class=_IS_RECEIPT, coding=0),
        *(_message(service, msisdn, piece, esm_class=_HAS_HEADER, coding=_UCS2) for piece in headed),
    ]


def _message(source: bytes, destination: bytes, octets: bytes, *, esm_class: int, coding: int) -> bytes:
    addresses = b"\0\0\1" + source + b"\0\1\1" + destination + b"\0"
    return addresses + bytes((esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(octets))) + octets
