"""Which part of a sound is to be recognised, and when it began."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.commands import HandOver
from prober.channels.ivr.messages import Sound
from prober.channels.ivr.understanding import _behind_a_pause, _without

LOUD, QUIET = np.full(160, 3000, "<i2").tobytes(), bytes(320)


@pytest.mark.parametrize(
    ("frames", "began"),
    [
        ("+++------++++", 9),
        ("-------++++", 7),
        ("++--+++-----+++", 12),
        ("++++++++++++++++++++", None),
        ("+++---+++++++++++++++++++", None),
        ("+" * 40 + "-" * 8 + "+++", None),
        ("+++-------", None),
    ],
)
def test_a_new_sound_begins_behind_a_pause(frames, began):
    """Of 100 ms, that begins soon enough after the stimulus; else nobody can tell the two apart."""
    arrived_s = tuple(100 + 0.02 * index for index in range(len(frames)))
    samples = b"".join(LOUD if sign == "+" else QUIET for sign in frames)
    found = _behind_a_pause(Sound(HandOver(100, 101), samples, arrived_s), 100.0)
    assert found == (None if began is None else arrived_s[began])


@pytest.mark.parametrize(
    ("known", "left"),
    [
        ([], [(1.0, 5.0)]),
        ([(0.0, 0.9), (5.0, 9.0)], [(1.0, 5.0)]),
        ([(0.9, 4.8)], []),
        ([(0.9, 3.0)], [(3.0, 5.0)]),
        ([(2.0, float("inf"))], [(1.0, 2.0)]),
        ([(0.9, 2.0), (3.5, 5.1)], [(2.0, 3.5)]),
        ([(0.9, 2.0), (2.2, 4.0)], [(4.0, 5.0)]),
    ],
)
def test_what_recordings_explain_is_left_out(known, left):
    """The rest of a sound from 1 to 5 s is to be recognised, where it is long enough to be words."""
    assert list(_without((1.0, 5.0), known)) == left


def test_a_short_sound_beside_no_recording_is_recognised():
    """«是» is a word."""
    assert list(_without((1.0, 1.3), [(2.0, 3.0)])) == [(1.0, 1.3)]
