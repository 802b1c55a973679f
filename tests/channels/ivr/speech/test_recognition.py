"""The recognition process, the folders of its models, and its settings."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from prober.channels.ivr.config import Settings
from prober.channels.ivr.speech.config import SpeechSettings
from prober.channels.ivr.speech.engines import Engine, why_not
from prober.channels.ivr.speech.recognition import Recognition
from prober.channels.ivr.speech.recognizer import wideband
from prober.errors import RobotBroken
from prober.loading.wav import read_wav
from tests.channels.ivr.conftest import PROMPTS

RATE = 8000


def prompt(name: str) -> bytes:
    return read_wav(PROMPTS / f"{name}.wav").astype("<i2").tobytes()


@pytest.fixture
async def whisper(speech):
    """A recognition process with a real model."""
    recognition = Recognition(SpeechSettings.model_validate(speech))
    yield recognition
    await recognition.close()


async def test_each_who_asks_gets_his_own_answer(whisper):
    """Asked at once, answered in order; one who goes away costs the others nothing."""
    asking = [asyncio.ensure_future(whisper.recognize(prompt(name))) for name in ("agent", "goodbye", "wrong_key")]
    await whisper.loaded()
    asking[1].cancel()
    first, _, last = await asyncio.gather(*asking, return_exceptions=True)
    assert "人工服务" in first[0].text
    assert "重新选择" in last[0].text
    assert 0 <= last[0].start_s < last[0].end_s < 3.0


@pytest.mark.parametrize("sound", ["silence", "ringback", "noise", "nothing"])
async def test_no_words_are_made_up(whisper, sound):
    """Where nobody speaks."""
    at_s = np.arange(3 * RATE) / RATE
    sounds = {
        "silence": np.zeros(len(at_s)),
        "ringback": np.sin(2 * np.pi * 450 * at_s) * 6000 * (at_s < 1),
        "noise": np.random.default_rng(7).normal(0, 1500, len(at_s)),
        "nothing": np.zeros(0),
    }
    assert await whisper.recognize(sounds[sound].astype("<i2").tobytes()) == []


async def test_a_process_that_died_is_replaced(whisper):
    """Who waited for it is told; who asks next is served by another."""
    await whisper.loaded()
    asking = asyncio.ensure_future(whisper.recognize(prompt("main_menu")))
    await asyncio.sleep(0)
    os.kill(whisper._process.pid, signal.SIGKILL)
    with pytest.raises(RobotBroken, match=r"its process died \(exit code -9\)"):
        await asking
    assert "再见" in (await whisper.recognize(prompt("goodbye")))[0].text


@pytest.mark.parametrize(
    ("engine", "files"),
    [
        ("whisper", ("model.bin", "config.json", "tokenizer.json")),
        ("sherpa-onnx", ("model.int8.onnx", "tokens.txt")),
        ("sherpa-onnx", ("encoder.onnx", "decoder.onnx", "joiner.onnx", "tokens.txt")),
    ],
)
async def test_a_model_that_does_not_load_is_told(engine, files, tmp_path):
    """In the words of its library, by name of what to ask; never a traceback."""
    for name in files:
        (tmp_path / name).write_text("{}" if name.endswith("json") else "no model", encoding="utf-8")
    recognition = Recognition(SpeechSettings.model_validate({"engine": engine, "model": str(tmp_path)}))
    with pytest.raises(RobotBroken, match="speech cannot be recognised: ") as told:
        await recognition.recognize(b"")
    assert "prober doctor" in told.value.cure
    await recognition.close()


@pytest.mark.parametrize(
    ("engine", "files", "missing"),
    [
        (Engine.WHISPER, ("model.bin", "config.json"), "there is no tokenizer.json"),
        (Engine.SHERPA_ONNX, ("tokens.txt",), "there is no model*.onnx"),
        (Engine.SHERPA_ONNX, ("model.onnx",), "there is no tokens.txt"),
        (Engine.SHERPA_ONNX, ("encoder.onnx", "tokens.txt"), "there is no decoder*.onnx, no joiner*.onnx"),
        (Engine.VOSK, ("README",), "there is no am/final.mdl"),
    ],
)
def test_a_folder_that_holds_no_model_is_told(engine, files, missing, tmp_path, monkeypatch):
    """With what is missing in it, before anything is loaded."""
    monkeypatch.setitem(sys.modules, "vosk", sys)  # found, and never imported here
    for name in files:
        (tmp_path / name).touch()
    what, cure = why_not(engine, tmp_path)
    assert what == f"{tmp_path} holds no model of {engine}: {missing}"
    assert cure


def test_the_models_there_are_are_taken(tmp_path, whisper_base, monkeypatch):
    """By what lies in their folders; of two sherpa-onnx files the int8 one."""
    monkeypatch.setitem(sys.modules, "vosk", sys)
    (tmp_path / "am").mkdir()
    for name in ("am/final.mdl", "tokens.txt", "model.int8.onnx"):
        (tmp_path / name).touch()
    assert why_not(Engine.WHISPER, whisper_base) == ("", "")
    assert why_not(Engine.SHERPA_ONNX, tmp_path) == why_not(Engine.VOSK, tmp_path) == ("", "")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"model": "/nowhere"}, "there is no folder /nowhere"),
        ({"engine": "google"}, "'whisper', 'sherpa-onnx' or 'vosk'"),
        ({"language": "Mandarin"}, "write zh or en"),
        ({"engine": "vosk"}, "vosk is not installed"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(wrong, told, speech, monkeypatch):
    """Before any call."""
    monkeypatch.setitem(sys.modules, "vosk", None)
    with pytest.raises(ValidationError, match=told):
        Settings.model_validate({"server": "host", "prompts": "prompts", "speech": speech | wrong})


def test_sound_is_widened_without_a_mirror_image():
    """8 kHz to 16 kHz: a tone stays itself, and nothing comes up above 4 kHz."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE) * 16384
    wide = wideband(tone.astype(np.int16))
    true = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / (2 * RATE)) / 2
    assert np.abs(wide - true)[100:-100].max() < 0.01
    spectrum = np.abs(np.fft.rfft(wide))
    assert spectrum[RATE // 2 :].max() < 0.01 * spectrum.max()
