"""Words heard in real calls, by a real model."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, Hear, Press, Until
from prober.demo.customers import Customers
from prober.demo.ivr.door import IvrDoor
from prober.loading.wav import read_wav
from prober.model.run import Seen
from prober.model.scenario import Pattern
from tests.channels.ivr.conftest import PROMPTS
from tests.channels.ivr.test_network import alaw_wav

pytestmark = pytest.mark.live
RATE = 8000


def says(expression: str) -> Hear:
    return Hear(says=Pattern(expression, regex=True))


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[str]:
    """The demo operator's IVR; where it can be called."""
    database = tmp_path / "customers.sqlite"
    Customers(database).close()
    door = IvrDoor("127.0.0.1", 0, customers_path=database, recordings=PROMPTS, fault=lambda: None)
    yield f"127.0.0.1:{await door.start()}"
    await door.close()


@pytest.fixture
def recorded_anew(tmp_path: Path) -> Path:
    """The prompts in a lower voice that speaks more slowly."""
    folder = tmp_path / "anew"
    folder.mkdir()
    for name in ("no_input", "agent"):
        voice = ["pitch", "-250", "tempo", "0.88"]
        subprocess.run(["sox", PROMPTS / f"{name}.wav", folder / f"{name}.wav", *voice], check=True)
    return folder


async def test_words_are_dated_by_the_sound_they_are_said_in(far_end, call_as, speech):
    """By its first packet, whatever recognising takes; groups are captured with numbers in digits."""
    peer = await far_end(keys={"1": (0.4, "new_item")})
    robot = await dialled(await call_as(peer.server, speech=speech))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", says("流量包.*每月(?P<price>.+?元)，包含(?P<volume>.+?g)"), within_s=20.0)
    assert (seen.seen, seen.groups) == (Seen.EXPECTED, {"price": "30元", "volume": "30g"}), seen
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent")
    assert seen.took_s == pytest.approx(sent_s - key_s, abs=0.1)
    assert seen.timings["recognised_s"] > 6.0


async def test_the_demo_operator_is_understood(operator, call_as, speech):
    """A key breaks its menu off; the words behind it are dated by where they begin, and kept with the recording."""
    robot = await dialled(await call_as(operator, speech=speech))
    await robot.do("hear", Hear("main_menu", until=Until.STARTED), within_s=20.0)
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", says("账户余额"), within_s=20.0)
    assert seen.seen is Seen.EXPECTED, seen
    assert seen.took_s is not None
    assert seen.took_s < 0.5
    recording, *_ = await robot.session.close()
    kept = (robot.run.evidence.path("call.wav")).read_bytes().decode("utf-8", "ignore")
    assert recording.kind == "recording"
    assert f"words «{seen.facts['words']}»" in kept


async def test_other_words_are_told(far_end, call_as, speech):
    """As another prompt, with the words that were recognised."""
    peer = await far_end(keys={"1": (0.1, "goodbye")})
    robot = await dialled(await call_as(peer.server, speech=speech))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", says("余额.*元"), within_s=3.0)
    assert (seen.seen, seen.expected) == (Seen.OTHER_PROMPT, "words /余额.*元/")
    assert "感谢您的来电" in seen.actual
    assert "prompt goodbye" in seen.actual


async def test_nothing_is_heard_in_silence(far_end, call_as, speech):
    """It is told as that, and nothing is recognised."""
    peer = await far_end()
    robot = await dialled(await call_as(peer.server, speech=speech))
    seen = await robot.do("hear", says("."), within_s=0.5)
    assert (seen.seen, seen.text) == (Seen.SILENCE, None)


@pytest.mark.parametrize("sound", ["ringback", "noise"])
async def test_no_words_are_made_up(sound, far_end, call_as, speech, tmp_path):
    """Whisper by itself hears some in a ringback tone and in noise."""
    at_s = np.arange(3 * RATE) / RATE
    tone = np.sin(2 * np.pi * 450 * at_s) * 6000 * (at_s < 1)
    noise = np.random.default_rng(7).normal(0, 1500, len(at_s)) * (at_s < 2)
    alaw_wav(tmp_path / "sound.wav", tone if sound == "ringback" else noise)
    peer = await far_end(tmp_path, keys={"1": (0.1, "sound")})
    robot = await dialled(await call_as(peer.server, speech=speech))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", says("."), within_s=2.5)
    assert seen.seen in {Seen.TONE, Seen.OTHER_PROMPT}
    assert "words" not in seen.facts


async def test_a_prompt_in_another_voice_is_known_by_its_words(far_end, call_as, speech, recorded_anew):
    """Which of those that are waited for, when it began, and that its recording is new."""
    peer = await far_end(recorded_anew, keys={"1": (0.3, "agent")})
    robot = await dialled(await call_as(peer.server, speech=speech))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear(("goodbye", "agent")), within_s=20.0)
    assert (seen.seen, seen.facts["by"], seen.facts["prompt"]) == (Seen.EXPECTED, "speech", "agent"), seen
    assert "the recording is new" in seen.actual
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent")
    assert seen.took_s == pytest.approx(sent_s - key_s, abs=0.15)


async def test_a_new_recording_behind_a_known_one_is_known_by_its_words(far_end, call_as, speech, recorded_anew):
    """Though no pause is between them; it is dated by its own beginning, and the known one answers for itself."""
    (recorded_anew / "goodbye.wav").write_bytes((PROMPTS / "goodbye.wav").read_bytes())
    peer = await far_end(recorded_anew, keys={"1": (0.3, "goodbye", "agent")})
    robot = await dialled(await call_as(peer.server, speech=speech))
    await robot.do("press", Press("1"))
    known = await robot.do("hear", Hear("goodbye"), within_s=20.0)
    assert (known.seen, "by" in known.facts) == (Seen.EXPECTED, False)
    anew = await robot.do("hear", Hear("agent"), within_s=20.0)
    assert (anew.seen, anew.facts["by"]) == (Seen.EXPECTED, "speech"), anew
    length_s = len(read_wav(PROMPTS / "goodbye.wav")) / RATE
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent")
    assert anew.took_s == pytest.approx(sent_s - key_s + length_s, abs=0.3)


async def test_another_prompt_in_another_voice_is_told_with_its_words(far_end, call_as, speech, recorded_anew):
    """It is not the one that was waited for; without a model, nobody could say what it was."""
    peer = await far_end(recorded_anew, keys={"1": (0.1, "no_input")})
    told = []
    for more in ({"speech": speech}, {}):
        robot = await dialled(await call_as(peer.server, **more))
        await robot.do("press", Press("1"))
        seen = await robot.do("hear", Hear("agent"), within_s=3.0)
        assert seen.seen is Seen.OTHER_PROMPT
        told.append("没有收到" in seen.actual)
    assert told == [True, False]
