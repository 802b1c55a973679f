"""What the SMS centre does wrong when it is told to, before smpplib."""

from __future__ import annotations

import contextlib
import re

import pytest
import smpplib.consts
import smpplib.exceptions

from prober.demo.faults import KNOWN
from prober.demo.sms.conversation import HELP
from prober.demo.sms.faults import BUSY

BALANCE = re.compile(r"尊敬的客户，截至.*余额为86\.50元。")


async def _numbers(peer) -> list[int]:
    """Return the places of the next three parts in their message."""
    return [(await peer.next()).short_message[5] for _ in range(3)]


async def test_a_reply_can_be_lost(sms_peer, demo_faults, sms_hall) -> None:
    """The message is taken and its receipt comes; the next to come is the reply to the next message."""
    peer = await sms_peer()
    demo_faults.change({"sms": "lost"})
    await peer.send("CXYE", registered_delivery=1)
    assert b"stat:DELIVRD" in (await peer.next()).short_message
    demo_faults.clear()
    await peer.send("?")
    assert await peer.text() == HELP
    assert sms_hall.counters["replies"] == 1


async def test_a_lost_reply_was_an_answer_nonetheless(sms_peer, demo_faults, demo_customers) -> None:
    """An order whose question and answer are lost is an order."""
    peer = await sms_peer()
    demo_faults.change({"sms": "lost"})
    for text in ("KT5G", "Y"):
        await peer.send(text)
        await peer.answer()
    demo_faults.clear()
    await peer.send("KT5G")
    assert "已开通" in await peer.text()


async def test_a_reply_can_come_twice(sms_peer, demo_faults) -> None:
    """A short one is the same message twice, a long one the same parts with the same reference."""
    peer = await sms_peer()
    demo_faults.change({"sms": "duplicated"})
    await peer.send("CXYE")
    assert (await peer.next()).short_message == (await peer.next()).short_message
    await peer.send("CXZD")
    parts = [(await peer.next()).short_message for _ in range(6)]
    assert parts[:3] == parts[3:]


async def test_a_reply_can_say_something_else(sms_peer, demo_faults, demo_customers) -> None:
    """The system is busy, and does nothing."""
    peer = await sms_peer()
    await peer.send("KT5G")
    await peer.text()
    demo_faults.change({"sms": "wrong-text"})
    await peer.send("Y")
    assert await peer.text() == BUSY
    assert not demo_customers.active("13800000001")


async def test_parts_can_come_out_of_order(sms_peer, demo_faults) -> None:
    """The last part comes first; put together by their numbers they read as ever."""
    peer = await sms_peer()
    demo_faults.change({"sms": "out-of-order"})
    await peer.send("CXZD")
    assert await _numbers(peer) == [3, 2, 1]
    await peer.send("CXZD")
    assert (await peer.text()).endswith("10086。")


@pytest.mark.parametrize("registered_delivery", [1, 2])
async def test_a_receipt_can_say_failed(sms_peer, demo_faults, sms_hall, registered_delivery) -> None:
    """UNDELIV with its error, also to who wants to hear of failures only; nothing is answered."""
    peer = await sms_peer()
    demo_faults.change({"sms": "receipt-failed"})
    await peer.send("CXYE", registered_delivery=registered_delivery)
    message_id = (await peer.answer()).message_id.decode()
    receipt = await peer.next()
    assert f"id:{message_id} sub:001 dlvrd:000 ".encode() in receipt.short_message
    assert b"stat:UNDELIV err:027" in receipt.short_message
    assert receipt.message_state == smpplib.consts.SMPP_MESSAGE_STATE_UNDELIVERABLE
    assert receipt.network_error_code == b"\x03\x00\x1b"
    demo_faults.clear()
    await peer.send("?", registered_delivery=2)
    assert await peer.text() == HELP
    assert sms_hall.counters["replies"] == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("bind-refused", smpplib.consts.SMPP_ESME_RBINDFAIL),
        ("wrong-password", smpplib.consts.SMPP_ESME_RINVPASWD),
    ],
)
async def test_binds_can_be_refused(sms_peer, demo_faults, name, status) -> None:
    """Every kind of bind gets the status; one that stands already goes on."""
    peer = await sms_peer()
    demo_faults.change({"sms": name})
    for kind in ("transmitter", "receiver", "transceiver"):
        with pytest.raises(smpplib.exceptions.PDUError) as refused:
            await sms_peer(kind)
        assert refused.value.args[1] == status
    await peer.send("CXYE")
    assert BALANCE.fullmatch(await peer.text())


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("throttled", smpplib.consts.SMPP_ESME_RTHROTTLED),
        ("destination-refused", smpplib.consts.SMPP_ESME_RINVDSTADR),
    ],
)
async def test_messages_can_be_refused(sms_peer, demo_faults, sms_hall, name, status) -> None:
    """A bind that stands already gets the status for each message, and none is taken."""
    peer = await sms_peer()
    demo_faults.change({"sms": name})
    await peer.send("CXYE")
    assert (await peer.answer()).status == status
    assert sms_hall.counters["submitted"] == 0


async def test_a_reset_forgets_late_replies(sms_peer, demo_faults, sms_hall) -> None:
    """What was still to come never comes."""
    peer = await sms_peer()
    demo_faults.change({"sms": {"name": "late-reply", "seconds": 300}})
    for text in ("CXYE", "CXZD"):
        await peer.send(text)
        await peer.answer()
    assert sms_hall.door.late == 2
    sms_hall.door.reset()
    assert sms_hall.door.late == 0


@pytest.mark.parametrize("name", [fault.name for fault in KNOWN["sms"]])
async def test_a_fault_that_is_off_leaves_nothing_behind(sms_peer, demo_faults, name) -> None:
    """Binds, replies, their order and receipts are right; only a late reply is still to come."""
    peer = await sms_peer()
    demo_faults.change({"sms": {"name": name, "seconds": 300} if name == "late-reply" else name})
    await peer.send("CXYE", registered_delivery=1)
    await peer.answer()
    with contextlib.suppress(smpplib.exceptions.PDUError):
        await sms_peer("transmitter")
    demo_faults.clear()
    await peer.send("?")
    while (await peer.next()).short_message.decode("utf-16-be", "replace") != HELP:
        pass  # what came while the fault was on
    sender = await sms_peer("transmitter")
    await sender.send("CXYE", registered_delivery=1)
    assert b"stat:DELIVRD err:000" in (await peer.next()).short_message
    assert BALANCE.fullmatch(await peer.text())
    await sender.send("CXZD")
    assert await _numbers(peer) == [1, 2, 3]
    assert peer.arrived.empty()
