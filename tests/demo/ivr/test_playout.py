"""How recordings become frames."""

from __future__ import annotations

import numpy as np

from prober.demo.ivr.playout import FRAME, SILENCE, Playout, joined
from prober.demo.recordings import Recordings


def test_pieces_without_gap(ivr_recordings: Recordings):
    """An amount follows its prompt, and its pieces each other, without a gap."""
    prompts, pieces = ivr_recordings.prompts, ivr_recordings.pieces
    samples = joined(ivr_recordings, ["balance", "pieces/d8", "pieces/ten"])
    assert np.array_equal(samples, np.concatenate([prompts["balance"], pieces["d8"], pieces["ten"]]))


def test_prompts_with_pause(ivr_recordings: Recordings):
    """Between two prompts there is a pause of 0.3 s."""
    prompts = ivr_recordings.prompts
    samples = joined(ivr_recordings, ["agent", "goodbye"])
    assert len(samples) == len(prompts["agent"]) + 2400 + len(prompts["goodbye"])


def test_frames():
    """Every sample comes once, in frames of 20 ms, and then silence."""
    playout = Playout(np.arange(1, 2 * FRAME, dtype=np.int16))
    assert not playout.ended
    first, second = playout.frame(), playout.frame()
    assert np.frombuffer(first + second, "<i2").tolist() == [*range(1, 2 * FRAME), 0]
    assert playout.ended
    assert playout.frame() == SILENCE
