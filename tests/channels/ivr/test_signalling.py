"""What becomes of a call, against SIPp."""

from __future__ import annotations

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, HungUp, KeyMode, Press
from prober.errors import RobotBroken
from prober.model.run import Seen
from tests.channels.ivr import sipp as far

pytestmark = pytest.mark.live


def refuses(status: str) -> str:
    return far.invited() + far.answer("100 Trying") + far.answer(status, "Retry-After: 7") + far.comes("ACK")


async def test_a_call_is_answered_heard_and_ended(sipp, call_as, welcome_raw):
    """A recording that SIPp plays is recognised, and every figure of the call is there."""
    rings = far.invited() + far.answer("180 Ringing") + far.pause(0.2)
    says = far.answer("200 OK", body=far.sound()) + far.comes("ACK") + far.pause(0.3) + far.plays(welcome_raw)
    robot = await call_as((await sipp(rings, says, far.is_ended())).server)
    dialled = await robot.do("dial", Dial("10086"))
    assert (dialled.seen, dialled.facts["sip_code"]) == (Seen.EXPECTED, 200)
    assert 0.15 < dialled.took_s < 2
    assert dialled.timings["srd_s"] < dialled.took_s
    assert dialled.timings["ring_s"] == pytest.approx(0.2, abs=0.1)
    heard = await robot.do("hear", Hear("welcome"))
    assert heard.seen is Seen.EXPECTED, heard
    assert heard.text.startswith("您好")
    assert 0.25 < heard.took_s < 1
    assert heard.facts["score"] > 0.65  # two unlike sounds agree by half
    ended = await robot.do("hang_up", HangUp())
    assert ended.seen is Seen.EXPECTED
    (bye,) = robot.session._phone.call.trace.requests("BYE", sent=True)
    assert (robot.run.stimulus.by, robot.run.stimulus.at_s) == ("ivr.hang_up", bye.at_s)
    assert 0 < ended.took_s < 0.5
    assert ended.facts["codec"] == "PCMA"
    assert ended.facts["rtp_received"] > 50
    assert ended.facts["estimated_mos"] > 4
    kept = await robot.session.close()
    assert [one.kind for one in kept] == ["recording", "rtp", "ladder", "messages"]
    ladder = robot.run.evidence.path("ladder.txt").read_text(encoding="utf-8")
    assert [word in ladder for word in ("→", "←", "INVITE sip:10086@", "200 OK", "BYE")] == [True] * 5


@pytest.mark.parametrize("status", ["486 Busy Here", "404 Not Found", "503 Service Unavailable"])
async def test_a_refusal_keeps_its_code_and_reason(sipp, call_as, status):
    """A refused call says with what, by whom, and how long it took."""
    robot = await call_as((await sipp(refuses(status))).server)
    seen = await robot.do("dial", Dial("10086"))
    assert seen.seen is Seen.REFUSED
    assert f"{seen.facts['sip_code']} {seen.facts['sip_reason']}" == status
    assert seen.facts["rejected_by"].startswith("127.0.0.1:")
    assert seen.facts["retry_after"] == "7"
    assert 0 < seen.took_s < 2
    stimulus = robot.run.stimulus
    assert (stimulus.by, stimulus.at_s) == ("ivr.dial", robot.session._phone.call.trace.refused.at_s)


@pytest.mark.parametrize(("expect", "seen"), [(486, Seen.EXPECTED), (404, Seen.WRONG_ANSWER), (200, Seen.REFUSED)])
async def test_only_the_expected_refusal_passes(sipp, call_as, expect, seen):
    """`expect: 486` makes that code the pass; another code is a wrong answer."""
    robot = await call_as((await sipp(refuses("486 Busy Here"))).server)
    assert (await robot.do("dial", Dial("10086", expect=expect))).seen is seen


async def test_an_answer_is_wrong_where_a_refusal_is_expected(far_end, call_as):
    """A call that goes through is not "nothing came"."""
    robot = await call_as((await far_end()).server)
    seen = await robot.do("dial", Dial("10086", expect=486))
    assert (seen.seen, seen.expected, seen.actual) == (Seen.WRONG_ANSWER, "10086 is refused with 486", "200 OK")


