"""Calls that SIPp does not take, or takes too late: what the run says of them, and that nothing of them is left."""

from __future__ import annotations

import re

import pytest

from prober.model.line import Line, SipAccount
from prober.model.run import Layer, Outcome
from tests.channels.ivr import sipp as far

pytestmark = pytest.mark.live
DIAL = {"ivr.dial": "10086"}
SOON = {"ivr.dial": "10086", "within": "1s"}
EARLY = {"ivr.dial": {"number": "10086", "until": "early"}}
RINGS = far.invited() + far.answer("180 Ringing")
FAILED = (Outcome.FAILED, Layer.SIGNALLING)
USER, PASSWORD, REALM = "13800000001", "open-sesame", "test"


def refuses(status: str, *headers: str) -> str:
    return far.answer(status, *headers) + far.comes("ACK")


def ending(run):
    """Return outcome and layer of the last step that was played, and its words."""
    step = run.failed_step
    return (step.outcome, step.layer), step.failure.actual


@pytest.mark.parametrize(
    ("status", "headers", "facts"),
    [
        ("486 Busy Here", (), {"retry_after": None}),
        ("404 Not Found", (), {}),
        ("503 Service Unavailable", ("Retry-After: 120",), {"retry_after": "120"}),
        (
            "480 Temporarily Unavailable",
            ('Reason: Q.850;cause=20;text="Subscriber absent"',),
            {"q850_cause": 20, "reason": "Subscriber absent"},
        ),
        ("302 Moved Temporarily", ("Contact: <sip:10000@127.0.0.1>",), {"moved_to": "<sip:10000@127.0.0.1>"}),
    ],
)
async def test_a_refusal_is_the_channels(status, headers, facts, sipp, played):
    """It is told with all that the far end says of it; a call that is sent elsewhere is not followed there."""
    peer = await sipp(far.invited(), refuses(status, *headers))
    run = await played(peer.server, DIAL)
    step, (judged, actual) = run.steps[0], ending(run)
    assert (judged, actual) == (FAILED, f"{status}, said by {peer.server}")
    assert facts.items() <= step.facts.items()
    assert await peer.ended() == 0


async def test_a_reason_in_chinese_equipments_own_encoding_is_read(sipp, played):
    """GB 18030 where SIP wants UTF-8 costs neither the words nor the evidence."""
    words = "用户忙".encode("gb18030").decode("utf-8", "surrogateescape")
    peer = await sipp(far.invited(), refuses(f"486 {words}"))
    run = await played(peer.server, DIAL)
    assert ending(run) == (FAILED, f"486 用户忙, said by {peer.server}")
    assert len(run.steps) == 1
    assert {one.kind for one in run.evidence} == {"ladder", "messages"}


async def test_what_is_said_before_a_refusal_is_told(sipp, played, welcome_raw):
    """Operators say in early media why a call cannot be put through; the step names the prompt."""
    says = far.answer("183 Session Progress", body=far.sound()) + far.plays(welcome_raw)
    peer = await sipp(far.invited(), says, far.pause(4.5), refuses("480 Temporarily Unavailable"))
    run = await played(peer.server, DIAL)
    told = f"480 Temporarily Unavailable, said by {peer.server}; before that: prompt welcome"
    assert ending(run) == (FAILED, told)
    assert run.steps[0].facts["announcement"] == "prompt welcome"
    assert "recording" in {one.kind for one in run.evidence}
    assert await peer.ended() == 0


async def test_an_announcement_and_the_refusal_behind_it_can_be_what_is_asked_for(sipp, played, welcome_raw):
    """Heard before the answer that never comes; the far end's refusal is then its hanging up."""
    says = far.answer("183 Session Progress", body=far.sound()) + far.plays(welcome_raw)
    refusal = refuses("404 Not Found", "Reason: Q.850;cause=1")
    peer = await sipp(far.invited(), says, far.pause(4.5), refusal)
    run = await played(peer.server, EARLY, {"ivr.hear": "welcome"}, {"ivr.hung_up": None})
    assert run.outcome is Outcome.PASSED
    ended = run.steps[-1].facts
    assert (ended["ended_by"], ended["q850_cause"]) == ("far end", 1)
    assert await peer.ended() == 0


