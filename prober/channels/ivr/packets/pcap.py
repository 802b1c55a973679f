"""
UDP datagrams in and out of capture files.

Source: draft-ietf-opsawg-pcap (the file), https://www.tcpdump.org/linktypes.html (what stands before the IP packet).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MICROSECONDS, _NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
_HEAD_BYTES, _RECORD_BYTES = 24, 16
_SNAPSHOT_BYTES = 262144
_NULL, _ETHERNET, _LOOP, _RAW, _COOKED, _COOKED_2 = 0, 1, 108, 101, 113, 276
_RAW_TOO = (12, 14, _RAW)
"""12 and 14: as some systems have it."""
_TAGS = (b"\x81\x00", b"\x88\xa8")
"""Ethernet types of a VLAN's tag, which stands before the packet's own type."""
_UDP, _UDP_BYTES = 17, 8
_HEADER_BYTES = {4: 20, 6: 40}
"""How long an IP header is at the least, by its version."""
_FRAGMENT = 0x3FFF
"""More fragments are to come, or this one does not begin the packet."""

Place = tuple[bytes, int]
"""An address, and a port."""


@dataclass(frozen=True)
class Datagram:
    """A UDP datagram: *at_ns* by the wall clock, and the header of the IP packet it came in."""

    at_ns: int
    source: Place
    target: Place
    payload: bytes
    header: bytes
    interface: int = 0
    """The number of the interface it passed; 0 where that was not written down."""


def read(file: BinaryIO) -> Iterator[Datagram]:
    """
    Yield the UDP datagrams of a capture; packets in fragments and such as were cut are left out.

    Raises:
        ValueError: It is no capture, or one of another kind of network.
    """
    head = file.read(_HEAD_BYTES)
    order = next((one for one in "<>" if len(head) == _HEAD_BYTES and _magic(one, head) in _UNITS), None)
    if order is None:
        raise ValueError("it is no capture")
    unit_ns, link = _UNITS[_magic(order, head)], struct.unpack_from(f"{order}I", head, 20)[0] & 0xFFFF
    packet_of = _LINKS.get(link)
    if packet_of is None:
        raise ValueError(f"its link type is {link}, which the robot cannot read")
    while len(record := file.read(_RECORD_BYTES)) == _RECORD_BYTES:
        seconds, parts, kept, length = struct.unpack(f"{order}IIII", record)
        frame = file.read(kept)
        if len(frame) == length:
            interface, packet = packet_of(frame)
            yield from _datagrams(seconds * 1_000_000_000 + parts * unit_ns, interface, packet)


def write(datagrams: Iterable[Datagram]) -> bytes:
    """Return a capture of *datagrams*, as IP packets whose lengths and checksums are right."""
    parts = [struct.pack("<IHHiIII", _NANOSECONDS, 2, 4, 0, 0, _SNAPSHOT_BYTES, _RAW)]
    for one in datagrams:
        packet = _packet(one)
        seconds, nanoseconds = divmod(one.at_ns, 1_000_000_000)
        parts += [struct.pack("<IIII", seconds, nanoseconds, len(packet), len(packet)), packet]
    return b"".join(parts)


_UNITS = {_MICROSECONDS: 1000, _NANOSECONDS: 1}


def _magic(order: str, head: bytes) -> int:
    magic: int = struct.unpack_from(f"{order}I", head)[0]
    return magic


def _ethernet(frame: bytes) -> tuple[int, bytes]:
    at = 12
    while frame[at : at + 2] in _TAGS:
        at += 4
    return 0, frame[at + 2 :] if frame[at : at + 2] in (b"\x08\x00", b"\x86\xdd") else b""


def _cooked_2(frame: bytes) -> tuple[int, bytes]:
    return int.from_bytes(frame[4:8], "big"), frame[20:]


_LINKS: dict[int, Callable[[bytes], tuple[int, bytes]]] = {
    _NULL: lambda frame: (0, frame[4:]),
    _LOOP: lambda frame: (0, frame[4:]),
    _ETHERNET: _ethernet,
    _COOKED: lambda frame: (0, frame[16:]),
    _COOKED_2: _cooked_2,
    **dict.fromkeys(_RAW_TOO, lambda frame: (0, frame)),
}
"""How the interface and the IP packet are found in what was captured, by the link type."""


def _datagrams(at_ns: int, interface: int, packet: bytes) -> Iterator[Datagram]:
    version = packet[0] >> 4 if packet else 0
    if len(packet) < _HEADER_BYTES.get(version, len(packet) + 1):
        return
    if version == 4 and packet[9] == _UDP and not struct.unpack_from("!H", packet, 6)[0] & _FRAGMENT:
        header, source, target = packet[: (packet[0] & 0xF) * 4], packet[12:16], packet[16:20]
    elif version == 6 and packet[6] == _UDP:
        header, source, target = packet[:40], packet[8:24], packet[24:40]
    else:
        return
    start = len(header) + _UDP_BYTES
    if len(packet) >= start:
        ours, theirs, length = struct.unpack_from("!HHH", packet, len(header))
        yield Datagram(at_ns, (source, ours), (target, theirs), packet[start : len(header) + length], header, interface)


def _packet(one: Datagram) -> bytes:
    length = _UDP_BYTES + len(one.payload)
    ports = struct.pack("!HHH", one.source[1], one.target[1], length)
    checksum = _checksum(one.source[0], one.target[0], struct.pack("!HH", _UDP, length), ports, one.payload) or 0xFFFF
    return b"".join((_header(one.header, length), ports, struct.pack("!H", checksum), one.payload))


def _header(header: bytes, length: int) -> bytes:
    if header[0] >> 4 == 6:
        return header[:4] + struct.pack("!H", length) + header[6:]
    blank = header[:2] + struct.pack("!H", len(header) + length) + header[4:10] + b"\0\0" + header[12:]
    return blank[:10] + struct.pack("!H", _checksum(blank)) + blank[12:]


def _checksum(*parts: bytes) -> int:
    """Return the checksum of the Internet, RFC 1071. Every part but the last is of an even length."""
    total = 0
    for part in parts:
        even = part + b"\0" * (len(part) % 2)
        total += sum(struct.unpack(f"!{len(even) // 2}H", even))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
