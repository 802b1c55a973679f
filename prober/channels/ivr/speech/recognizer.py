"""What every engine that recognises speech keeps to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
WIDE_RATE = 16000
"""What the models were made for."""
_TAPS = 63
_LOUDEST = 32768.0


@dataclass(frozen=True)
class Piece:
    """Words that were recognised, and from when to when they were said: seconds of the sound."""

    text: str
    start_s: float
    end_s: float


class Recognizer(Protocol):
    """One engine with its model loaded."""

    def recognize(self, samples: NDArray[np.int16]) -> list[Piece]:
        """
        Return what is said in *samples* (8 kHz, mono), in order; nothing where nothing is.

        An engine that does not tell when a word was said tells the whole as one piece.
        """
        ...


def wideband(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return *samples* at 16 kHz, full scale 1: every second sample is interpolated by a windowed sinc."""
    places = np.arange(_TAPS) - _TAPS // 2
    kernel = np.sinc(places / 2) * np.hanning(_TAPS + 2)[1:-1]
    stuffed = np.zeros(2 * len(samples))
    stuffed[::2] = samples / _LOUDEST
    return np.convolve(stuffed, kernel, mode="full")[_TAPS // 2 :][: len(stuffed)].astype(np.float32)
