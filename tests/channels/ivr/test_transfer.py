"""Calls that the far end holds, takes back, moves to another place and sends on to somebody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, HungUp, Press, Transferred
from prober.channels.ivr.addressing import leads_to_server
from prober.channels.ivr.commands import ServerSetup
from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.sip_trace import SipTrace
from prober.channels.ivr.transfer import Kind, held_s, moves
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.line import Line
from prober.model.run import Seen
from tests.channels.ivr import sipp as far


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


async def known(robot, kind):
    """Return when the far end has done that."""
    phone = robot.session._phone
    assert await phone.line.until(
        lambda: any(one.kind is kind for one in moves(phone.call.trace)) or None, monotonic() + 5
    )


async def left_properly(robot):
    """Hang up, and return the call's facts and its ladder."""
    ended = await robot.do("hang_up", HangUp())
    assert ended.seen is Seen.EXPECTED
    await robot.session.close()
    return ended.facts, robot.run.evidence.path("ladder.txt").read_text(encoding="utf-8")


@pytest.mark.live
async def test_what_is_played_on_hold_is_heard(far_end, call_as):
    """A prompt is followed through the hold, which costs it a few frames; how long it lasted is told."""
    peer = await far_end(answer=["welcome"], holds=[0.5, "sendonly", 1.0])
    robot = await dialled(await call_as(peer.server))
    heard = await robot.do("hear", Hear("welcome"))
    assert (heard.seen, heard.facts["to_its_end"]) == (Seen.EXPECTED, True)
    await known(robot, Kind.RESUMED)
    facts, ladder = await left_properly(robot)
    assert facts["held_s"] == pytest.approx(1.0, abs=0.1)
    assert facts["rtp_received"] > 100  # of the streams before, in and after the hold
    assert "the far end put the call on hold" in ladder
    assert "the far end took the call back" in ladder


@pytest.mark.live
async def test_a_hold_in_silence_is_named_where_something_was_to_be_heard(far_end, call_as):
    """And when the call is taken back it goes on, keys and times and all."""
    peer = await far_end(holds=[0.2, "inactive", 1.5], keys={"1": (0.3, "balance")})
    robot = await dialled(await call_as(peer.server))
    held = await robot.do("hear", Hear("welcome"), within_s=0.8)
    assert held.seen in {Seen.SILENCE, Seen.NO_MEDIA}
    assert held.actual.endswith("; the far end put the call on hold")
    await known(robot, Kind.RESUMED)
    await robot.do("press", Press("1"))
    heard = await robot.do("hear", Hear("balance"))
    assert heard.seen is Seen.EXPECTED, heard
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent", prompt="balance")
    assert heard.took_s == pytest.approx(sent_s - key_s, abs=0.1)
    facts, _ = await left_properly(robot)
    assert facts["clock_gap_max_s"] < 1


@pytest.mark.live
async def test_sound_that_moves_to_another_port_is_a_transfer(far_end, call_as):
    """Exchanges put a call through like that; what is said there is heard, and keys arrive there."""
    peer = await far_end(answer=["welcome"], moves=[1.0, "agent"], keys={"1": (0.3, "balance")})
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("transferred", Transferred())
    assert (seen.seen, seen.facts["by"], seen.facts["held_s"]) == (Seen.EXPECTED, "re-INVITE", 0.0)
    assert seen.facts["target"].startswith("127.0.0.1:")
    (answered_s,), (asked_s,) = peer.instants("invite"), peer.instants("re-invite")
    assert seen.took_s == pytest.approx(asked_s - answered_s, abs=0.1)
    heard = await robot.do("hear", Hear("agent"))
    assert heard.seen is Seen.EXPECTED, heard
    sent_s = peer.instants("sent", prompt="agent")[0]
    assert heard.took_s == pytest.approx(sent_s - answered_s, abs=0.1)
    await robot.do("press", Press("1"))
    heard = await robot.do("hear", Hear("balance"))
    assert heard.seen is Seen.EXPECTED, heard
    (key_s,), sent_s = peer.instants("key"), peer.instants("sent", prompt="balance")[0]
    assert heard.took_s == pytest.approx(sent_s - key_s, abs=0.1)
    _, ladder = await left_properly(robot)
    assert f"the far end moved its sound to {seen.facts['target']}" in ladder


