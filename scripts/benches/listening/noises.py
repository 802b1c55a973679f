"""What is no prompt: silence, tones, keys, noise, and music made of notes. 8000 samples a second, 16 bits wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from prober.channels.ivr.tones import HIGH_HZ, LOW_HZ
from scripts.benches.listening.lines import Samples, pink

RATE = 8000
LEVEL = 3000
Noise = Callable[[float, np.random.Generator], Samples]
"""So many seconds of it."""
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14), (2, 5, 9), (4, 7, 11))
"""Triads in semitones above the key: I, vi, IV, V, ii, iii."""
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MIDDLE_C_HZ = 261.63
_ODE = (*((step, 1.0) for step in (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4)), (4, 1.5), (2, 0.5), (2, 2.0))
"""Semitones above the key, and beats."""
_VOWELS = ((700, 1200, 2500), (300, 2200, 2900), (450, 800, 2500))
"""Formants of a, i and o, in Hz."""


def tone(hz: Sequence[float], seconds: float) -> Samples:
    """Return these frequencies together."""
    at_s = _times(seconds)
    return LEVEL * sum(np.sin(2 * np.pi * one * at_s) for one in hz)


def signal(hz: Sequence[float], on_s: float, off_s: float) -> Noise:
    """Return a tone that sounds and pauses in turn, from anywhere in its rhythm on."""

    def noise(seconds: float, chance: np.random.Generator) -> Samples:
        place_s = (_times(seconds) + chance.uniform(0, on_s + off_s)) % (on_s + off_s)
        return tone(hz, seconds) * (place_s < on_s)

    return noise


def keys(seconds: float, chance: np.random.Generator) -> Samples:
    """Return keys pressed at random, 100 ms each with as long a pause."""
    pause = np.zeros(RATE // 10)
    presses = [(int(chance.choice(LOW_HZ)), int(chance.choice(HIGH_HZ))) for _ in range(int(seconds / 0.2))]
    return np.concatenate([part for hz in presses for part in (tone(hz, 0.1), pause)])


def music(seconds: float, chance: np.random.Generator, *, drums: bool) -> Samples:
    """Return chords under a melody in a random key and tempo, plucked; with *drums*, a beat of noise goes with it."""
    beat_s, key_hz = chance.uniform(0.35, 0.7), _MIDDLE_C_HZ * 2 ** (chance.integers(-5, 6) / 12)
    out = np.zeros(int(seconds * RATE))
    for beat in range(int(seconds / beat_s)):
        if beat % 4 == 0:
            for step in _CHORDS[chance.integers(len(_CHORDS))]:
                _add(out, beat * beat_s, _note(key_hz / 2 * 2 ** (step / 12), 4 * beat_s, chance))
        for half in range(chance.integers(1, 3)):
            step = _SCALE[chance.integers(len(_SCALE))] + 12
            _add(out, (beat + half / 2) * beat_s, _note(key_hz * 2 ** (step / 12), beat_s, chance))
        if drums:
            decay = np.exp(-np.arange(RATE // 5) / (RATE * (0.05 if beat % 2 else 0.02)))
            _add(out, beat * beat_s, chance.standard_normal(len(decay)) * decay)
    return out / out.std() * LEVEL


def tune(seconds: float, chance: np.random.Generator) -> Samples:
    """Return the Ode to Joy (Beethoven, 1824), one plain note after the other, as small exchanges play it."""
    beat_s, key_hz = chance.uniform(0.3, 0.5), _MIDDLE_C_HZ * 2 ** (chance.integers(0, 12) / 12)
    notes = [tone((key_hz * 2 ** (step / 12),), beats * beat_s - 0.03) for step, beats in _ODE]
    once = np.concatenate([part for note in notes for part in (note, np.zeros(int(0.03 * RATE)))])
    return np.resize(once, int(seconds * RATE))


def singing(seconds: float, chance: np.random.Generator) -> Samples:
    """Return a voice that sings a scale of vowels with vibrato, each for a second, over a held chord."""
    key_hz = _MIDDLE_C_HZ * 2 ** (chance.integers(-5, 6) / 12)
    out = sum(tone((key_hz * 2 ** (step / 12),), seconds) for step in _CHORDS[0]) / 6
    for second in range(int(seconds)):
        at_s = _times(min(1.0, seconds - second))
        hz = key_hz * 2 ** (_SCALE[chance.integers(len(_SCALE))] / 12)
        phase = 2 * np.pi * hz * (at_s + 0.001 * np.sin(2 * np.pi * 5.5 * at_s))
        formants = _VOWELS[chance.integers(len(_VOWELS))]
        levels = {n: sum(1 / (1 + ((n * hz - one) / 120) ** 2) for one in formants) for n in range(1, int(3500 / hz))}
        _add(out, second, LEVEL * sum(level * np.sin(n * phase) for n, level in levels.items()))
    return out / out.std() * LEVEL


def _note(hz: float, seconds: float, chance: np.random.Generator) -> Samples:
    """Return a note of six harmonics that fade, the higher the sooner, with a little vibrato."""
    at_s = _times(seconds)
    phase = 2 * np.pi * hz * (at_s + 0.0008 * np.sin(2 * np.pi * chance.uniform(4, 6) * at_s))
    harmonics = (np.sin(n * phase) * np.exp(-at_s * n) / n**1.2 for n in range(1, 7) if n * hz < RATE / 2)
    return sum(harmonics) * np.minimum(1, at_s / 0.01)


def _add(out: Samples, at_s: float, sound: Samples) -> None:
    first = int(at_s * RATE)
    part = out[first : first + len(sound)]
    part += sound[: len(part)]


def _times(seconds: float) -> Samples:
    return np.arange(int(seconds * RATE)) / RATE


NOISES: Mapping[str, Noise] = {
    "silence": lambda seconds, _: np.zeros(int(seconds * RATE)),
    "comfort noise": lambda seconds, chance: chance.normal(0, 30, int(seconds * RATE)),
    "white noise": lambda seconds, chance: chance.normal(0, LEVEL, int(seconds * RATE)),
    "pink noise": lambda seconds, chance: LEVEL * pink(int(seconds * RATE), chance),
    "ringback": signal((450,), 1, 4),
    "ringback, North America": signal((440, 480), 2, 4),
    "busy": signal((450,), 0.35, 0.35),
    "congestion": signal((450,), 0.7, 0.7),
    "keys": keys,
    "music": lambda seconds, chance: music(seconds, chance, drums=False),
    "music with a beat": lambda seconds, chance: music(seconds, chance, drums=True),
    "a tune of plain notes": tune,
    "singing": singing,
}
MUSIC = frozenset({"music", "music with a beat", "a tune of plain notes", "singing"})
