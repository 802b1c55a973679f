"""The recording of a call: two sides, marks, and what is muted."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
import pytest

from prober.channels.ivr.messages import Mark, Tone
from prober.channels.ivr.recording import RATE, Recording
from prober.channels.ivr.tones import HIGH_HZ, KEYS, LOW_HZ, tone
from tests.channels.ivr.riff import cues


@pytest.fixture
def recording() -> Recording:
    """Two seconds of loud sound, played from second 100 of the clock on."""
    made = Recording()
    for index in range(100):
        made.add(np.full(160, 1000, "<i2").tobytes(), 100 + index * 0.02)
    return made


def sides(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return what is on the left and on the right."""
    with wave.open(io.BytesIO(content)) as reader:
        assert (reader.getnchannels(), reader.getframerate(), reader.getsampwidth()) == (2, 8000, 2)
        both = np.frombuffer(reader.readframes(reader.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def strongest_hz(samples: np.ndarray) -> set[int]:
    """Return the two telephone frequencies that are loudest."""
    spectrum = {
        hz: abs(np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE) @ samples) for hz in (*LOW_HZ, *HIGH_HZ)
    }
    return set(sorted(spectrum, key=spectrum.__getitem__)[-2:])


def test_a_key_is_on_the_right_where_it_was_sent(recording):
    """Nothing before it, nothing after it, and its two tones between."""
    left, right = sides(recording.wav(tones=[Tone(100.5, "1", 0.16)]))
    assert set(left) == {1000}
    assert not right[:4000].any()
    assert not right[4000 + 1280 :].any()
    assert strongest_hz(right[4000:5280].astype(float)) == {697, 1209}


@pytest.mark.parametrize("key", "".join(KEYS))
def test_each_key_has_tones_of_its_own(key):
    """Row and column, and nothing clips."""
    samples = tone(key, 0.1).astype(float)
    (row,) = [index for index, keys in enumerate(KEYS) if key in keys]
    assert strongest_hz(samples) == {LOW_HZ[row], HIGH_HZ[KEYS[row].index(key)]}
    assert 3000 < np.abs(samples).max() < 13000


def test_marks_stand_at_their_samples(recording):
    """At an instant, at a place of its own, before the beginning and behind the end."""
    marks = [
        Mark(90.0, "ivr.dial 10086"),
        Mark(101.0, "key 1"),
        Mark(101.0, "prompt 余额", 1.25),
        Mark(200.0, "the end"),
    ]
    content = recording.wav(marks=marks)
    assert cues(content) == [(0, "ivr.dial 10086"), (8000, "key 1"), (10000, "prompt 余额"), (16000, "the end")]
    assert len(sides(content)[0]) == 16000


def test_other_programs_read_it(recording, tmp_path):
    """Sox finds two sides and two seconds, and does not stumble over the marks."""
    path = tmp_path / "call.wav"
    path.write_bytes(recording.wav(marks=[Mark(101.0, "odd")]))
    told = subprocess.run(["/usr/bin/sox", "--info", str(path)], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    assert "Channels       : 2" in told.stdout
    assert "Duration       : 00:00:02.00 = 16000 samples" in told.stdout


def test_what_is_muted_is_silent_on_both_sides(recording):
    """The rest is untouched."""
    left, right = sides(recording.wav(tones=[Tone(100.5, "1", 0.16)], muted=recording.frames_between(100.45, 101.0)))
    assert not left[3600:8000].any()
    assert not right.any()
    assert left[:3360].all()
    assert left[8320:].all()


def test_an_instant_has_its_place_though_the_clock_stood_still(recording):
    """A stall of the robot's own clock is no part of the recording."""
    recording.add(bytes(320), 103.0)
    assert recording.place_s(102.5) == pytest.approx(2.0)
    assert recording.place_s(103.01) == pytest.approx(2.01)