@pytest.mark.live
async def test_a_transfer_that_never_comes_is_in_doubt(far_end, call_as):
    """It may have been lost on our side."""
    robot = await dialled(await call_as((await far_end()).server))
    seen = await robot.do("transferred", Transferred(), within_s=0.3)
    assert (seen.seen, seen.actual, seen.doubtful) == (Seen.NOTHING, "no transfer within 0.3 s", True)


@pytest.mark.live
async def test_a_call_that_ends_is_not_transferred(far_end, call_as):
    """That is hanging up."""
    robot = await dialled(await call_as((await far_end(bye_s=0.3)).server))
    seen = await robot.do("transferred", Transferred())
    assert (seen.seen, seen.actual) == (Seen.HUNG_UP, "the call ended")


@pytest.mark.live
async def test_a_call_that_is_sent_on_is_followed(sipp, far_end, call_as, welcome_raw):
    """To an agent on our server: the call goes on there, to the ear and to keys, though the first leg has ended."""
    agent = await far_end(answer=["agent"], keys={"1": (0.3, "balance")})
    target = f"sip:agent@{agent.server}"
    peer = await sipp(far.answered(welcome_raw), far.pause(0.5), far.sends_on(target), far.hangs_up(2))
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("transferred", Transferred())
    assert (seen.seen, seen.facts["by"], seen.facts["target"]) == (Seen.EXPECTED, "REFER", target)
    heard = await robot.do("hear", Hear("agent"))
    assert heard.seen is Seen.EXPECTED, heard
    assert await peer.ended() == 0
    await robot.do("press", Press("1"))
    heard = await robot.do("hear", Hear("balance"))
    assert heard.seen is Seen.EXPECTED, heard
    (key_s,), sent_s = agent.instants("key"), agent.instants("sent", prompt="balance")[0]
    assert heard.took_s == pytest.approx(sent_s - key_s, abs=0.1)
    facts, ladder = await left_properly(robot)
    assert facts["ended_by"] == "robot"
    assert f"the far end sent the call on to {target}" in ladder
    assert agent.instants("bye")


@pytest.mark.live
async def test_an_agent_who_hangs_up_ends_the_call(sipp, far_end, call_as):
    """The call's end is that of its last leg."""
    agent = await far_end(bye_s=1.0)
    peer = await sipp(far.answered(), far.sends_on(f"sip:agent@{agent.server}"), far.hangs_up(2))
    robot = await dialled(await call_as(peer.server))
    assert (await robot.do("transferred", Transferred())).seen is Seen.EXPECTED
    seen = await robot.do("hung_up", HungUp())
    assert (seen.seen, seen.facts["q850_cause"]) == (Seen.EXPECTED, 16)
    assert await peer.ended() == 0


@pytest.mark.live
async def test_an_agent_who_does_not_answer_leaves_the_call_where_it_was(sipp, call_as, welcome_raw):
    """Sent on in vain."""
    peer = await sipp(far.answered(welcome_raw), far.sends_on("sip:agent@127.0.0.1:9;transport=tcp"), far.is_ended())
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("transferred", Transferred(), within_s=0.5)
    assert seen.seen is Seen.NOTHING
    assert "; the far end sent the call on, and nobody has taken it (sip:agent@127.0.0.1:9" in seen.actual
    assert (await robot.do("hear", Hear("welcome"), within_s=8.0)).seen is Seen.EXPECTED
    await left_properly(robot)
    assert await peer.ended() == 0


@pytest.mark.live
async def test_a_call_is_sent_on_once_at_a_time(sipp, far_end, call_as):
    """While nobody has taken it there a second request is declined; hanging up ends both legs."""
    agent = await far_end(answer=["agent"], early=True)
    target = f"sip:agent@{agent.server}"
    again = far.ask("REFER", 2, f"Refer-To: <{target}>") + far.comes("603")
    peer = await sipp(far.answered(), far.sends_on(target), again, far.is_ended())
    robot = await dialled(await call_as(peer.server))
    heard = await robot.do("hear", Hear("agent"))  # before anybody has answered there
    assert heard.seen is Seen.EXPECTED, heard
    await left_properly(robot)
    assert agent.instants("cancel")
    assert await peer.ended() == 0


