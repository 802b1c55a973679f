"""Every fault of the door, as callers meet it on the wire; switched off, the next call is right."""

from __future__ import annotations

import asyncio
import struct
import time

import numpy as np
import pytest

from prober.demo.faults import KNOWN, Fault
from prober.demo.ivr.playout import joined
from prober.demo.recordings import Pcm
from tests.demo.ivr.sound import place

WELCOME = ("welcome", "main_menu")
SENDER_REPORT = 200
OUR_SOURCE = 7


async def begins_well(house, ivr_recordings) -> None:
    """Call, and hear the greeting."""
    async with house.caller("13800000002") as caller:
        assert await caller.dial() == 200
        place(await caller.listen(1), joined(ivr_recordings, WELCOME))
        await caller.leave()


async def test_refused(house, ivr_recordings):
    """The call is refused with the code that was asked for, or the nearest one that refuses; the next is answered."""
    for code, status in [(None, 486), (404.0, 404), (503.0, 503), (603.0, 603), (200.0, 400)]:
        house.faults[0] = Fault("reject", {"code": code}) if code else Fault("busy")
        async with house.caller() as caller:
            assert await caller.dial() == status
    house.faults[0] = None
    await begins_well(house, ivr_recordings)


async def test_no_answer(house, ivr_recordings):
    """It rings for as long as the caller waits, who cancels."""
    house.faults[0] = Fault("no-answer")
    async with house.caller() as caller:
        caller.invite()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.final(), 1)
        assert [status for _, status in caller.statuses] == [100, 180]
        caller.send("CANCEL")
        assert {await caller.final(), await caller.final()} == {200, 487}
        caller.send("ACK")
    house.faults[0] = None
    await begins_well(house, ivr_recordings)


async def test_no_audio(terse_house):
    """The call is answered and keys are obeyed, but not one RTP packet comes."""
    terse_house.faults[0] = Fault("no-audio")
    async with terse_house.caller() as caller:
        assert await caller.dial() == 200
        caller.press("0")
        await caller.hung_up(4)
        assert caller.media.came.empty()
    terse_house.faults[0] = None
    async with terse_house.caller() as caller:
        assert await caller.dial() == 200
        assert await caller.packets(10)
        await caller.leave()


async def test_one_way(house, ivr_recordings):
    """The caller hears everything; keys among the RTP do nothing, those by SIP INFO do."""
    house.faults[0] = Fault("one-way")
    async with house.caller() as caller:
        assert await caller.dial() == 200
        caller.press("2")
        place(await caller.listen(1), joined(ivr_recordings, WELCOME))
        assert await caller.info("2") == 200
        place(await caller.listen(1.5), joined(ivr_recordings, ["packages"]))
        await caller.leave()


async def test_one_way_is_reported(house):
    """RTCP tells a healthy call's caller at once that packets arrive, and a one-way call's, in time, that none do."""
    assert await _arrives(house)
    house.faults[0] = Fault("one-way")
    assert not await _arrives(house)


async def _arrives(house) -> bool:
    """Return what the door's RTCP says of our packets: the last of its reports is the first that tells."""
    async with house.caller() as caller:
        await caller.dial()
        for _ in range(20):
            caller.press("2")
        while True:
            _, report = await asyncio.wait_for(caller.control.came.get(), 7)
            source, highest = struct.unpack_from("!I4xI", report, 28 if report[1] == SENDER_REPORT else 8)
            assert source in (0, OUR_SOURCE)
            if source == OUR_SOURCE or report[1] == SENDER_REPORT:
                await caller.leave()
                return highest > 0


async def test_missing_key(house, ivr_recordings):
    """Key 1 is answered like a wrong key; switched off, it leads to the balance again in the same call."""
    async with house.caller() as caller:
        await caller.dial()
        for fault, prompt in [(Fault("missing-key"), "wrong_key"), (None, "balance")]:
            house.faults[0] = fault
            await caller.packets(5)
            caller.press("1")
            place(await caller.listen(1.5), joined(ivr_recordings, [prompt]))
        await caller.leave()


async def test_wrong_amount(house, ivr_recordings):
    """96.50 yuan are read out to a customer who has 86.50."""
    house.faults[0] = Fault("wrong-amount")
    amount = [f"pieces/{piece}" for piece in ("d9", "ten", "d6", "yuan", "d5", "jiao")]
    async with house.caller() as caller:
        await caller.dial()
        await caller.packets(5)
        caller.press("1")
        place(await caller.listen(3.2), joined(ivr_recordings, ["balance", *amount]))
        await caller.leave()


async def test_slow(house, ivr_recordings):
    """Greeting and answer to a key begin late; what was being said ends with the key, and silence follows."""
    house.faults[0] = Fault("slow", {"seconds": 0.8})
    async with house.caller() as caller:
        await caller.dial()
        assert 0.75 < place(await caller.listen(2.5), joined(ivr_recordings, WELCOME)) < 1.5
        caller.press("2")
        heard = await caller.listen(2)
        began_s = place(heard, joined(ivr_recordings, ["packages"]))
        assert 0.75 < began_s < 1.5
        assert np.abs(heard[round((began_s - 0.7) * 8000) : round((began_s - 0.1) * 8000)]).max() < 100
        house.faults[0] = None
        caller.press("9")
        assert place(await caller.listen(1.2), joined(ivr_recordings, ["main_menu"])) < 0.6
        await caller.leave()


async def test_cut_off(house):
    """The call ends in the middle of what is said after a key, so long after it, and the BYE says why."""
    house.faults[0] = Fault("cut-off", {"seconds": 0.6})
    async with house.caller() as caller:
        await caller.dial()
        await caller.packets(20)
        began = time.monotonic()
        caller.press("2")
        ended = await caller.hung_up(3)
        assert 0.55 < ended - began < 2.0
        assert "Q.850;cause=41" in caller.reason


async def test_packet_loss(house):
    """About so many packets are missing, here and there; a call beside the faulty one has all of its own."""
    async with house.caller("13800000002") as healthy, house.caller() as caller:
        await healthy.dial()
        house.faults[0] = Fault("packet-loss", {"percent": 30.0})
        await caller.dial()
        steps = _steps(await caller.packets(150))
        assert 0.15 < 1 - len(steps) / steps.sum() < 0.45
        assert (steps > 1).sum() > 15
        assert set(_steps(await healthy.packets(100))) == {1}
        await caller.leave()
        await healthy.leave()


def _steps(packets: list[bytes]) -> Pcm:
    """Return by how much the number of each packet is above that of the one before it."""
    return np.diff([struct.unpack_from("!H", packet, 2)[0] for packet in packets]) % 65536


def test_all():
    """There is a test of every fault that the door knows."""
    tested = {
        *("busy", "reject", "no-answer", "no-audio", "one-way", "missing-key", "wrong-amount", "slow", "cut-off"),
        *("packet-loss", "wrong-prompt"),
    }
    assert {fault.name for fault in KNOWN["ivr"]} == tested
