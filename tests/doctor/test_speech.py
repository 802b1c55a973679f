"""Speech recognition: the model that is set up, or the one to take."""

from __future__ import annotations

import re

from prober.channels.ivr.speech.engines import Engine, why_not
from prober.doctor import speech
from prober.doctor.finding import Level

IVR = 'channels: {{ivr: {{server: "127.0.0.1:5060", prompts: .{more}}}}}'


async def test_where_none_is_set_up_a_model_is_named(patient_of):
    """And where to put it; a robot that hears recordings alone is well."""
    found = await speech.model(patient_of(IVR.format(more="")))
    assert found.level is Level.GOOD
    assert "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17" in found.what
    assert "into models/ beside config.yaml" in found.what


async def test_a_model_is_loaded(patient_of, whisper_base):
    """In the time it says."""
    more = f", speech: {{engine: whisper, model: {whisper_base}}}"
    found = await speech.model(patient_of(IVR.format(more=more)))
    assert found.level is Level.GOOD
    assert re.fullmatch(rf"whisper with the model {whisper_base} .* took \d+\.\d s", found.what)


async def test_a_model_that_does_not_load_is_broken(patient_of, tmp_path):
    """In the words of its library."""
    for name in ("tokens.txt", "model.onnx"):
        (tmp_path / name).touch()
    assert why_not(Engine.SHERPA_ONNX, tmp_path) == ("", "")
    found = await speech.model(patient_of(IVR.format(more=f", speech: {{engine: sherpa-onnx, model: {tmp_path}}}")))
    assert found.level is Level.BROKEN
    assert "speech cannot be recognised: RuntimeError: Load model from" in found.what


async def test_a_voice_is_heard_where_one_is_set_up(patient_of):
    """One that does not exist is broken; nothing is said where none is wanted."""
    assert await speech.voice(patient_of(IVR.format(more=""))) == []
    found = await speech.voice(patient_of(IVR.format(more=", voice: {engine: espeak-ng}")))
    assert found.level is Level.GOOD
    assert re.fullmatch(r"espeak-ng with the voice cmn-\S+ speaks; \d\.\d s of speech took \d+\.\d s", found.what)
    found = await speech.voice(patient_of(IVR.format(more=", voice: {engine: espeak-ng, voice: nosuch}")))
    assert found.level is Level.BROKEN
    assert "The specified espeak-ng voice does not exist" in found.what
