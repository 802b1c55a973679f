"""A line process that dies is the robot's fault, told as such, and the robot goes on."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, KeyMode, Press
from prober.errors import RobotBroken
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
    kept = await robot.session.close()
    assert [one.kind for one in kept] == ["ladder", "ladder"]
    another = await call_as((await far_end()).server)
    assert (await another.do("dial", Dial("10086"))).seen is Seen.EXPECTED


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
    names = [one.path.rpartition("/")[2] for one in await robot.session.close()]
    assert names == ["call.wav", "ladder.txt", "ladder.json", "call-2.wav", "ladder-2.txt", "ladder-2.json"]


async def test_a_server_without_a_way_to_it_is_the_robots_trouble(call_as):
    """A host name that does not resolve is told when the session opens."""
    with pytest.raises(RobotBroken, match="no way from this machine to the SIP server"):
        await call_as("no-such-host.invalid:5060")


@pytest.mark.parametrize("mode", list(KeyMode))
async def test_secret_keys_are_not_on_the_ladder(far_end, call_as, mode):
    """A password typed with keys is unreadable in the evidence; other keys are not."""
    robot = await call_as((await far_end()).server)
    await robot.do("dial", Dial("10086"))
    await robot.do("press", Press("7", mode=mode))
    await robot.do("press", Press("246801", mode=mode, hold=0.08, gap=0.08))
    await robot.session.close()
    told = robot.run.evidence.path("ladder.txt").read_text() + robot.run.evidence.path("ladder.json").read_text()
    assert "key 7" in told
    assert [key for key in "246801" if f"key {key}" in told or f"Signal={key}" in told] == []
