"""What is measured, held against what the far end truly did."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics

import pytest

from prober.channels.ivr.actions import Dial, Hear, KeyMode, Press, Until
from prober.channels.ivr.hearing.library import Library
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Seen
from tests.channels.ivr import sipp as far

pytestmark = pytest.mark.live

PLAN = {
    "1": (0.20, "balance"),
    "2": (0.331, "packages"),
    "3": (0.254, "new_item"),
    "4": (0.407, "agent"),
    "5": (0.223, "wrong_key"),
    "6": (0.512, "no_input"),
    "7": (0.289, "goodbye"),
    "8": (0.368, "main_menu"),
}


def true_latency_s(peer, key: str, *, lead_s: float) -> float:
    """From the arrival of the key's first packet to the departure of the prompt's first audible one, in that trial."""
    pressed_at_s = peer.instants("key", key=key)[-1]
    packets = peer.instants("sent", prompt=PLAN[key][1], index=int(lead_s / 0.02))
    return next(at_s for at_s in packets if at_s > pressed_at_s) - pressed_at_s


async def test_the_latency_of_an_answer_is_right_to_ten_milliseconds(far_end, call_as, table):
    """The median error of key to prompt, against the far end's own stamps, is within 10 ms."""
    leads = {one.name: one.lead_s for one in Library.build(table).prompts.recordings}
    peer = await far_end(keys=PLAN)
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    errors = []
    for key in "12345678" * 2:
        await robot.do("press", Press(key))
        prompt = PLAN[key][1]
        heard = await robot.do("hear", Hear(prompt, until=Until.STARTED))
        assert heard.seen is Seen.EXPECTED, heard
        errors.append(heard.took_s - true_latency_s(peer, key, lead_s=leads[prompt]))
    print([round(error * 1000, 1) for error in errors])
    assert abs(statistics.median(errors)) <= 0.010, errors
    assert statistics.median(abs(error) for error in errors) <= 0.010, errors


async def test_an_answer_that_lay_unread_is_dated_by_its_coming(far_end, call_as):
    """The line process stands still as the call is answered, and well into the welcome: it did not take as long."""
    peer = await far_end(early=True, answer_after_s=0.6, answer=["welcome"])
    robot = await call_as(peer.server)
    dialling = asyncio.create_task(robot.do("dial", Dial("10086")))
    await peer.tells("invite")
    os.kill(robot.session.pid, signal.SIGSTOP)
    try:
        await peer.tells("answered")
        await peer.tells("sent", times=45)
    finally:
        os.kill(robot.session.pid, signal.SIGCONT)
    dialled = await dialling
    assert dialled.seen is Seen.EXPECTED, dialled
    true_s = peer.instants("answered")[0] - peer.instants("invite")[0]
    assert dialled.took_s == pytest.approx(true_s, abs=0.05)


async def test_an_answer_in_time_that_is_read_too_late_is_the_robots_fault(far_end, call_as):
    """The far end kept its promise: the line process stood still until the limit had passed."""
    peer = await far_end(early=True, answer_after_s=0.5, answer=["welcome"])
    robot = await call_as(peer.server)
    dialling = asyncio.create_task(robot.do("dial", Dial("10086"), within_s=0.7))
    await peer.tells("invite")
    phone = robot.session._phone
    await phone.line.until(lambda: phone.call.media, monotonic() + 5.0)
    os.kill(robot.session.pid, signal.SIGSTOP)
    try:
        await peer.tells("sent", times=45)
    finally:
        os.kill(robot.session.pid, signal.SIGCONT)
    with pytest.raises(RobotBroken, match="200 OK had come in time, and was read too late"):
        await dialling


async def test_the_end_of_a_cancelled_call_is_no_answer_that_was_read_too_late(sipp, call_as):
    """Not even where the INVITE left late, so that 487 came within the limit counted from there."""
    peer = await sipp(far.invited(), far.answer("180 Ringing"), far.is_cancelled())
    robot = await call_as(peer.server)
    os.kill(robot.session.pid, signal.SIGSTOP)
    asyncio.get_running_loop().call_later(0.3, os.kill, robot.session.pid, signal.SIGCONT)
    dialled = await robot.do("dial", Dial("10086"), within_s=0.8)
    assert dialled.seen is Seen.NO_ANSWER
    assert dialled.actual == "no answer within 0.8 s (last heard: 180 Ringing); the robot cancelled"
    assert await peer.ended() == 0


async def test_several_keys_count_from_the_last_one(far_end, call_as, table):
    """The stimulus is the last key's first packet, and `press` takes from the first to the end of the last."""
    peer = await far_end(keys={"3": (0.3, "balance")})
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    pressed = await robot.do("press", Press("123", hold=0.1, gap=0.1))
    assert robot.run.stimulus.by == "ivr.press"
    heard = await robot.do("hear", Hear("balance"))
    assert heard.took_s == pytest.approx(0.32, abs=0.06)
    keys = [peer.instants("key", key=key)[0] for key in "123"]
    assert pressed.took_s == pytest.approx(keys[2] - keys[0] + 0.08, abs=0.03)
    assert robot.run.stimulus.at_s == pytest.approx(keys[2], abs=0.03)
    assert heard.timings["key_end_s"] == pytest.approx(0.08, abs=0.01)


async def test_info_keys_count_from_their_request(far_end, call_as):
    """With `mode: info` a key is a SIP INFO, and the stimulus its departure."""
    peer = await far_end()
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    pressed = await robot.do("press", Press("1#", mode=KeyMode.INFO))
    assert (pressed.seen, pressed.facts["mode"]) == (Seen.EXPECTED, "info")
    assert len(peer.instants("info")) == 2
    assert robot.run.stimulus.at_s == pytest.approx(peer.instants("info")[-1], abs=0.05)
