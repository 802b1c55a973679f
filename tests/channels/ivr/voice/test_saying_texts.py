"""Texts that are said into a call, as the far end hears them."""

from __future__ import annotations

import wave
from dataclasses import replace

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, Hear, Say
from prober.channels.ivr.voice.config import VoiceSettings
from prober.channels.ivr.voice.engines import Engine
from prober.channels.ivr.voice.synthesis import spoken
from prober.model.prompt import Prompt, PromptTable
from prober.model.run import Outcome, Seen
from prober.model.scenario import Pattern
from tests.channels.ivr.conftest import SECRET

pytestmark = pytest.mark.live

TEXT = "您好，我要查询本月话费，谢谢"
VOICE = {"engine": "espeak-ng", "voice": "cmn-latn-pinyin"}


@pytest.fixture
async def table(table: PromptTable, tmp_path) -> PromptTable:
    """The demo operator's library, and what the robot itself will say, as one more prompt."""
    path = tmp_path / "asked.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(await spoken(VoiceSettings(engine=Engine.ESPEAK_NG), TEXT))
    return replace(table, prompts={**table.prompts, "asked": Prompt("asked", path, TEXT)})


async def test_a_text_is_heard_at_the_far_end(far_end, call_as):
    """An echo brings it back: to the ear it is the very prompt that was spoken beforehand; it took its length."""
    robot = await call_as((await far_end(echoes=True)).server, voice=VOICE)
    await robot.do("dial", Dial("10086"))
    said = await robot.do("say", Say(text=TEXT), within_s=20.0)
    assert (said.seen, said.expected) == (Seen.EXPECTED, f"«{TEXT}» is said")
    assert 2.0 < said.took_s < 6.0
    robot.run.stimulus.at_s -= said.took_s + 0.5
    heard = await robot.do("hear", Hear("asked"))
    assert heard.seen is Seen.EXPECTED


async def test_its_words_are_understood(far_end, call_as, whisper_base):
    """By Whisper, at the far end of a telephone line."""
    speech = {"engine": "whisper", "model": str(whisper_base), "language": "en"}
    peer = await far_end(echoes=True)
    robot = await call_as(peer.server, voice={"engine": "espeak-ng", "voice": "en"}, speech=speech)
    await robot.do("dial", Dial("10086"))
    said = await robot.do("say", Say(text="I would like to know the balance of my account, please."), within_s=20.0)
    robot.run.stimulus.at_s -= said.took_s + 0.5
    understood = await robot.do("hear", Hear(says=Pattern("balance", regex=True)), within_s=15.0)
    assert understood.seen is Seen.EXPECTED


async def test_a_text_is_spoken_before_the_call(played, far_end):
    """A run knows what it will say, facts of its line filled in, before it dials."""
    peer = await far_end(answer=["welcome"])
    steps = (
        {"ivr.dial": "10086"},
        {"ivr.say": {"text": "我的号码是${line.msisdn}"}, "within": "20s"},
        {"ivr.hang_up": None},
    )
    run = await played(peer.server, *steps, voice=VOICE)
    assert [step.outcome for step in run.steps] == [Outcome.PASSED] * 3
    assert run.waited_s > 0


async def test_a_secret_that_is_said_is_silent_in_the_evidence(far_end, call_as):
    """An echo of it, too; it is written nowhere."""
    robot = await call_as((await far_end(echoes=True)).server, voice=VOICE, pcap=True)
    await robot.do("dial", Dial("10086"))
    await robot.do("say", Say(text="话费"), within_s=20.0)
    said = await robot.do("say", Say(text=f"密码 {SECRET}"), within_s=20.0)
    assert said.seen is Seen.EXPECTED
    call = robot.session._phone.call
    await robot.session.close()
    ((began_s, ended_s),) = call.secret_said_s
    with wave.open(str(robot.run.evidence.path("call.wav"))) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, 0]
    place = round((began_s - call.media.at_s) * 8000)
    assert heard[:place].any()
    assert not heard[place + 800 : place + round((ended_s - began_s) * 8000)].any()
    for name in ("call.wav", "call.pcap", "ladder.txt", "ladder.json"):
        assert SECRET.encode() not in robot.run.evidence.path(name).read_bytes()
    assert "ivr.say •••" in robot.run.evidence.path("ladder.txt").read_text()
