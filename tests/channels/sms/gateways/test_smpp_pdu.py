"""What a deliver_sm says, in PDUs made by smpplib."""

from __future__ import annotations

from typing import Any

import pytest
from smpplib import gsm
from smpplib.client import SimpleSequenceGenerator
from smpplib.smpp import make_pdu, parse_pdu

from prober.channels.sms.encoding import GSM7, LATIN1, UCS2
from prober.channels.sms.gateways.base import Concat, Part, Receipt, ReceiptState
from prober.channels.sms.gateways.smpp_pdu import read, validity_period, with_header

COUNTER = SimpleSequenceGenerator()  # all that smpplib's PDUs want of a client


def delivered(**fields: Any) -> Receipt | Part:
    made = make_pdu("deliver_sm", client=COUNTER, source_addr="10086", destination_addr="13800000001", **fields)
    return read(parse_pdu(made.generate(), client=COUNTER, allow_unknown_opt_params=True), 1.5)


def test_a_plain_message_is_one_part() -> None:
    """Who, to whom, what and when."""
    part = delivered(short_message="余额".encode("utf-16-be"), data_coding=8)
    assert part == Part("10086", "13800000001", "余额".encode("utf-16-be"), UCS2, 1.5)


@pytest.mark.parametrize(
    ("header", "concat"),
    [
        (b"\5\0\3\7\3\2", Concat(7, 3, 2)),
        (b"\6\x08\4\1\2\3\1", Concat(0x0102, 3, 1)),
        (b"\x0b\5\4\0\1\0\2\0\3\7\2\1", Concat(7, 2, 1)),
        (b"\3\x24\1\0", None),
        (b"\2\0\3", None),
    ],
)
def test_the_user_data_header_is_read_and_taken_off(header: bytes, concat: Concat | None) -> None:
    """8 and 16 bit references, beside other elements; one that is torn or of another kind is no concatenation."""
    part = delivered(short_message=header + b"\0A", data_coding=8, esm_class=0x40)
    assert isinstance(part, Part)
    assert (part.concat, part.content) == (concat, b"\0A")


def test_segments_and_payload_come_as_optional_parameters() -> None:
    """SAR numbers, and a text beside the short message."""
    sar = {"sar_msg_ref_num": 300, "sar_total_segments": 3, "sar_segment_seqnum": 2}
    part = delivered(short_message=b"A", **sar)
    assert isinstance(part, Part)
    assert (part.concat, part.coding) == (Concat(300, 3, 2), GSM7)
    part = delivered(message_payload=b"\0A" * 200, data_coding=8)
    assert isinstance(part, Part)
    assert (part.content, part.concat) == (b"\0A" * 200, None)


def test_our_parts_are_those_of_smpplib() -> None:
    """Header and cut are the same, but for the reference it takes at random."""
    text = "中国移动" * 50
    theirs, coding, _ = gsm.make_parts(text, 8)
    ours = with_header(tuple(part[6:] for part in theirs), theirs[0][3])
    assert (ours, coding) == (theirs, 8)


RECEIPT = "id:{id} sub:001 dlvrd:001 submit date:2611210101 done date:2611210101 stat:{state} err:{error} text:x"


@pytest.mark.parametrize(
    ("state", "error", "meaning", "words"),
    [
        ("DELIVRD", "000", ReceiptState.DELIVERED, "DELIVRD"),
        ("UNDELIV", "042", ReceiptState.FAILED, "UNDELIV, error 042"),
        ("REJECTD", "0", ReceiptState.FAILED, "REJECTD"),
        ("EXPIRED", "MBBLOCK", ReceiptState.FAILED, "EXPIRED, error MBBLOCK"),
        ("ENROUTE", "000", ReceiptState.ON_ITS_WAY, "ENROUTE"),
        ("ACCEPTD", "000", ReceiptState.ON_ITS_WAY, "ACCEPTD"),
        ("UNKNOWN", "000", ReceiptState.FAILED, "UNKNOWN"),
    ],
)
def test_a_receipt_is_read_from_its_text(state: str, error: str, meaning: ReceiptState, words: str) -> None:
    """Its id, what became of the message, and the network's error."""
    text = RECEIPT.format(id="0A1b", state=state, error=error).encode()
    assert delivered(short_message=text, esm_class=0x04) == Receipt("0A1b", meaning, words, 1.5)


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x44])
def test_a_receipt_may_come_as_parameters_alone(esm_class: int) -> None:
    """As a final or an intermediate notification, whatever other bits are set."""
    made = make_pdu(
        "deliver_sm", source_addr="10086", destination_addr="1", esm_class=esm_class, message_state=2, sequence=1
    )
    octets = bytearray(made.generate() + b"\0\x1e\0\5A1B2\0")
    octets[3] = len(octets)
    receipt = read(parse_pdu(bytes(octets), client=COUNTER, allow_unknown_opt_params=True), 1.5)
    assert receipt == Receipt("A1B2", ReceiptState.DELIVERED, "DELIVRD", 1.5)


@pytest.mark.parametrize(("data_coding", "coding"), [(0, GSM7), (0xF1, GSM7), (3, LATIN1), (0x18, UCS2), (4, LATIN1)])
def test_codings_are_told_apart(data_coding: int, coding: str) -> None:
    """Flash messages too; binary is read octet by octet."""
    part = delivered(short_message=b"AB", data_coding=data_coding)
    assert isinstance(part, Part)
    assert part.coding == coding


@pytest.mark.parametrize(
    ("seconds", "period"), [(0, ""), (60, "000000000100000R"), (5025, "000000012345000R"), (0.2, "")]
)
def test_a_validity_is_a_relative_time(seconds: float, period: str) -> None:
    """Years, months, days, hours, minutes, seconds, tenths, two digits of no meaning, R."""
    assert validity_period(seconds) == period
