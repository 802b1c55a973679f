"""Hears telephone keys in a recording, by Goertzel's filter at the eight tones."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

_LOW, _HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = ("123A", "456B", "789C", "*0#D")
_WINDOW_S = 0.025
_SHARE = 0.7
"""What the two tones have of a window's energy at least: speech never does for two windows on end."""
_FAINTEST = 1e-5


def channels(path: Path) -> list[np.ndarray]:
    """Return the samples of each channel of a 16-bit WAV, within -1..1, and the rate with each."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels()) / 32768.0
        assert file.getframerate() == 8000
    return [samples[:, number] for number in range(samples.shape[1])]


def keys(samples: np.ndarray, rate: int = 8000) -> str:
    """Return the keys that are heard, in order: two windows on end with the tones of one."""
    size = int(_WINDOW_S * rate)
    heard, before, counted = "", "", ""
    for start in range(0, len(samples) - size, size):
        key = _key(samples[start : start + size], rate)
        if key and key == before and key != counted:
            heard, counted = heard + key, key
        if not key:
            counted = ""
        before = key
    return heard


def _key(window: np.ndarray, rate: int) -> str:
    energy = float(np.mean(window**2))
    if energy < _FAINTEST:
        return ""
    low = [_power(window, tone, rate) for tone in _LOW]
    high = [_power(window, tone, rate) for tone in _HIGH]
    loudest = max(low), max(high)
    if sum(loudest) < _SHARE * energy or min(loudest) < 0.05 * energy:
        return ""
    return _KEYS[low.index(loudest[0])][high.index(loudest[1])]


def _power(window: np.ndarray, tone: int, rate: int) -> float:
    """Return the power of one tone in *window*, in the unit of its mean square."""
    turned = np.exp(-2j * np.pi * tone * np.arange(len(window)) / rate)
    return float(2 * abs(np.dot(window, turned) / len(window)) ** 2)
