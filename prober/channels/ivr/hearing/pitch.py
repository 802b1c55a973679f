"""Which pure tones a piece of sound consists of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import RATE, WINDOW
from prober.channels.ivr.tones import HIGH_HZ, KEYS, LOW_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIZE = 1024
_BIN_HZ = RATE / _SIZE
_AROUND = 3
"""Bins on either side of a peak that are its own: the window's main lobe."""
_FIRST, _LAST = int(200 / _BIN_HZ), int(3700 / _BIN_HZ)
_PURE = 0.6
"""The share of the energy that a tone's one or two peaks hold; a vowel's fundamental stays below it."""
_SECOND_DB = -10.0
"""How far below the first peak a second one may be that belongs to the tone."""
_TAPER: NDArray[np.float32] = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_SHORT = 320
"""Samples a key is looked for in: 40 ms, half of the shortest key."""
_SHORT_TAPER: NDArray[np.float32] = np.hanning(_SHORT + 1)[:-1].astype(np.float32)
_KEY_PURE = 0.75
_KEY_OFF = 0.025
"""How far off a key's frequencies may be, as a share of them."""


def peaks(window: NDArray[np.int16]) -> tuple[float, ...]:
    """Return the frequencies, in Hz, of the one or two tones that the WINDOW samples consist of; () if they do not."""
    return _peaks(window * _TAPER, _PURE)


def key(window: NDArray[np.int16]) -> str:
    """Return the telephone key whose two tones the newest 40 ms are; empty if they are none."""
    return _key(_peaks(window[-_SHORT:] * _SHORT_TAPER, _KEY_PURE))


def _peaks(tapered: NDArray[np.float32], pure: float) -> tuple[float, ...]:
    spectrum = np.fft.rfft(tapered, _SIZE)
    power = (spectrum.real**2 + spectrum.imag**2)[: _LAST + _AROUND + 1]
    power[:_FIRST] = 0
    whole = float(power.sum())
    if whole <= 0:
        return ()
    first = int(power.argmax())
    rest = power.copy()
    rest[max(first - _AROUND, 0) : first + _AROUND + 1] = 0
    held = whole - float(rest.sum())
    second = int(rest.argmax())
    found = [first]
    is_peak = power[second] >= power[second - 1] and power[second] >= power[min(second + 1, len(power) - 1)]
    if is_peak and power[second] > power[first] * 10 ** (_SECOND_DB / 10):
        held += float(rest[max(second - _AROUND, 0) : second + _AROUND + 1].sum())
        found.append(second)
    if held < pure * whole:
        return ()
    return tuple(sorted(_between(power, peak) for peak in found))


def _between(power: NDArray[np.floating], peak: int) -> float:
    """Return a peak's frequency, by the parabola through it and its neighbours in decibels."""
    if not 0 < peak < len(power) - 1:
        return peak * _BIN_HZ
    left, middle, right = np.log(np.maximum(power[peak - 1 : peak + 2], 1e-12)).tolist()
    bend = left - 2 * middle + right
    return (peak + (0.5 * (left - right) / bend if bend else 0.0)) * _BIN_HZ


def _key(peaks: Sequence[float]) -> str:
    """Return the key of two tones; empty if it is none."""
    if len(peaks) != 2:
        return ""
    row = _nearest(LOW_HZ, peaks[0])
    column = _nearest(HIGH_HZ, peaks[1])
    return "" if row is None or column is None else KEYS[row][column]


def _nearest(known: Sequence[int], hz: float) -> int | None:
    return next((index for index, one in enumerate(known) if abs(hz - one) <= one * _KEY_OFF), None)
