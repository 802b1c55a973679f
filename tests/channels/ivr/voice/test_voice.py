"""What speaks texts: its settings, its sound, and what it cannot do."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from prober.channels.ivr.actions import VERBS, Dial, Say
from prober.channels.ivr.config import Settings
from prober.channels.ivr.voice import synthesis
from prober.channels.ivr.voice.config import VoiceSettings
from prober.channels.ivr.voice.engines import Engine
from prober.channels.ivr.voice.shaping import for_telephone
from prober.channels.ivr.voice.synthesis import Texts, spoken
from prober.errors import RobotBroken
from prober.loading.templates import references
from prober.loading.vocabulary import Vocabulary
from prober.model.prompt import PromptTable
from prober.model.scenario import Action

ESPEAK = VoiceSettings(engine=Engine.ESPEAK_NG)


def level_dbfs(samples) -> float:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160) / 32768
    powers = np.mean(frames**2, axis=1)
    return 10 * np.log10(np.mean(powers[powers > powers.max() / 1e4]))


async def test_a_text_is_spoken_at_the_level_of_a_telephone():
    """8 kHz, -20 dBFS, nothing silent at its ends; Mandarin takes some 0.2 s a character."""
    samples = np.frombuffer(await spoken(ESPEAK, "查询话费"), "<i2")
    assert 0.6 < len(samples) / 8000 < 2.0
    assert level_dbfs(samples) == pytest.approx(-20, abs=0.5)
    assert np.abs(samples[:160]).max() > 30
    assert np.abs(samples[-160:]).max() > 30


async def test_voices_differ():
    """The language is the voice's: the same figures in English are other words."""
    english = VoiceSettings(engine=Engine.ESPEAK_NG, voice="en-gb")
    assert await spoken(english, "10086") != await spoken(ESPEAK, "10086")


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
def test_what_a_telephone_carries_stays_and_the_rest_goes(rate):
    """A tone of 1 kHz keeps its frequency and length; one of 5 kHz would come back as another, and is gone."""
    at_s = np.arange(rate) / rate
    tone = (np.sin(2 * np.pi * 1000 * at_s) * 8000).astype(np.int16)
    heard = for_telephone(tone, rate)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * 8000 / len(heard) == pytest.approx(1000, abs=3)
    assert len(heard) == pytest.approx(8000, abs=160)
    assert level_dbfs(heard) == pytest.approx(-20, abs=0.2)
    if rate > 11025:
        both = tone + (np.sin(2 * np.pi * 5000 * at_s) * 8000).astype(np.int16)
        alias = np.abs(np.fft.rfft(for_telephone(both, rate)[800:7200] * np.hanning(6400)))
        assert 20 * np.log10(alias[2400] / alias[800]) < -50


def test_nothing_that_sounds_is_nothing():
    """No division by zero, no noise made loud."""
    assert len(for_telephone(np.zeros(1000, np.int16), 22050)) == 0
    assert len(for_telephone(np.zeros(0, np.int16), 22050)) == 0


async def test_what_is_ahead_is_spoken_once(monkeypatch):
    """Before the call; the step finds it there."""
    texts, asked = Texts(ESPEAK), []

    async def counted(voice, text):
        asked.append(text)
        return await spoken(voice, text)

    monkeypatch.setattr(synthesis, "spoken", counted)
    steps = [Dial("10086"), Say(text="话费"), Say(saying="bye"), Say(text="话费")]
    await texts.prepare([Action("ivr", "any", argument) for argument in steps])
    assert await texts.sound("话费")
    assert asked == ["话费"]


@pytest.mark.parametrize(
    ("settings", "text", "why"),
    [
        (None, "话费", "nothing is set up that speaks"),
        (ESPEAK, "。", "espeak-ng has nothing to say for the text"),
        (
            VoiceSettings(engine=Engine.ESPEAK_NG, voice="nosuch"),
            "话费",
            "espeak-ng does not speak: Error: The specified",
        ),
    ],
    ids=["no voice", "no words", "unknown voice"],
)
async def test_what_cannot_be_spoken_is_the_robots_fault(settings, text, why):
    """With what to do."""
    with pytest.raises(RobotBroken, match=why) as told:
        await Texts(settings).sound(text)
    assert told.value.cure


