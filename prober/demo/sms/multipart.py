"""Long messages: put together when they come in, cut when they go out. Source: 3GPP TS 23.040, 9.2.3.24."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prober.demo.sms.alphabet import UCS2
from prober.demo.sms.pdu import Refused, ShortMessage, Status, Tag

HAS_HEADER = 0x40  # esm_class: the octets begin with a user data header
FORGET_AFTER_S = 300.0
_CHARACTERS_ALONE = 70
_BYTES_IN_A_PART = 134

_Place = tuple[int, int, int]  # reference, total, number from 1


@dataclass
class _Pile:
    began_s: float
    parts: dict[int, bytes] = field(default_factory=dict)


class Assembly:
    """Keeps the parts of long messages until the last one is in; half a message is forgotten after five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._piles: dict[tuple[str, str, int, int], _Pile] = {}

    def add(self, message: ShortMessage) -> bytes | None:
        """Return the octets of the whole message, or None while parts are missing."""
        place, octets = _place(message)
        if place is None:
            return octets
        reference, total, number = place
        now_s = self._clock()
        self._piles = {k: pile for k, pile in self._piles.items() if now_s - pile.began_s < FORGET_AFTER_S}
        key = (message.source, message.destination, reference, total)
        pile = self._piles.setdefault(key, _Pile(now_s))
        pile.parts[number] = octets
        if len(pile.parts) < total:
            return None
        del self._piles[key]
        return b"".join(pile.parts[n] for n in range(1, total + 1))


def _place(message: ShortMessage) -> tuple[_Place | None, bytes]:
    """Return a part's place in its message, None for a whole one, and its octets without the header."""
    place, octets = _sar(message), message.octets
    if message.esm_class & HAS_HEADER:
        if not octets or len(octets) <= octets[0]:
            raise Refused(Status.RSUBMITFAIL)
        header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
        place = next(_concatenations(header), place)
    if place is not None and not 1 <= place[2] <= place[1]:
        raise Refused(Status.RSUBMITFAIL)
    return (None if place is None or place[1] == 1 else place), octets


def _concatenations(header: bytes) -> Iterator[_Place]:
    while len(header) >= 2:
        element, length = header[0], header[1]
        value, header = header[2 : 2 + length], header[2 + length :]
        layout = {(0, 3): ">BBB", (8, 4): ">HBB"}.get((element, len(value)))
        if layout:
            reference, total, number = struct.unpack(layout, value)
            yield reference, total, number


def _sar(message: ShortMessage) -> _Place | None:
    tags = (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    if not all(tag in message.tlvs for tag in tags):
        return None
    reference, total, number = (int.from_bytes(message.tlvs[tag]) for tag in tags)
    return reference, total, number


class Cutter:
    """Cuts texts into messages, each long one under a reference of its own."""

    def __init__(self) -> None:
        self._references = itertools.cycle(range(256))

    def cut(self, text: str, *, source: str, destination: str) -> list[ShortMessage]:
        """Return a text as UCS-2 messages; one of more than 70 characters in parts with an 8-bit reference."""
        octets = text.encode("utf-16-be")
        if len(octets) <= 2 * _CHARACTERS_ALONE:
            return [ShortMessage(source, destination, octets, UCS2)]
        pieces = list(_pieces(octets))
        reference = next(self._references)
        return [
            ShortMessage(source, destination, bytes((5, 0, 3, reference, len(pieces), n)) + piece, UCS2, HAS_HEADER)
            for n, piece in enumerate(pieces, 1)
        ]


def _pieces(octets: bytes) -> Iterator[bytes]:
    while octets:
        end = _BYTES_IN_A_PART
        if len(octets) > end and 0xD8 <= octets[end - 2] <= 0xDB:
            end -= 2  # never between the halves of a surrogate pair: phones show two boxes
        yield octets[:end]
        octets = octets[end:]
