"""A recording as a picture: its loudness over time, the keys beneath, and its marks."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np

from prober.reports.riff import Cue, Kind, cues

WIDTH, HEIGHT, KEYS_HEIGHT = 800, 72, 24
_LOUD = 0.05
"""The least peak that fills the height: noise alone must not look like speech."""

_Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Waveform:
    """
    The outline of a recording as an SVG path in a box of WIDTH × HEIGHT, and its length.

    *keys* is that of the right side, the keys the robot pressed, in a box of WIDTH × KEYS_HEIGHT; empty for a recording
    of one side.
    """

    path: str
    length_s: float
    keys: str = ""
    cues: tuple[Cue, ...] = ()


def waveform(content: bytes) -> Waveform | None:
    """Return the outline of a WAV of 16-bit samples; None for what is none, or is empty."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            if sound.getsampwidth() != 2 or not sound.getnframes():
                return None
            sides, rate = sound.getnchannels(), sound.getframerate()
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64) / 32768
    except (wave.Error, EOFError, ValueError):
        return None
    heard = samples[::sides]
    if not len(heard) or not rate:
        return None
    keys = _outline(samples[1::sides], KEYS_HEIGHT) if sides > 1 and len(samples) > 1 else ""
    length_s = len(heard) / rate
    marks = tuple(cue for cue in cues(content) if cue.at_s <= length_s and cue.kind is not Kind.LATE)
    return Waveform(_outline(heard, HEIGHT), length_s, keys, marks)


def _outline(samples: _Samples, height: int) -> str:
    columns = min(WIDTH // 2, len(samples))
    peaks = np.array([np.max(np.abs(part)) for part in np.array_split(samples, columns)])
    heights = peaks / max(float(peaks.max()), _LOUD) * (height / 2 - 2)
    across = np.linspace(0, WIDTH, columns)
    above = [f"{x:.0f},{height / 2 - h:.1f}" for x, h in zip(across, heights, strict=True)]
    below = [f"{x:.0f},{height / 2 + h:.1f}" for x, h in zip(across, heights, strict=True)]
    return "M" + "L".join([*above, *reversed(below)]) + "Z"
