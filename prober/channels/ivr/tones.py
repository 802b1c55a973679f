"""The tones of telephone keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
AMPLITUDE = 0.18
"""Of each of the two tones: -18 dBFS together, as loud as speech on a telephone."""
RAMP_S = 0.004


def tone(key: str, length_s: float) -> NDArray[np.int16]:
    """
    Return the two tones of *key* (0-9, *, #, A-D): 8 kHz, 16 bit.

    Source: ITU-T Q.23.
    """
    low_hz, high_hz = next((LOW_HZ[row], HIGH_HZ[keys.index(key)]) for row, keys in enumerate(KEYS) if key in keys)
    at_s = np.arange(int(length_s * RATE)) / RATE
    both = np.sin(2 * np.pi * low_hz * at_s) + np.sin(2 * np.pi * high_hz * at_s)
    ramp = np.clip(np.minimum(at_s, at_s[::-1]) / RAMP_S, 0, 1)
    return (both * ramp * AMPLITUDE * 32767).astype(np.int16)
