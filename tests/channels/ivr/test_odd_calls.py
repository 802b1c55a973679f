"""Calls that SIPp takes and treats badly: what the run says of them, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Until
from prober.model.run import Layer, Outcome, Seen
from tests.channels.ivr import sipp as far

pytestmark = pytest.mark.live
DIAL = {"ivr.dial": "10086"}
HEAR = {"ivr.hear": "welcome", "within": "1.5s"}
HANG_UP = {"ivr.hang_up": None, "always": True}
SIGNALLING, MEDIA, PROMPT = ((Outcome.FAILED, layer) for layer in (Layer.SIGNALLING, Layer.MEDIA, Layer.PROMPT))


def ending(run):
    """Return outcome and layer of the step that broke the run, its verb, and its words."""
    step = run.failed_step
    return (step.outcome, step.layer), step.verb, step.failure.actual


@pytest.fixture(scope="module")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of A-law silence."""
    path = tmp_path_factory.mktemp("sipp") / "silence.alaw"
    path.write_bytes(b"\xd5" * 8000)
    return path


async def test_a_call_without_rtp(sipp, played):
    """Answered, and dead: the self-check says that the robot's own sound works."""
    peer = await sipp(far.answered(), far.is_ended())
    run = await played(peer.server, DIAL, HEAR, HANG_UP)
    assert ending(run) == (MEDIA, "hear", "the call is answered, and not one RTP packet has come in")
    assert run.steps[1].facts["self_check"].startswith("passed")
    assert await peer.ended() == 0


async def test_a_call_that_is_all_silence(sipp, played, silence):
    """Packets come, and there is nothing in them."""
    peer = await sipp(far.answered(silence), far.is_ended())
    run = await played(peer.server, DIAL, HEAR, HANG_UP)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (PROMPT, "hear")
    assert actual.startswith("packets came in, and nothing was heard for ")
    assert await peer.ended() == 0


async def test_rtp_that_stops_in_mid_call(sipp, played, welcome_raw):
    """The prompt is named, and how much of it was heard; the call itself is up till we end it."""
    peer = await sipp(far.answered(welcome_raw), far.pause(1.2), far.FALLS_SILENT, far.is_ended())
    run = await played(peer.server, DIAL, {**HEAR, "within": "3s"}, HANG_UP)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (MEDIA, "hear")
    assert "the sound broke off in the middle of prompt welcome «" in actual
    assert await peer.ended() == 0


async def test_an_answer_that_describes_no_sound(sipp, played):
    """Nothing can be heard of it, and our side hangs up at once: that is told where it happened."""
    peer = await sipp(far.invited(), far.answer("200 OK"), far.comes("ACK"), far.is_ended())
    run = await played(peer.server, DIAL, HEAR)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (SIGNALLING, "dial")
    assert re.fullmatch(r"200 OK, and no sound can follow from it \(.+\); the robot hung up", actual)
    assert await peer.ended() == 0


@pytest.mark.parametrize("body", [far.sound("18 G729"), "v=0\no=\nm=audio none\n"])
async def test_an_answer_with_a_description_that_is_none_of_ours(body, sipp, played):
    """A codec that was not offered, and one that cannot be read."""
    # pjsip sends its BYE before its ACK.
    peer = await sipp(far.invited(), far.answer("200 OK", body=body), far.is_ended(), far.comes("ACK"))
    run = await played(peer.server, DIAL, HEAR)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (SIGNALLING, "dial")
    assert actual.endswith("; the robot hung up")
    assert await peer.ended() == 0


async def test_a_far_end_that_hangs_up_at_once(sipp, played):
    """The call was answered, and what was to be heard in it was not: who ended it, and why."""
    peer = await sipp(far.answered(), far.hangs_up(1, 'Reason: Q.850;cause=34;text="No circuit available"'))
    run = await played(peer.server, DIAL, HEAR, HANG_UP)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (MEDIA, "hear")
    assert re.fullmatch(
        r'the far end ended the call 0\.\d\d s after the stimulus; its reason: Q\.850;cause=34;text="No circuit .*"',
        actual,
    )
    ended = run.steps[-1]
    assert (ended.outcome, ended.facts["ended_by"], ended.facts["q850_cause"]) == (Outcome.PASSED, "far end", 34)
    assert await peer.ended() == 0


async def test_a_far_end_that_dies_in_mid_call(sipp, call_as, welcome_raw):
    """Nothing comes any more, of its sound or to our BYE: in doubt each, for the self-check to say."""
    peer = await sipp(far.answered(welcome_raw), far.is_ended())
    robot = await call_as(peer.server)
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    assert (await robot.do("hear", Hear("welcome", until=Until.STARTED))).seen is Seen.EXPECTED
    peer.process.kill()
    await peer.process.wait()
    heard = await robot.do("hear", Hear("balance"), within_s=3.0)
    assert (heard.seen, heard.doubtful) == (Seen.DROPOUT, True)
    assert "no RTP packet has come in for " in heard.actual
    ended = await robot.do("hang_up", HangUp(), within_s=0.5)
    assert (ended.seen, ended.actual, ended.doubtful) == (Seen.NOTHING, "our BYE was not answered within 0.5 s", True)
    await robot.session.close()


async def test_an_endless_call_is_ended_by_the_scenarios_deadline(sipp, played, welcome_raw):
    """The far end talks for ever; the call is hung up all the same."""
    peer = await sipp(far.answered(welcome_raw), far.is_ended())
    run = await played(peer.server, DIAL, {"ivr.hung_up": None, "within": "60s"}, HANG_UP, deadline_s=2.0)
    judged, verb, actual = ending(run)
    assert (judged, verb) == (SIGNALLING, "hung_up")
    assert actual.startswith("the call went on for ")
    assert "the deadline of the scenario (2 s) ended the wait" in run.failed_step.failure.what
    assert await peer.ended() == 0


class Babbler(asyncio.DatagramProtocol):
    """Answers an INVITE with what is no SIP, or hardly, and then with 486."""

    def __init__(self, *babble: str) -> None:
        self._babble = babble
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.startswith(b"INVITE"):
            return
        lines = data.decode().split("\r\n")
        kept = "\r\n".join(line for line in lines if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:")))
        for said in (*self._babble, "SIP/2.0 486 Busy Here\r\n{kept}\r\nContent-Length: 0\r\n\r\n"):
            self._transport.sendto(said.replace("{kept}", kept).encode("latin-1"), addr)


@pytest.mark.parametrize(
    "babble",
    [
        "hello\r\n\r\n",
        "SIP/2.0 18x Ringing\r\n{kept}\r\n\r\n",
        "SIP/2.0 1000 Odd\r\n{kept}\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 20 Odd\r\n{kept}\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 180 Ringing\r\nVia: nothing\r\nCSeq: one\r\n\r\n",
        "SIP/2.0 180\r\n{kept}\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 183 Progress\r\n{kept}\r\nContent-Type: application/sdp\r\nContent-Length: 9999\r\n\r\nv=0",
        "INVITE sip:x SIP/2.0\r\n\r\n",
        "\xff\xfe\x00" * 40,
    ],
)
async def test_malformed_sip_is_passed_over(babble, played):
    """The robot neither falls over it nor takes it for an answer."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Babbler(babble), local_addr=("127.0.0.1", 0), family=socket.AF_INET
    )
    try:
        server = "{}:{}".format(*transport.get_extra_info("sockname"))
        run = await played(server, DIAL)
    finally:
        transport.close()
    assert ending(run) == (SIGNALLING, "dial", f"486 Busy Here, said by {server}")
    assert len(run.steps) == 1
