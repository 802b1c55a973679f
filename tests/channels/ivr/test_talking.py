"""What the robot says into a call, and what it asks without one."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Ping, Reached, Say, Silence
from prober.errors import RobotBroken
from prober.loading.wav import read_wav
from prober.model.prompt import Prompt, PromptTable
from prober.model.run import Seen

from .conftest import PROMPTS

pytestmark = pytest.mark.live


@pytest.fixture(scope="session")
def table(table: PromptTable) -> PromptTable:
    """The demo operator's library; what a customer says is one of its prompts."""
    path = PROMPTS / "goodbye.wav"
    return replace(table, sayings={"bye": Prompt("bye", path, "再见"), "gone": Prompt("gone", Path("none.wav"))})


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


async def test_what_is_said_arrives_as_it_was_recorded(far_end, call_as):
    """An echo brings it back as a prompt; it took its length."""
    peer = await far_end(echoes=True)
    robot = await dialled(await call_as(peer.server))
    said = await robot.do("say", Say("bye"))
    assert (said.seen, said.expected) == (Seen.EXPECTED, "«再见» is said")
    assert said.took_s == pytest.approx(len(read_wav(PROMPTS / "goodbye.wav")) / 8000, abs=0.05)
    assert robot.run.stimulus.by == "ivr.say"
    robot.run.stimulus.at_s -= said.took_s + 0.5
    assert (await robot.do("hear", Hear("goodbye"))).seen is Seen.EXPECTED
    await robot.session.close()
    with wave.open(str(robot.run.evidence.path("call.wav"))) as file:
        right = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, 1]
    bye = read_wav(PROMPTS / "goodbye.wav")
    begins = int(np.flatnonzero(right)[0] - np.flatnonzero(bye)[0])
    assert np.array_equal(right[begins : begins + len(bye)], bye)


async def test_a_call_that_ends_cuts_off_what_is_said(far_end, call_as):
    """It is told as a hang-up."""
    peer = await far_end(bye_s=0.5)
    robot = await dialled(await call_as(peer.server))
    said = await robot.do("say", Say("bye"))
    assert (said.seen, said.actual) == (Seen.HUNG_UP, "the call ended before all was said")
    assert (await robot.do("say", Say("bye"))).actual == "the call was over"


@pytest.mark.parametrize(("name", "words"), [("none", "no recording ‘none’"), ("gone", "cannot be used")])
async def test_what_cannot_be_said_is_the_robots_fault(name, words, far_end, call_as):
    """A name that a capture filled in, and a file that went away."""
    peer = await far_end()
    robot = await dialled(await call_as(peer.server))
    with pytest.raises(RobotBroken, match=words):
        await robot.do("say", Say(name))


async def test_silence_lasts_as_long_as_it_is_to(far_end, call_as):
    """Or as the call does."""
    peer = await far_end(bye_s=1.0)
    robot = await dialled(await call_as(peer.server))
    whole = await robot.do("silence", Silence(0.3))
    assert (whole.seen, whole.took_s) == (Seen.EXPECTED, pytest.approx(0.3, abs=0.1))
    cut = await robot.do("silence", Silence(30.0))
    assert cut.actual == "the call ended meanwhile"
    assert cut.took_s is not None
    assert cut.took_s < 1.0


async def test_what_comes_before_the_answer_is_heard(far_end, call_as):
    """`until: early` dials as far as the first sound, and hanging up then cancels."""
    peer = await far_end(early=True, answer=["agents_busy"])
    robot = await call_as(peer.server)
    early = await robot.do("dial", Dial("10086", until=Reached.EARLY))
    assert (early.seen, early.actual) == (Seen.EXPECTED, "183 Session Progress")
    assert (await robot.do("hear", Hear("agents_busy"))).seen is Seen.EXPECTED
    left = await robot.do("hang_up", HangUp())
    assert (left.seen, left.actual) == (Seen.EXPECTED, "487 Request Terminated")
    assert left.took_s is not None
    assert peer.instants("cancel")


async def test_an_answer_is_as_good_as_the_sound_before_it(far_end, call_as):
    """Where a far end answers at once."""
    peer = await far_end(answer=["welcome"])
    robot = await call_as(peer.server)
    assert (await robot.do("dial", Dial("10086", until=Reached.EARLY))).seen is Seen.EXPECTED
    assert (await robot.do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    assert (await robot.do("hang_up", HangUp())).actual == "200"


async def test_a_ping_takes_no_call(far_end, call_as):
    """OPTIONS, and how long its answer took."""
    peer = await far_end()
    robot = await call_as(peer.server)
    seen = await robot.do("ping", Ping(), within_s=2.0)
    assert (seen.seen, seen.actual, seen.facts["sip_code"]) == (Seen.EXPECTED, "200 OK", 200)
    assert seen.took_s is not None
    assert 0 < seen.took_s < 0.5
    assert peer.instants("options")
    kept = {one.path.rpartition("/")[2]: one for one in await robot.session.close()}
    assert set(kept) == {"outside.txt", "outside.json"}


async def test_any_answer_to_a_ping_is_one_but_that_it_cannot_serve(far_end, call_as):
    """404 is a server that is there; 503 is one that refuses."""
    for status, seen in (("404 Not Found", Seen.EXPECTED), ("503 Service Unavailable", Seen.REFUSED)):
        peer = await far_end(options=status)
        robot = await call_as(peer.server)
        told = await robot.do("ping", Ping("10086"), within_s=2.0)
        assert (told.seen, told.actual) == (seen, status)


async def test_a_ping_that_nobody_answers_is_doubtful(far_end, call_as):
    """It may be the robot's own network."""
    peer = await far_end(ignores=["OPTIONS"])
    robot = await call_as(peer.server)
    told = await robot.do("ping", Ping(), within_s=0.3)
    assert (told.seen, told.doubtful) == (Seen.NO_ANSWER, True)
