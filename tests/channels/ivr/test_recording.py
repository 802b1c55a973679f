"""The recording of a call: two sides, marks, and what is muted."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
import pytest

from prober.channels.ivr.commands import Mark, Tone
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


def test_what_was_said_is_on_the_right_without_a_seam(recording):
    """Ticks tremble; what left one after the other is heard so, and after a pause where it left."""
    for index in range(10):
        recording.say(np.full(160, 2000 + index, "<i2").tobytes(), 100.5 + index * 0.02 + (index % 3) * 0.004)
    recording.say(np.full(160, 3000, "<i2").tobytes(), 101.0)
    _, right = sides(recording.wav())
    assert not right[:4000].any()
    assert [*right[4000:5600:160]] == [2000 + index for index in range(10)]
    assert not right[5600:8000].any()
    assert set(right[8000:8160]) == {3000}


def test_what_leaves_within_the_first_frame_stays_in_one_piece(recording):
    """It begins where it left, not with the recording: a tremble of the ticks would tear it later."""
    for index, late_s in enumerate((0.0197, 0.0395, 0.06, 0.0803, 0.1)):
        recording.say(np.full(160, 2000 + index, "<i2").tobytes(), 100 + late_s)
    _, right = sides(recording.wav())
    begins = int(np.flatnonzero(right)[0])
    assert [*right[begins : begins + 800 : 160]] == [2000 + index for index in range(5)]
    assert np.count_nonzero(right) == 800


@pytest.mark.parametrize(("left_s", "begins"), [(99.99, 0), (100.0, 0), (100.019, 152), (101.99, 15920), (102.5, None)])
def test_what_leaves_at_an_end_of_the_recording_is_cut_off_there(recording, left_s, begins):
    """Before its first tick, with it, within its first frame, at its last, and after it."""
    recording.say(np.full(160, 2000, "<i2").tobytes(), left_s)
    _, right = sides(recording.wav())
    assert np.flatnonzero(right)[:1].tolist() == ([] if begins is None else [begins])


def test_nothing_that_was_said_in_secret_is_heard(recording):
    """Not even where it would lie beside what is muted; what left as the call ended is cut off with it."""
    for index in range(10):
        recording.say(np.full(160, 2000, "<i2").tobytes(), 100.49 + index * 0.02)
    recording.say(np.full(160, 2000, "<i2").tobytes(), 101.995)
    _, right = sides(recording.wav(muted=range(25, 40)))
    assert not right[: 8000 + 7000].any()


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


def test_activity_is_that_of_all_that_was_heard(recording: Recording) -> None:
    """Asked for on the way or not: half of it sounds, at its level, and a tenth of that is clipped."""
    first = recording.activity()
    assert (first.share, first.clipped) == (1.0, 0.0)
    silence, loud = np.zeros(160, "<i2").tobytes(), np.full(160, 32767, "<i2").tobytes()
    for index in range(90):
        recording.add(silence, 102 + index * 0.02)
    for index in range(10):
        recording.add(loud, 104 + index * 0.02)
    found = recording.activity()
    assert found.share == pytest.approx(110 / 200)
    assert found.clipped == pytest.approx(10 / 110)
    assert found.level_dbfs == pytest.approx(10 * np.log10((100 * (1000 / 32768) ** 2 + 10) / 110), abs=0.01)
    assert recording.activity() == found