async def test_a_broken_model_is_refused(tmp_path):
    """sherpa-onnx says so in its own process; the robot lives, and tells."""
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokens.txt").write_text("a 0\n")
    voice = VoiceSettings(engine=Engine.SHERPA_ONNX, model=tmp_path)
    with pytest.raises(RobotBroken, match="sherpa-onnx does not speak: "):
        await spoken(voice, "话费")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"engine": "espeak-ng", "voice": "-x"}, "‘-x’ is no voice of espeak-ng"),
        ({"engine": "sherpa-onnx", "voice": "lili", "model": "/tmp"}, "‘lili’ is no voice of sherpa-onnx"),
        ({"engine": "espeak-ng", "model": "/tmp"}, "espeak-ng takes no model"),
        ({"engine": "sherpa-onnx"}, "sherpa-onnx wants a model"),
        ({"engine": "sherpa-onnx", "model": "/nowhere"}, "there is no folder /nowhere"),
        (
            {"engine": "sherpa-onnx", "model": "/proc/self/fd"},
            "no voice of sherpa-onnx: there is no *.onnx, no tokens.txt",
        ),
    ],
)
def test_settings_that_cannot_speak_are_told_at_once(written, why):
    """In config.yaml, before anything is played."""
    with pytest.raises(ValidationError) as told:
        Settings.model_validate({"server": "10.0.0.5", "prompts": ".", "voice": written})
    assert why in str(told.value)


def test_an_engine_that_is_not_installed_is_told_at_once(monkeypatch, tmp_path):
    """With how to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValidationError, match="espeak-ng is not installed") as told:
        VoiceSettings(engine=Engine.ESPEAK_NG)
    assert "apt-get install espeak-ng" in str(told.value.errors())


TABLE = PromptTable(Path(), {}, {}, "0")


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ({"text": "话费"}, "nothing is set up that speaks, so a text cannot be said"),
        ({}, "‘ivr.say’ says one thing: a recording, or a text"),
        ({"text": "话" * 501}, "the text is 501 characters long, and 500 are the most"),
    ],
    ids=["no voice", "neither", "too long"],
)
def test_a_step_that_cannot_be_said_is_bad_input(argument, why):
    """Told when the scenario is read; where it is not known whether there is a voice, nobody complains."""
    step, mistakes = Vocabulary(VERBS).knowing(TABLE, voice=False).step({"ivr.say": argument})
    assert step is None
    assert any(why in one.message for one in mistakes)


def test_a_recording_and_a_text_are_two_things():
    """Which of them would be said?"""
    step, (mistake,) = Vocabulary(VERBS).step({"ivr.say": {"text": "话费", "saying": "bye"}})
    assert step is None
    assert mistake.message == "‘ivr.say’ says one thing: a recording, or a text"


def test_a_text_is_taken_where_there_is_a_voice_or_nobody_knows():
    """With references, too, or as one."""
    for voice, text in ((True, "我是${line.msisdn}"), (None, "我是${line.msisdn}"), (True, "${line.msisdn}")):
        step, mistakes = Vocabulary(VERBS).knowing(TABLE, voice=voice).step({"ivr.say": {"text": text}})
        assert mistakes == []
        assert step is not None
        assert step.action.argument == Say(text=text)
        assert references(step.action.argument) == ["line.msisdn"]


def wav(*, channels=1, width=2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((channels, width, 8000, 0, "NONE", ""))
        written.writeframes(b"\1\x20" * 8000)
    return file.getvalue()


@pytest.fixture
def speaks(monkeypatch, tmp_path):
    """Have espeak-ng write that file."""

    def write(content: bytes) -> None:
        (tmp_path / "sound").write_bytes(content)
        (tmp_path / "espeak-ng").write_text(f"#!/bin/sh\ncat > /dev/null\ncat '{tmp_path}/sound'\n")
        (tmp_path / "espeak-ng").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return write


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no sound of any format", "file does not start with RIFF id"),
        (b"RIFF", "it is cut off"),
        (wav(channels=2), "it is not mono of 16 bit"),
        (wav(width=1), "it is not mono of 16 bit"),
    ],
)
async def test_what_is_no_sound_is_the_robots_fault(speaks, content, why):
    """With the engine's name."""
    speaks(content)
    with pytest.raises(RobotBroken, match=f"what espeak-ng spoke cannot be used: {why}"):
        await spoken(ESPEAK, "话费")


async def test_half_a_sample_at_the_end_is_left_out(speaks):
    """An engine may have been stopped anywhere."""
    speaks(wav()[:-1])
    assert len(await spoken(ESPEAK, "话费")) == pytest.approx(16000, abs=320)
