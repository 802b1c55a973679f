"""A recording as a picture: its loudness over time, with a mark where each step began."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 800, 72
_LOUD = 0.05
"""The least peak that fills the height: noise alone must not look like speech."""


@dataclass(frozen=True)
class Waveform:
    """The outline of a recording as an SVG path in a box of WIDTH × HEIGHT, and its length."""

    path: str
    length_s: float


def waveform(content: bytes) -> Waveform | None:
    """Return the outline of a WAV of 16-bit samples; None for what is none, or is empty."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            if sound.getsampwidth() != 2 or not sound.getnframes():
                return None
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[:: sound.getnchannels()]
            return Waveform(_outline(samples.astype(np.float64) / 32768), len(samples) / sound.getframerate())
    except (wave.Error, EOFError):
        return None


def _outline(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    columns = min(WIDTH // 2, len(samples))
    peaks = np.array([np.max(np.abs(part)) for part in np.array_split(samples, columns)])
    heights = peaks / max(float(peaks.max()), _LOUD) * (HEIGHT / 2 - 2)
    across = np.linspace(0, WIDTH, columns)
    above = [f"{x:.0f},{HEIGHT / 2 - h:.1f}" for x, h in zip(across, heights, strict=True)]
    below = [f"{x:.0f},{HEIGHT / 2 + h:.1f}" for x, h in zip(across, heights, strict=True)]
    return "M" + "L".join([*above, *reversed(below)]) + "Z"
