"""The SMS centre before smpplib."""

from __future__ import annotations

import asyncio
import re
import struct
import time

import pytest
import smpplib.consts
import smpplib.exceptions

from prober.demo.sms.conversation import HELP

BALANCE = re.compile(r"尊敬的客户，截至\d+月\d+日\d+时\d+分，您的账户余额为86\.50元。")
LONG = "请问我的账户余额还有多少？" * 10


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "guess"}, smpplib.consts.SMPP_ESME_RINVPASWD),
        ({"system_id": "guess"}, smpplib.consts.SMPP_ESME_RINVSYSID),
        ({"address_range": "138(("}, smpplib.consts.SMPP_ESME_RBINDFAIL),
    ],
)
async def test_a_refused_bind_says_why(sms_peer, fields, status) -> None:
    """A wrong password, a wrong name and a range that is no expression each have their own status."""
    with pytest.raises(smpplib.exceptions.PDUError) as refused:
        await sms_peer(**fields)
    assert refused.value.args[1] == status


async def test_a_command_is_answered(sms_peer) -> None:
    """CXYE brings the customer's balance."""
    peer = await sms_peer()
    await peer.send("CXYE")
    assert (await peer.answer()).message_id
    reply = await peer.next()
    assert (reply.source_addr, reply.destination_addr) == (b"10086", b"13800000001")
    assert BALANCE.fullmatch(reply.short_message.decode("utf-16-be"))


@pytest.mark.parametrize("encoding", [0, 3, 8])
async def test_every_alphabet_is_read(sms_peer, encoding) -> None:
    """GSM 7-bit, Latin-1 and UCS-2 carry the same command."""
    peer = await sms_peer()
    await peer.send("CXYE", encoding=encoding)
    assert BALANCE.fullmatch(await peer.text())


async def test_a_long_reply_comes_in_three_parts(sms_peer) -> None:
    """The bill is 3 messages with an 8-bit reference, and reads as one text."""
    peer = await sms_peer()
    await peer.send("CXZD")
    parts = [await peer.next() for _ in range(3)]
    headers = [part.short_message[:6] for part in parts]
    assert [header[4:] for header in headers] == [b"\3\1", b"\3\2", b"\3\3"]
    assert len({header[:4] for header in headers}) == 1
    text = b"".join(part.short_message[6:] for part in parts).decode("utf-16-be")
    assert "的账单如下" in text
    assert text.endswith("10086。")


@pytest.mark.parametrize("style", ["udh8", "udh16", "sar", "payload"])
async def test_a_long_command_is_put_together(sms_peer, sms_hall, style) -> None:
    """Whatever way a long text is sent in, it is one message and gets one reply."""
    peer = await sms_peer()
    for fields in _long(style):
        await peer.submit(data_coding=8, **fields)
    assert await peer.text() == HELP
    await peer.send("CXYE")
    assert BALANCE.fullmatch(await peer.text())
    assert sms_hall.counters["replies"] == 2


def _long(style: str) -> list[dict[str, object]]:
    octets = LONG.encode("utf-16-be")
    halves = [octets[130:], octets[:130]]  # the second part first
    numbers = [2, 1]
    if style == "payload":
        return [{"message_payload": octets}]
    if style == "sar":
        return [
            {"short_message": half, "sar_msg_ref_num": 9, "sar_total_segments": 2, "sar_segment_seqnum": n}
            for n, half in zip(numbers, halves, strict=True)
        ]
    head = (lambda n: bytes((5, 0, 3, 9, 2, n))) if style == "udh8" else (lambda n: bytes((6, 8, 4, 1, 9, 2, n)))
    return [{"short_message": head(n) + half, "esm_class": 0x40} for n, half in zip(numbers, halves, strict=True)]


async def test_a_receipt_names_the_message(sms_peer) -> None:
    """A receipt that was asked for carries the id that the submit was answered with, and says delivered."""
    peer = await sms_peer()
    await peer.send("CXYE", registered_delivery=1)
    message_id = (await peer.answer()).message_id.decode()
    receipt = await peer.next()
    assert receipt.esm_class == 0x04
    assert f"id:{message_id} ".encode() in receipt.short_message
    assert b"stat:DELIVRD" in receipt.short_message
    assert receipt.receipted_message_id.rstrip(b"\0").decode() == message_id
    assert receipt.message_state == 2
    assert BALANCE.fullmatch(await peer.text())


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"destination_addr": "10010"}, smpplib.consts.SMPP_ESME_RINVDSTADR),
        ({"source_addr": "13900000001"}, smpplib.consts.SMPP_ESME_RINVSRCADR),
        ({"data_coding": 4}, smpplib.consts.SMPP_ESME_RSUBMITFAIL),
        ({"short_message": b"\5\0", "esm_class": 0x40}, smpplib.consts.SMPP_ESME_RSUBMITFAIL),
        ({"short_message": b"\5\0\3\1\2\3X", "esm_class": 0x40}, smpplib.consts.SMPP_ESME_RSUBMITFAIL),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused(sms_peer, fields, status) -> None:
    """A wrong number, a stranger's, and octets that mean nothing are refused with the status for it."""
    peer = await sms_peer()
    await peer.submit(**{"short_message": b"CXYE", **fields})
    assert (await peer.answer()).status == status