async def test_early_sound_goes_on_into_the_answer(sipp, played, welcome_raw):
    """A prompt that begins before the answer and ends after it is one prompt."""
    says = far.answer("183 Session Progress", body=far.sound()) + far.plays(welcome_raw)
    answers = far.pause(1.5) + far.answer("200 OK", body=far.sound()) + far.comes("ACK")
    peer = await sipp(far.invited(), says, answers, far.is_ended())
    run = await played(peer.server, EARLY, {"ivr.hear": "welcome"}, {"ivr.hang_up": None})
    assert run.outcome is Outcome.PASSED
    assert run.steps[1].facts["to_its_end"]
    assert await peer.ended() == 0


async def test_a_call_that_is_not_answered_is_cancelled(sipp, played):
    """At the end of the step's clock."""
    peer = await sipp(RINGS, far.is_cancelled())
    run = await played(peer.server, SOON)
    assert ending(run) == (FAILED, "no answer within 1 s (last heard: 180 Ringing); the robot cancelled")
    assert await peer.ended() == 0


async def test_an_answer_that_crosses_our_cancel_is_ended(sipp, played):
    """Nobody is left in a call that nobody wants, and pays for."""
    peer = await sipp(RINGS, far.is_cancelled(by="200 OK", body=far.sound()), far.is_ended())
    run = await played(peer.server, SOON)
    judged, actual = ending(run)
    assert judged == FAILED
    assert re.search(r"the robot cancelled, and 200 OK came 0\.\d\d s later", actual)
    assert await peer.ended() == 0


async def test_an_answer_after_the_limit_is_ended(sipp, played):
    """Not even 100 Trying had come till then, so that there was nothing to cancel yet."""
    late = far.answer("200 OK", body=far.sound()) + far.comes("ACK")
    peer = await sipp(far.invited(), far.pause(1.3), late, far.is_ended())
    run = await played(peer.server, SOON)
    judged, actual = ending(run)
    assert judged == FAILED
    assert actual.endswith("within 1 s, not even 100 Trying")
    assert run.steps[0].facts["self_check"].startswith("passed")
    assert await peer.ended() == 0


TAKES = far.answer("200 OK", body=far.sound()) + far.comes("ACK") + far.is_ended()


def challenges(code: int) -> str:
    """Ask who calls, and take whoever knows the password; ask anyone else again."""
    status, header = {
        401: ("401 Unauthorized", "WWW-Authenticate"),
        407: ("407 Proxy Authentication Required", "Proxy-Authenticate"),
    }[code]
    asks = refuses(status, f'{header}: Digest realm="{REALM}", nonce="4711", algorithm=MD5')
    return far.invited() + asks + far.invited(checks=far.knows(USER, PASSWORD)) + far.if_known(TAKES, asks)


def account(password: str) -> Line:
    return Line("demo-1", USER, sip=SipAccount(user=USER, password=password))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_challenge_is_answered(transport, sipp, played):
    """401 by the far end itself; the 407 of a proxy is Kamailio's (test_registering)."""
    peer = await sipp(challenges(401), transport=transport)
    run = await played(peer.server, DIAL, {"ivr.hang_up": None}, line=account(PASSWORD), transport=transport)
    assert run.outcome is Outcome.PASSED, run.failed_step
    assert await peer.ended() == 0


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("code", [401, 407])
async def test_a_wrong_password_is_the_robots_fault(code, transport, sipp, played):
    """The channel has broken no promise."""
    peer = await sipp(challenges(code), transport=transport)
    run = await played(peer.server, DIAL, line=account("wrong"), transport=transport)
    step = run.steps[0]
    assert (step.outcome, step.layer) == (Outcome.ERROR, Layer.ROBOT)
    assert f"does not take us for the line's customer: {code} " in step.failure.what
    assert "sip.password" in step.failure.actual


async def test_a_challenge_can_be_what_is_asked_for(sipp, played):
    """A door that is to be shut is shut."""
    asks = refuses("407 Proxy Authentication Required", f'Proxy-Authenticate: Digest realm="{REALM}", nonce="4711"')
    peer = await sipp(far.invited(), asks)
    run = await played(peer.server, {"ivr.dial": {"number": "10086", "expect": "407"}})
    assert run.outcome is Outcome.PASSED
