"""The sound of one call: one queue of samples, cut into 20 ms frames."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from prober.demo.ivr.menu import Line
from prober.demo.recordings import RATE, Pcm, Recordings

FRAME = RATE // 50
SILENCE = bytes(2 * FRAME)
NOTHING: Pcm = np.zeros(0, np.int16)
_PAUSE = np.zeros(3 * RATE // 10, np.int16)
_PIECE = "pieces/"


def joined(recordings: Recordings, lines: Iterable[Line], *, late_s: float = 0.0) -> Pcm:
    """Return the samples of all *lines*, *late_s* late: pieces follow without a gap, a prompt after a short pause."""
    samples: list[Pcm] = []
    for line in lines:
        if line.startswith(_PIECE):
            samples.append(recordings.pieces[line.removeprefix(_PIECE)])
        else:
            samples += [_PAUSE, recordings.prompts[line]] if samples else [recordings.prompts[line]]
    return np.concatenate([np.zeros(round(late_s * RATE), np.int16), *samples])


class Playout:
    """Hands out samples frame by frame, then silence. The sound clock's thread is its only reader."""

    def __init__(self, samples: Pcm) -> None:
        padded = np.concatenate([samples, np.zeros(-len(samples) % FRAME, np.int16)])
        self._bytes = padded.astype("<i2").tobytes()
        self._at = 0

    @property
    def ended(self) -> bool:
        """Whether everything was handed out."""
        return self._at >= len(self._bytes)

    def frame(self) -> bytes:
        """Return the next 20 ms, 16-bit little-endian."""
        if self.ended:
            return SILENCE
        self._at += len(SILENCE)
        return self._bytes[self._at - len(SILENCE) : self._at]