async def test_ringing_is_no_answer(sipp, call_as):
    """A call that only rings is cancelled at the end of its clock, and the 487 is not taken for a refusal."""
    peer = await sipp(far.invited(), far.answer("180 Ringing"), far.is_cancelled())
    robot = await call_as(peer.server)
    seen = await robot.do("dial", Dial("10086"), within_s=1.0)
    assert seen.seen is Seen.NO_ANSWER
    assert seen.facts["cancelled_by"] == "robot"
    assert "180 Ringing" in seen.actual
    assert not seen.doubtful
    (cancel,) = robot.session._phone.call.trace.requests("CANCEL", sent=True)
    assert (robot.run.stimulus.by, robot.run.stimulus.at_s) == ("ivr.dial", cancel.at_s)


async def test_a_dead_server_is_no_answer_in_doubt(call_as):
    """Nothing at all came back: the self-check is to say whose fault that is."""
    robot = await call_as("127.0.0.1:9")
    seen = await robot.do("dial", Dial("10086"), within_s=0.5)
    assert (seen.seen, seen.doubtful) == (Seen.NO_ANSWER, True)
    told = "nothing came back from the SIP server 127.0.0.1:9 within 0.5 s, not even 100 Trying"
    assert seen.actual == told
    assert [one.kind for one in await robot.session.close()] == ["ladder", "messages"]


async def test_a_refused_tcp_connection_is_the_robots_trouble(call_as):
    """A locally made 503 is never the channel's."""
    robot = await call_as("127.0.0.1:9", transport="tcp")
    with pytest.raises(RobotBroken, match="never reached the SIP server"):
        await robot.do("dial", Dial("10086"))


async def test_a_remote_bye_is_told_with_its_cause(far_end, call_as):
    """`hung_up` knows who hung up, when, and the Q.850 cause."""
    peer = await far_end(bye_s=0.5)
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    seen = await robot.do("hung_up", HungUp())
    assert (seen.seen, seen.facts["ended_by"], seen.facts["q850_cause"]) == (Seen.EXPECTED, "far end", 16)
    assert seen.took_s == pytest.approx(0.5, abs=0.1)
    assert (await robot.do("hang_up", HangUp())).actual == "the call was over already"


async def test_hearing_before_dialling_is_the_scenarios_fault(call_as):
    """A verb that needs a call says so when there is none."""
    robot = await call_as("127.0.0.1:9")
    with pytest.raises(RobotBroken, match=r"Put ivr\.dial before it"):
        await robot.do("hear", Hear("welcome"))


async def test_dialling_in_a_call_is_the_scenarios_fault(far_end, call_as):
    """A customer has one telephone: the call that is up is left as it is."""
    robot = await call_as((await far_end()).server)
    await robot.do("dial", Dial("10086"))
    with pytest.raises(RobotBroken, match=r"Put ivr\.hang_up before it"):
        await robot.do("dial", Dial("10086"))
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED


async def test_a_bye_without_an_answer_is_in_doubt(far_end, call_as):
    """The far end, or a cable of ours: the step alone cannot tell."""
    robot = await call_as((await far_end(ignores=["BYE"])).server)
    await robot.do("dial", Dial("10086"))
    seen = await robot.do("hang_up", HangUp(), within_s=0.3)
    assert (seen.seen, seen.doubtful) == (Seen.NOTHING, True)
    assert seen.actual == "our BYE was not answered within 0.3 s"


async def test_a_bye_that_never_comes_is_in_doubt(far_end, call_as):
    """It may have been lost on our side; but that the robot itself had hung up is certain."""
    robot = await call_as((await far_end()).server)
    await robot.do("dial", Dial("10086"))
    seen = await robot.do("hung_up", HungUp(), within_s=0.3)
    assert (seen.seen, seen.actual, seen.doubtful) == (Seen.NOTHING, "the call went on for 0.3 s", True)
    await robot.do("hang_up", HangUp())
    seen = await robot.do("hung_up", HungUp(), within_s=0.3)
    assert (seen.seen, seen.actual, seen.doubtful) == (Seen.NOTHING, "the robot had hung up", False)


@pytest.mark.parametrize("mode", [KeyMode.RFC4733, KeyMode.INFO])
async def test_keys_that_do_not_leave_are_in_doubt(far_end, call_as, mode):
    """An INFO without an answer, or a key that is not out in time: the step alone cannot tell whose fault it is."""
    robot = await call_as((await far_end(ignores=["INFO"])).server)
    await robot.do("dial", Dial("10086"))
    seen = await robot.do("press", Press("12", mode=mode), within_s=0.15)
    assert (seen.seen, seen.doubtful) == (Seen.NOTHING, True)
    assert seen.actual.endswith(" of 2 keys left")
