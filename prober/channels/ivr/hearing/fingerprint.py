"""
Fingerprints of sound: 32 bits a frame, which line codecs, gain and noise leave mostly as they are.

Bit m says whether the energy difference of two neighbouring bands grew within the last 20 ms.
Source: Haitsma and Kalker, "A highly robust audio fingerprinting system", 2002; here with 96 ms windows for speech.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
FRAME = 160
"""Samples of one live frame: 20 ms."""
HOP = 80
"""Samples between two reference frames: 10 ms, so that the live grid is never more than 5 ms away."""
WINDOW = 768
HANN: NDArray[np.float32] = (np.hanning(WINDOW + 1)[:-1] / 32768).astype(np.float32)
BANDS = 33
EDGES = np.round(np.geomspace(250, 3500, BANDS + 1) * WINDOW / RATE).astype(int)
LOWEST, HIGHEST = EDGES[0], EDGES[-1]
STARTS = EDGES[:-1] - LOWEST
INACTIVE_DB = -35.0
"""A reference frame this far below its prompt's peak says nothing: it is mostly the quantiser's noise."""
SILENT = 10 ** (-58 / 10) * float((HANN**2).sum()) * 32768**2
"""The energy of a window at -58 dBFS."""
NOTHING = np.zeros(BANDS, np.float32)
BITS = 32


def energies(windows: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the energy in each band; the last axis of *windows* holds WINDOW samples."""
    return _bands(windows * HANN)


def _bands(tapered: NDArray[np.float32]) -> NDArray[np.float32]:
    bands: NDArray[np.float32] = np.add.reduceat(_power(tapered), STARTS, axis=-1)
    return bands


def _power(tapered: NDArray[np.float32]) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(tapered, axis=-1)[..., LOWEST:HIGHEST]
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def bits(now: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Return the fingerprint of frames from their band energies and those of 20 ms before."""
    change = now - before
    rising = change[..., :-1] > change[..., 1:]
    packed: NDArray[np.uint32] = np.packbits(rising, axis=-1).view(np.uint32)[..., 0]
    return packed


def reference(samples: NDArray[np.int16]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """
    Return the fingerprints of a recording every 10 ms, and which of these frames sound.

    Frame j is the window that ends (j + 1) * 10 ms after the start; silence is taken to stand before it.
    """
    ahead = WINDOW - HOP + FRAME
    padded = np.concatenate([np.zeros(ahead, np.int16), samples])
    bands = energies(np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP])
    lag = FRAME // HOP
    loudness = bands[lag:].sum(axis=-1)
    active = loudness > loudness.max(initial=0) * 10 ** (INACTIVE_DB / 10)
    return bits(bands[lag:], bands[:-lag]), active


class LiveFingerprint:
    """The fingerprints of a stream, one every 20 ms."""

    def __init__(self) -> None:
        self._before = NOTHING
        self.power: NDArray[np.float32] | None = None
        """The power in each bin of the frames given last; None if all of them were silent."""

    def next(self, window: NDArray[np.int16]) -> np.uint32 | None:
        """
        Return the fingerprint of *window*, the WINDOW newest samples, 20 ms on from those given before.

        None if it is silent: below -58 dBFS.
        """
        return self.several(window[np.newaxis])[0]

    def several(self, windows: NDArray[np.int16]) -> list[np.uint32 | None]:
        """Return the fingerprints of *windows*, (frames, WINDOW) samples, each 20 ms on from the one before."""
        tapered = windows * HANN
        silent = np.einsum("ij,ij->i", tapered, tapered) < SILENT
        if silent.all():
            self._before, self.power = NOTHING, None
            return [None] * len(windows)
        self.power = _power(tapered)
        bands = np.add.reduceat(self.power, STARTS, axis=-1)
        bands[silent] = NOTHING
        found = bits(bands, np.concatenate([self._before[np.newaxis], bands[:-1]]))
        self._before = bands[-1]
        return [None if nothing else one for nothing, one in zip(silent.tolist(), found, strict=True)]
