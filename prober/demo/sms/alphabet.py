"""What the octets of a message say."""

from __future__ import annotations

from prober.demo.sms.pdu import Refused, Status

UCS2 = 8

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1
_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = {0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
_CODECS = {1: "ascii", 3: "latin-1", UCS2: "utf-16-be"}


def decode(octets: bytes, data_coding: int) -> str:
    """
    Return the text of a message: GSM 7-bit one octet a character, ASCII, Latin-1 or UCS-2.

    Raises:
        Refused: The coding is none of these, or the octets are not of it.
    """
    try:
        return _gsm7(octets) if data_coding == 0 else octets.decode(_CODECS[data_coding])
    except (KeyError, IndexError, UnicodeDecodeError):
        raise Refused(Status.RSUBMITFAIL) from None


def _gsm7(octets: bytes) -> str:
    text, escaped = [], False
    for octet in octets:
        if escaped:
            text.append(_GSM7_ESCAPED.get(octet, " "))
        elif octet != 0x1B:
            text.append(_GSM7[octet])
        escaped = octet == 0x1B and not escaped
    return "".join(text)
