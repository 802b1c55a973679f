"""A line process that dies is the robot's fault, told as such, and the robot goes on."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Until
from prober.channels.ivr.engine import HANDSETS
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.line import Line
from prober.model.run import Seen

pytestmark = pytest.mark.live


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGABRT])
async def test_a_death_in_mid_call_breaks_the_step_and_nothing_else(far_end, call_as, by):
    """The step under way ends at once with the signal's number; the next session works."""
    peer = await far_end()
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    listening = asyncio.create_task(robot.do("hear", Hear("welcome"), within_s=30.0))
    await asyncio.sleep(0)
    os.kill(robot.session.pid, by)
    with pytest.raises(RobotBroken, match=rf"the line process died \(signal {by.value}"):
        await asyncio.wait_for(listening, 5)
    with pytest.raises(RobotBroken, match="the line process died"):
        await robot.session.close()
    assert [one.kind for one in robot.run.evidence.of_run] == ["ladder", "messages"]
    another = await call_as((await far_end()).server)
    assert (await another.do("dial", Dial("10086"))).seen is Seen.EXPECTED


async def test_a_death_breaks_every_call_of_the_process_and_no_other(far_end, call_from):
    """Each of its sessions is told; a call in another process goes on, and so does the robot."""
    driver = call_from((await far_end(answer=["welcome"])).server)
    robots = [await driver(Line(f"demo-{number}", f"1390000000{number}")) for number in range(HANDSETS + 1)]
    pids = [robot.session.pid for robot in robots]
    assert [pid == pids[0] for pid in pids] == [*[True] * HANDSETS, False]
    for robot in robots:
        assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    os.kill(pids[0], signal.SIGABRT)
    for robot in robots[:-1]:
        with pytest.raises(RobotBroken, match="the line process died"):
            await robot.do("hear", Hear("balance"))
        with pytest.raises(RobotBroken, match="the line process died"):
            await robot.session.close()
    assert (await robots[-1].do("hang_up", HangUp())).seen is Seen.EXPECTED
    again = await driver()
    assert again.session.pid != pids[0]
    assert (await again.do("dial", Dial("10086"))).seen is Seen.EXPECTED


async def test_closing_a_session_hangs_up(far_end, call_as):
    """A run that ends early leaves no call behind, and closing twice is harmless."""
    peer = await far_end()
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    kept = await robot.session.close()
    assert peer.instants("bye")
    assert await robot.session.close() == kept


async def test_an_abandoned_line_hangs_up_by_itself(far_end, call_as):
    """A line process that loses its robot ends the call before it ends."""
    peer = await far_end()
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    await robot.session.abandon()
    assert peer.instants("bye")


async def test_a_second_call_has_its_own_evidence(far_end, call_as):
    """A session that calls twice keeps both recordings and both ladders."""
    peer = await far_end()
    robot = await call_as(peer.server)
    for _ in range(2):
        assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
        assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED
    kept = await robot.session.close()
    names = [one.path.rpartition("/")[2] for one in kept]
    assert names == [
        *("call.wav", "rtp.json", "ladder.txt", "ladder.json"),
        *("call-2.wav", "rtp-2.json", "ladder-2.txt", "ladder-2.json"),
    ]
    assert robot.run.evidence.of_run == tuple(kept)


async def test_keeping_the_first_call_is_not_the_second_dials_time(far_end, call_as):
    """What is written of a call when the next is dialled is told as evidence's time, and is no part of the latency."""
    robot = await call_as((await far_end()).server)
    first = await robot.do("dial", Dial("10086"))
    await robot.do("hang_up", HangUp())
    began_s = monotonic()
    second = await robot.do("dial", Dial("10086"))
    whole_s = monotonic() - began_s
    assert first.evidence_s == 0
    assert second.evidence_s > 0
    assert second.took_s + second.evidence_s <= whole_s
    assert second.waited_s == 0


async def test_a_recording_that_cannot_be_kept_drops_no_ladder(far_end, call_as):
    """Each file is kept on its own; closing then tells what was lost."""
    robot = await call_as((await far_end()).server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    robot.run.evidence.path("call.wav").mkdir()
    with pytest.raises(RobotBroken, match="recording cannot be kept"):
        await robot.session.close()
    assert [one.kind for one in robot.run.evidence.of_run] == ["rtp", "ladder", "messages"]


async def test_a_recording_lost_with_its_line_is_told(far_end, call_as):
    """A line process that died between two steps is told when the session closes; the ladder is kept."""
    robot = await call_as((await far_end()).server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    os.kill(robot.session.pid, signal.SIGKILL)
    with pytest.raises(RobotBroken, match=r"^the recording call\.wav is lost: the line process died"):
        await robot.session.close()
    assert [one.kind for one in robot.run.evidence.of_run] == ["ladder", "messages"]


async def test_an_unknown_verb_is_an_error_of_the_program(call_as):
    """The loader lets none through, so none is taken for a broken robot."""
    robot = await call_as("127.0.0.1:9")
    with pytest.raises(TypeError, match=r"ivr\.sing"):
        await robot.do("sing", None)


async def test_a_server_without_a_way_to_it_is_the_robots_trouble(call_as):
    """A host name that does not resolve is told when the session opens."""
    with pytest.raises(RobotBroken, match="no way from this machine to the SIP server"):
        await call_as("no-such-host.invalid:5060")
