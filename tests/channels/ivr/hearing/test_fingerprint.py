"""Fingerprints: what they keep, and what they leave out."""

from __future__ import annotations

import numpy as np

from prober.channels.ivr.hearing.fingerprint import FRAME, WINDOW, LiveFingerprint, reference


def _wrong(one, other):
    return float(np.bitwise_count(one ^ other).mean()) / 32


def _live(samples):
    live = LiveFingerprint()
    padded = np.concatenate([np.zeros(WINDOW, np.int16), samples])
    ends = range(WINDOW + FRAME, len(padded) + 1, FRAME)
    return [live.next(padded[end - WINDOW : end]) for end in ends]


def test_a_stream_has_the_fingerprints_of_its_reference(prompts):
    """Live frame t is the reference frame 2t + 1, bit for bit, where the grids meet."""
    samples = prompts["welcome"]
    bits, active = reference(samples)
    pairs = [(known, live) for known, live, on in zip(bits[1::2], _live(samples), active[1::2], strict=False) if on]
    assert len(pairs) > 100
    assert all(known == live for known, live in pairs)


def test_loudness_changes_no_bit_to_speak_of(prompts):
    """A recording at a quarter of its level keeps 99 % of its bits."""
    samples = prompts["welcome"]
    bits, active = reference(samples)
    quieter, _ = reference((samples // 4).astype(np.int16))
    assert _wrong(bits[active], quieter[active]) < 0.01


def test_other_recordings_agree_by_chance_only(prompts):
    """Two different prompts differ in about half of their bits."""
    one, other = reference(prompts["welcome"])[0], reference(prompts["packages"])[0]
    size = min(len(one), len(other))
    assert 0.42 < _wrong(one[:size], other[:size]) < 0.58


def test_silence_has_no_fingerprint():
    """Digital silence, and noise of a line at rest, are told from sound."""
    rest = np.random.default_rng(1).normal(0, 10, 8000).astype(np.int16)
    assert all(bits is None for bits in _live(np.zeros(8000, np.int16)))
    assert all(bits is None for bits in _live(rest))