@pytest.mark.live
async def test_calls_that_are_sent_on_at_once_want_more_than_there_are(sipp, far_end, call_from):
    """A line process has four calls, and three customers: of three that are sent on, two are the robot's ERROR."""
    agent = await far_end(answer=["agent"], early=True)
    peer = await sipp(far.answered(), far.sends_on(f"sip:agent@{agent.server}"), far.is_ended(), calls=3)
    opened = call_from(peer.server)
    robots = [await opened(Line(f"demo-{nth}", f"1380000000{nth}")) for nth in range(3)]
    assert len({robot.session.pid for robot in robots}) == 1

    async def sent_on(robot):
        await dialled(robot)
        return await robot.do("transferred", Transferred(), within_s=2.0)

    found = await asyncio.gather(*map(sent_on, robots), return_exceptions=True)
    broken = [one for one in found if isinstance(one, RobotBroken)]
    assert len(broken) == 2, found
    assert "as other calls of the line process were being sent on" in str(broken[0])


@pytest.mark.live
async def test_a_call_is_not_sent_to_another_server(sipp, call_as):
    """Whoever could send it there could have it call anywhere; the step says where it was to go."""
    declined = far.ask("REFER", 1, "Refer-To: <sip:agent@192.0.2.7>") + far.comes("603")
    peer = await sipp(far.answered(), declined, far.is_ended())
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("transferred", Transferred(), within_s=0.5)
    told = "no transfer within 0.5 s; the far end wanted the call sent to another server (sip:agent@192.0.2.7)"
    assert (seen.seen, seen.actual, seen.doubtful) == (Seen.NOTHING, told, False)
    await left_properly(robot)
    assert await peer.ended() == 0


def message(at_s, sent, first, number, sound=None, *, call="a", more=""):
    """A message of a call as it passed."""
    method = first.split(" ")[0] if not first.startswith("SIP/2.0") else "INVITE"
    body = f"v=0\r\nc=IN IP4 10.0.0.5\r\n{sound}\r\n" if sound else ""
    head = f"{first}\r\nCall-ID: {call}\r\nCSeq: {number} {method}\r\n{more}\r\n"
    return SipMessage(at_s, sent, "UDP 10.0.0.5:5060", head + body)


INVITED = [
    message(0.0, True, "INVITE sip:10086@s SIP/2.0", 1),
    message(1.0, False, "SIP/2.0 200 OK", 1, "m=audio 4000 RTP/AVP 8"),
]


def invited_again(at_s, number, sound):
    return [
        message(at_s, False, "INVITE sip:me SIP/2.0", number, sound),
        message(at_s + 0.1, True, "SIP/2.0 200 OK", number),
    ]


@pytest.mark.parametrize(
    "sound",
    [
        "m=audio 4000 RTP/AVP 8\r\na=sendonly",
        "a=inactive\r\nm=audio 4000 RTP/AVP 8",
        "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0",
        "m=audio 5000 RTP/AVP 8\r\nc=IN IP4 10.0.0.9\r\na=sendonly",
    ],
)
def test_every_way_to_hold_is_known(sound):
    """By direction, of the sound or of the session, by no address, and with music from elsewhere; and the way back."""
    trace = SipTrace(
        [*INVITED, *invited_again(2.0, 7, sound), *invited_again(5.0, 8, "m=audio 4000 RTP/AVP 8\r\na=sendrecv")]
    )
    assert [(one.kind, one.at_s) for one in moves(trace)] == [(Kind.HELD, 2.1), (Kind.RESUMED, 5.1)]
    assert held_s(trace, 9.0) == pytest.approx(3.0)
    assert held_s(SipTrace(trace.messages[:4]), 3.0) == pytest.approx(0.9)


def test_a_session_that_is_refreshed_is_no_transfer():
    """Nor is a re-INVITE that we refused."""
    refused = [
        message(4.0, False, "INVITE sip:me SIP/2.0", 8, "m=audio 9 RTP/AVP 18"),
        message(4.1, True, "SIP/2.0 488 Not Acceptable Here", 8),
    ]
    trace = SipTrace([*INVITED, *invited_again(2.0, 7, "m=audio 4000 RTP/AVP 8"), *refused])
    assert moves(trace) == []