async def test_a_message_to_another_customer_is_passed_on_as_it_is(sms_peer) -> None:
    """From the number that sent it; nobody gets a receipt or an answer."""
    sender, receiver = await sms_peer(address_range="13800000001"), await sms_peer(address_range="13800000008")
    await sender.submit(short_message=b"hello", destination_addr="+8613800000008", registered_delivery=1)
    assert (await sender.answer()).status == 0
    passed_on = await receiver.next()
    assert (passed_on.source_addr, passed_on.short_message) == (b"13800000001", b"hello")
    assert passed_on.registered_delivery == 0
    assert sender.arrived.empty()


async def test_a_country_code_changes_nothing(sms_peer) -> None:
    """+86 before the number is the same customer, and the reply goes to the national number."""
    peer = await sms_peer(address_range="13800000001")
    await peer.send("CXYE", source_addr="+8613800000001")
    assert BALANCE.fullmatch(await peer.text())


async def test_a_receiver_may_not_submit(sms_peer) -> None:
    """A bind as receiver gets RINVBNDSTS for a submit."""
    peer = await sms_peer("receiver")
    peer.client.state = smpplib.consts.SMPP_CLIENT_STATE_BOUND_TRX  # smpplib itself would not send it
    await peer.send("CXYE")
    assert (await peer.answer()).status == smpplib.consts.SMPP_ESME_RINVBNDSTS


async def test_replies_go_to_the_bind_that_names_the_number(sms_peer) -> None:
    """A range of the number goes before a bind that takes everything, however new."""
    naming = await sms_peer("receiver", address_range="^1380000000[1-4]$")
    taking_all = await sms_peer()
    await taking_all.send("CXYE")
    assert BALANCE.fullmatch(await naming.text())
    assert taking_all.arrived.empty()


async def test_a_message_waits_for_its_bind(sms_peer, sms_hall) -> None:
    """Without a bind that names the number the reply is stored, and delivered at the next one that does."""
    sender = await sms_peer("transmitter")
    other = await sms_peer("receiver", address_range="13800000002")
    await sender.send("CXYE")
    await sender.answer()
    await sender.send("CXZD", source_addr="13800000002")
    await other.text()  # the second reply is out, so the first is stored
    assert sms_hall.door.stored == 1
    late = await sms_peer("receiver", address_range="13800000001")
    assert BALANCE.fullmatch(await late.text())
    assert sms_hall.door.stored == 0


async def test_what_was_never_acknowledged_is_delivered_again(sms_peer, sms_hall) -> None:
    """A bind that ends before its acknowledgement loses nothing: the next one gets the message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sms_hall.port)
    body = b"robot\0secret\0\0\x34\0\x0013800000001\0"
    writer.write(struct.pack(">IIII", 16 + len(body), 1, 0, 1) + body)
    sender = await sms_peer("transmitter")
    await reader.readexactly(16)
    await sender.send("CXYE")
    await reader.readuntil(b"10086")
    writer.close()
    await writer.wait_closed()
    second = await sms_peer("receiver", address_range="13800000001")
    assert BALANCE.fullmatch(await second.text())


async def test_a_late_reply_is_late(sms_peer, demo_faults) -> None:
    """With the fault on, the reply comes `seconds` after the submit and no sooner."""
    peer = await sms_peer()
    demo_faults.change({"sms": {"name": "late-reply", "seconds": 0.5}})
    started_s = time.monotonic()
    await peer.send("CXYE")
    await peer.answer()
    assert time.monotonic() - started_s < 0.5
    await peer.text()
    assert time.monotonic() - started_s >= 0.5


@pytest.mark.parametrize(
    ("octets", "command", "status"),
    [
        (struct.pack(">IIII", 16, 0x99, 0, 7), 0x80000000, 3),  # no such command
        (struct.pack(">IIII", 8, 4, 0, 7), 0x80000000, 2),  # a length shorter than the header
        (struct.pack(">IIII", 16, 4, 0, 7), 0x80000004, 4),  # a submit before the bind
        (struct.pack(">IIII", 18, 9, 0, 7) + b"ab", 0x80000009, 1),  # a bind cut short
        (struct.pack(">IIII", 16, 0x15, 0, 7), 0x80000015, 0),  # enquire_link
        (struct.pack(">IIII", 16, 6, 0, 7), 0x80000006, 0),  # unbind
    ],
)
async def test_every_request_is_answered(sms_hall, octets, command, status) -> None:
    """Nonsense gets a generic_nack or an error answer, never silence."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sms_hall.port)
    writer.write(octets)
    _, answered, told, _ = struct.unpack(">IIII", await asyncio.wait_for(reader.readexactly(16), 10))
    writer.close()
    await writer.wait_closed()
    assert (answered, told) == (command, status)


async def test_closing_hangs_up(sms_peer, sms_hall) -> None:
    """The door closes with peers bound, and they are told by the end of the connection."""
    peer = await sms_peer()
    await asyncio.wait_for(sms_hall.door.close(), 2)
    await asyncio.to_thread(peer._thread.join, 5)
    assert not peer._thread.is_alive()
