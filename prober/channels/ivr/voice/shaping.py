"""Makes what an engine spoke fit for a telephone: 8 kHz, at one level, without silence at its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
LEVEL_DBFS = -20.0
"""The level (RMS) of what sounds, which is that of the recordings of an IVR."""
_QUIET_DB = 40.0
"""So far below the loudest 20 ms nothing sounds."""
_FRAME = 160
_LOUDEST = 32124
"""What mu-law can carry."""
_ZEROS = 16
"""How many zeros of the sinc are kept on each side."""
_BLOCK = RATE


def for_telephone(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    """Return *samples*, spoken at *rate* (8000 and more), as they are to be said; nothing where nothing sounds."""
    sound = _resampled(samples.astype(np.float64), rate)
    sound = np.pad(sound, (0, -len(sound) % _FRAME))
    powers = np.mean(sound.reshape(-1, _FRAME) ** 2, axis=1)
    sounding = np.flatnonzero(powers > max(powers.max(initial=0.0) * 10 ** (-_QUIET_DB / 10), 1.0))
    if not len(sounding):
        return np.zeros(0, np.int16)
    sound = sound[sounding[0] * _FRAME : (sounding[-1] + 1) * _FRAME]
    gain = 10 ** (LEVEL_DBFS / 20) * 32768 / np.sqrt(np.mean(powers[sounding]))
    loud: NDArray[np.int16] = np.clip(np.round(sound * gain), -_LOUDEST, _LOUDEST).astype(np.int16)
    return loud


def _resampled(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return *samples* at 8 kHz by a windowed sinc that lets nothing above 4 kHz through."""
    step = rate / RATE
    reach = int(np.ceil(_ZEROS * step))
    padded = np.pad(samples, reach)
    at = np.arange(int(len(samples) / step), dtype=np.float64) * step
    blocks = [_interpolated(padded, at[start : start + _BLOCK], step, reach) for start in range(0, len(at), _BLOCK)]
    return np.concatenate([*blocks, np.zeros(0)])


def _interpolated(padded: NDArray[np.float64], at: NDArray[np.float64], step: float, reach: int) -> NDArray[np.float64]:
    places = np.floor(at).astype(int)[:, None] + np.arange(1 - reach, reach + 1)
    away = (at[:, None] - places) / step
    window = np.where(np.abs(away) < _ZEROS, 0.5 + 0.5 * np.cos(np.pi * away / _ZEROS), 0.0)
    found: NDArray[np.float64] = (padded[places + reach] * np.sinc(away) * window).sum(axis=1) / step
    return found
