"""
What a deliver_sm says: a receipt, or (a part of) a message in any of the four ways a long one is carried.

Source: SMPP 3.4, 4.6.1 (deliver_sm), 5.2.12 (esm_class), 5.2.19 (data_coding), 5.3.2.22-24 (SAR),
appendix B (receipts); 3GPP TS 23.040 9.2.3.24 (user data header).
"""

from __future__ import annotations

import re
from typing import Protocol

from prober.channels.sms.encoding import ASCII, GSM7, LATIN1, UCS2
from prober.channels.sms.gateways.base import Concat, Part, Receipt, ReceiptState

CODINGS = {0x00: GSM7, 0x01: ASCII, 0x03: LATIN1, 0x08: UCS2, 0x10: GSM7, 0x18: UCS2} | dict.fromkeys(
    range(0xF0, 0xF4), GSM7
)
_USER_DATA_HEADER = 0x40
_MESSAGE_TYPE = 0x3C
_RECEIPTS = {0x04, 0x20}
_RECEIPT_TEXT = re.compile(r"id:(?P<id>\S+).*?stat:(?P<state>\w+)(?:.*?err:(?P<error>\w+))?", re.DOTALL | re.IGNORECASE)
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_MEANINGS = {
    "DELIVRD": ReceiptState.DELIVERED,
    "ENROUTE": ReceiptState.ON_ITS_WAY,
    "ACCEPTD": ReceiptState.ON_ITS_WAY,
}


class DeliverSm(Protocol):
    """The fields of a deliver_sm that are read here."""

    source_addr: bytes
    destination_addr: bytes
    esm_class: int
    data_coding: int
    short_message: bytes | None
    message_payload: bytes | None
    sar_msg_ref_num: int | None
    sar_total_segments: int | None
    sar_segment_seqnum: int | None
    receipted_message_id: bytes | None
    message_state: int | None


def read(pdu: DeliverSm, at_s: float) -> Receipt | Part:
    """Return what *pdu*, which arrived at *at_s*, says."""
    content = pdu.short_message or pdu.message_payload or b""
    if pdu.esm_class & _MESSAGE_TYPE in _RECEIPTS:
        return _receipt(pdu, content, at_s)
    concat = _segment(pdu)
    if pdu.esm_class & _USER_DATA_HEADER and content:
        header, content = content[1 : content[0] + 1], content[content[0] + 1 :]
        concat = _concat(header) or concat
    return Part(
        sender=text(pdu.source_addr),
        recipient=text(pdu.destination_addr),
        content=content,
        coding=CODINGS.get(pdu.data_coding, LATIN1),
        at_s=at_s,
        concat=concat,
    )


def text(octets: bytes | None) -> str:
    """Return an SMPP string; "" if it is not there."""
    return (octets or b"").decode("ascii", errors="replace")


def _receipt(pdu: DeliverSm, content: bytes, at_s: float) -> Receipt:
    found = _RECEIPT_TEXT.search(content.decode("latin-1"))
    written = found["state"].upper()[:7] if found else "UNKNOWN"
    state = _STATES.get(pdu.message_state or 0, written)
    error = found["error"] if found else None
    return Receipt(
        # The text first: in the TLV some gateways leave out the final NUL, and its last character is lost with it.
        message_id=found["id"] if found else text(pdu.receipted_message_id),
        state=_MEANINGS.get(state, ReceiptState.FAILED),
        words=f"{state}, error {error}" if error and error.strip("0") else state,
        at_s=at_s,
    )


def _segment(pdu: DeliverSm) -> Concat | None:
    if pdu.sar_msg_ref_num is None or pdu.sar_total_segments is None or pdu.sar_segment_seqnum is None:
        return None
    return Concat(pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum)


def _concat(header: bytes) -> Concat | None:
    while len(header) >= 2:
        kind, length = header[0], header[1]
        element, header = header[2 : 2 + length], header[2 + length :]
        if kind == 0x00 and len(element) == 3:
            return Concat(element[0], element[1], element[2])
        if kind == 0x08 and len(element) == 4:
            return Concat(int.from_bytes(element[:2], "big"), element[2], element[3])
    return None


def with_header(parts: tuple[bytes, ...], reference: int) -> list[bytes]:
    """Return *parts* with the header that joins them again (8-bit reference); a part alone needs none."""
    if len(parts) == 1:
        return [parts[0]]
    return [bytes([5, 0, 3, reference, len(parts), seq]) + part for seq, part in enumerate(parts, 1)]


def validity_period(seconds: float) -> str:
    """Return *seconds*, less than a day, as a relative time; "" for none.  Source: SMPP 3.4, 7.1.1.2."""
    whole = round(seconds)
    return f"000000{whole // 3600:02}{whole // 60 % 60:02}{whole % 60:02}000R" if whole else ""
