"""
RTP that may be kept: where nobody may hear it, silence that tells neither keys nor how many there were.

Source: RFC 3550 5.1 and 6.4.1, RFC 5761 4 (what is RTCP), RFC 4733 2.5 (keys as packets of their own).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("!BBHII")
_RTCP = range(192, 224)
_SENDER_REPORT = 200
_OCTETS = slice(24, 28)
_DYNAMIC = 96
"""Payload types from here on are what the SDP says: keys, for us, whose codecs have types of their own."""
_ALAW = 8
_SAMPLES = 160
_SILENCE = {0: b"\xff", _ALAW: b"\xd5"}


def is_rtcp(payload: bytes) -> bool:
    """Return whether it is a report on a stream."""
    return len(payload) >= 8 and payload[0] >> 6 == 2 and payload[1] in _RTCP


def is_rtp(payload: bytes) -> bool:
    """Return whether it is a packet of a stream."""
    return len(payload) >= _HEADER.size and payload[0] >> 6 == 2 and payload[1] not in _RTCP


@dataclass(frozen=True)
class _Packet:
    """What the header of an RTP packet tells."""

    kind: int
    number: int
    stamp: int
    source: int

    @classmethod
    def of(cls, payload: bytes) -> _Packet:
        _, kind, number, stamp, source = _HEADER.unpack_from(payload)
        return cls(kind & 0x7F, number, stamp, source)


class Streams:
    """The streams of one call, each known by its last packet that may be heard."""

    def __init__(self) -> None:
        self._last: dict[int, _Packet] = {}

    def clear(self, payload: bytes) -> bytes:
        """Return *payload* as it is."""
        packet = _Packet.of(payload)
        if packet.kind < _DYNAMIC:
            self._last[packet.source] = packet
        return payload

    def silenced(self, payload: bytes) -> bytes:
        """
        Return a packet of silence in its stead, dated as if no key had been pressed.

        All packets of a key bear one stamp: who counted those would know how many keys there were.
        """
        packet = _Packet.of(payload)
        last = self._last.setdefault(packet.source, packet)
        ahead = (packet.number - last.number + 0x8000) % 0x10000 - 0x8000
        kind = last.kind if last.kind in _SILENCE else _ALAW
        header = _HEADER.pack(0x80, kind, packet.number, (last.stamp + ahead * _SAMPLES) % 2**32, packet.source)
        return header + _SILENCE[kind] * _SAMPLES

    @staticmethod
    def report(payload: bytes) -> bytes:
        """Return a report without the count of bytes: a key's packets are shorter than those of sound."""
        if payload[1] != _SENDER_REPORT or len(payload) < _OCTETS.stop:
            return payload
        return payload[: _OCTETS.start] + bytes(4) + payload[_OCTETS.stop :]
