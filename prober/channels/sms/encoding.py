"""
What a text looks like on the air: GSM 7-bit where its alphabet has every character, else UCS-2.

Source: 3GPP TS 23.038 (alphabet, coding), TS 23.040 9.2.3.24.1 (parts). GSM characters go one to an octet here, as SMPP
carries them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GSM7 = "gsm7"
UCS2 = "ucs2"
LATIN1 = "latin-1"
ASCII = "ascii"

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ESCAPE = 0x1B
_TO_GSM = {char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes([_ESCAPE, code]) for code, char in _EXTENDED.items()
}
_LIMITS = {GSM7: (160, 153), UCS2: (140, 134)}
"""Octets of a message that stands alone, and of a part beside its 6 octets of header."""


@dataclass(frozen=True)
class Encoded:
    """A text in its parts; more than one need a header each."""

    coding: str
    parts: tuple[bytes, ...]


def encode(text: str) -> Encoded:
    """Return *text* in as few parts as it takes; no character is torn between two."""
    try:
        coding, characters = GSM7, [_TO_GSM[char] for char in text]
    except KeyError:
        coding, characters = UCS2, [char.encode("utf-16-be") for char in text]
    alone, beside_header = _LIMITS[coding]
    whole = b"".join(characters)
    return Encoded(coding, (whole,) if len(whole) <= alone else tuple(_fill(characters, beside_header)))


def _fill(characters: Sequence[bytes], limit: int) -> Iterable[bytes]:
    part = b""
    for character in characters:
        if len(part) + len(character) > limit:
            yield part
            part = b""
        part += character
    yield part


def decode(content: bytes, coding: str) -> str:
    """Return the text of a whole message; what cannot be read becomes U+FFFD, never an error."""
    if coding == GSM7:
        return _from_gsm(content)
    return content.decode("utf-16-be" if coding == UCS2 else coding, errors="replace")


def _from_gsm(content: bytes) -> str:
    text: list[str] = []
    octets = iter(content)
    for octet in octets:
        if octet == _ESCAPE:
            # An unknown extension shows as its basic character, as handsets do (TS 23.038 6.2.1.1).
            code = next(octets, 0x20)
            text.append(_EXTENDED.get(code) or (_BASIC[code] if code < 0x80 else "\ufffd"))
        else:
            text.append(_BASIC[octet] if octet < 0x80 else "\ufffd")
    return "".join(text)