def test_an_offer_of_ours_is_answered_in_the_acknowledgement():
    """A re-INVITE that describes nothing (third-party call control)."""
    trace = SipTrace(
        [
            *INVITED,
            *invited_again(2.0, 7, None),
            message(2.2, False, "ACK sip:me SIP/2.0", 7, "m=audio 6000 RTP/AVP 8\r\nc=IN IP4 10.0.0.9"),
        ]
    )
    (move,) = moves(trace)
    assert (move.kind, move.at_s, move.target) == (Kind.MOVED, 2.2, "10.0.0.9:6000")


def test_an_announcement_before_the_answer_is_no_transfer():
    """Its sound comes from elsewhere, as that of an answer to our own INVITE may."""
    ringing = message(0.5, False, "SIP/2.0 183 Session Progress", 1, "m=audio 3000 RTP/AVP 8")
    trace = SipTrace([INVITED[0], ringing, INVITED[1], *invited_again(2.0, 7, "m=audio 6000 RTP/AVP 8")])
    (move,) = moves(trace)
    assert (move.kind, move.target) == (Kind.MOVED, "10.0.0.5:6000")


def test_a_hold_before_the_call_is_sent_on_counts():
    """Hold, music, and another one takes the call: the hold ends there."""
    trace = SipTrace(
        [*INVITED, *invited_again(2.0, 7, "m=audio 4000 RTP/AVP 8\r\na=sendonly"), *sent_on(4.0, 8, "sip:2000@s", "b")]
    )
    assert [(one.kind, one.target) for one in moves(trace)] == [(Kind.HELD, ""), (Kind.REFERRED, "sip:2000@s")]
    assert held_s(trace, 9.0) == pytest.approx(2.9)


def test_the_one_that_took_the_call_is_told_and_no_other():
    """A REFER that we declined comes first, and the other one twice; it names whom it leads to."""
    declined = [
        message(2.0, False, "REFER sip:me SIP/2.0", 7, more="Refer-To: <sip:bad@x>\r\n"),
        SipMessage(2.1, True, "UDP 10.0.0.5:5060", "SIP/2.0 603 Decline\r\nCall-ID: a\r\nCSeq: 7 REFER\r\n\r\n"),
    ]
    first, *rest = sent_on(4.0, 8, '"Agent Zhang" <sip:2000@s>', "b")
    trace = SipTrace([*INVITED, *declined, first, replace(first, at_s=4.05), *rest])
    assert [(one.kind, one.at_s, one.target) for one in moves(trace)] == [
        (Kind.DECLINED, 2.0, "sip:bad@x"),
        (Kind.REFERRED, 5.0, "sip:2000@s"),
    ]


def sent_on(at_s, number, target, leg):
    """A REFER, and the call to where it leads, answered a second later."""
    return [
        message(at_s, False, "REFER sip:me SIP/2.0", number, more=f"Refer-To: {target}\r\n"),
        message(at_s + 0.1, True, "INVITE sip:2000@s SIP/2.0", 1, call=leg),
        message(at_s + 1.0, False, "SIP/2.0 200 OK", 1, "m=audio 7000 RTP/AVP 8", call=leg),
    ]


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("sip:2000@10.0.0.5", True),
        ('"Agent Zhang" <sip:2000@10.0.0.5:5080;transport=tcp>', True),
        ("<sip:2000@ims.example.com;user=phone>;x=1", True),
        ("sip:2000@10.0.0.6", False),
        ("sip:2000@10.0.0.5;maddr=10.0.0.6", False),
        ("sip:2000@10.0.0.5;MADDR=10.0.0.6", False),
        ("<sip:2000@10.0.0.5?Route=%3Csip:10.0.0.6%3E>", False),
        ("sip:10.0.0.5@10.0.0.6", False),
        ("tel:2000", False),
        ("", False),
    ],
)
def test_a_call_is_sent_on_within_the_own_server_alone(target, leads):
    """Whoever can send a REFER could have any host called."""
    server = ServerSetup("10.0.0.5", 5060, "udp", "ims.example.com", ("PCMA",), (20000, 20100), None)
    assert leads_to_server(target, server) is leads
