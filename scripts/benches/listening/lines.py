"""Telephone lines that spoil what they carry. Samples are 16 bits wide, 8000 a second; all chance is given."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prober.loading.wav import A_LAW_TABLE, MU_LAW_TABLE, PACKET

Samples = NDArray[Any]
Line = Callable[[Samples, np.random.Generator], Samples]
LOUDEST = 32767
_RAW = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-")
_GSM = ("-t", "gsm", "-r", "8000", "-c", "1", "-")


def a_law(samples: Samples) -> Samples:
    """Return them companded and expanded by A-law. Source: ITU-T G.711."""
    return _companded(samples, A_LAW_TABLE.tobytes())


def mu_law(samples: Samples) -> Samples:
    """Return them companded and expanded by mu-law. Source: ITU-T G.711."""
    return _companded(samples, MU_LAW_TABLE.tobytes())


def _companded(samples: Samples, table: bytes) -> Samples:
    steps, middles = _steps(table)
    return steps[np.searchsorted(middles, _clipped(samples))]


@cache
def _steps(table: bytes) -> tuple[Samples, Samples]:
    steps = np.unique(np.frombuffer(table, np.int16).astype(int))
    return steps, (steps[1:] + steps[:-1]) / 2


def gsm(samples: Samples) -> Samples:
    """Return them coded and decoded by GSM full rate (06.10, 13 kbit/s), by sox."""
    coded = _sox((*_RAW, *_GSM), _clipped(samples).astype("<i2").tobytes())
    return np.frombuffer(_sox((*_GSM, *_RAW), coded), "<i2")[: len(samples)]


def _sox(arguments: tuple[str, ...], content: bytes) -> bytes:
    return subprocess.run(["sox", "-V1", *arguments], input=content, stdout=subprocess.PIPE, check=True).stdout


def louder(samples: Samples, by_db: float) -> Samples:
    """Return them louder; what is beyond full scale is clipped."""
    return _clipped(samples * 10 ** (by_db / 20))


def noisy(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """Return them with *noise*, of an effective value of 1, so far below the level of what sounds in them."""
    sounding = samples[np.abs(samples) > 300].astype(float)
    return samples + noise * np.sqrt((sounding**2).mean()) * 10 ** (-snr_db / 20) if len(sounding) else samples


def pink(size: int, chance: np.random.Generator) -> Samples:
    """Return pink noise with an effective value of 1."""
    spectrum = np.fft.rfft(chance.standard_normal(size))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise: Samples = np.fft.irfft(spectrum, size)
    return noise / noise.std()


def lossy(samples: Samples, share: float, chance: np.random.Generator, *, burst: int = 1) -> Samples:
    """Return them with a *share* of the packets lost, *burst* in a row: left blank, as the robot's line leaves them."""
    packets = samples[: len(samples) // PACKET * PACKET].reshape(-1, PACKET).copy()
    for first in np.flatnonzero(chance.random(len(packets)) < share / burst):
        packets[first : first + burst] = 0
    return packets.ravel()


def skewed(samples: Samples, by: float) -> Samples:
    """Return them as a clock sees them that is off by a share of so much."""
    return np.interp(np.arange(0, len(samples) - 1, 1 + by), np.arange(len(samples)), samples)


def lines(babble: Callable[[int, np.random.Generator], Samples]) -> Mapping[str, Line]:
    """Return the lines by name; *babble* makes many voices of an effective value of 1."""

    def white(samples: Samples, chance: np.random.Generator) -> Samples:
        return noisy(samples, chance.standard_normal(len(samples)), 10)

    def voices(samples: Samples, chance: np.random.Generator) -> Samples:
        return noisy(samples, babble(len(samples), chance), 10)

    return {
        "A-law": lambda samples, _: a_law(samples),
        "mu-law": lambda samples, _: mu_law(samples),
        "mu-law to A-law": lambda samples, _: a_law(mu_law(samples)),
        "GSM full rate": lambda samples, _: a_law(gsm(samples)),
        "10 dB softer": lambda samples, _: a_law(louder(samples, -10)),
        "10 dB louder, clipped": lambda samples, _: a_law(louder(samples, 10)),
        "white noise, SNR 10 dB": lambda samples, chance: a_law(white(samples, chance)),
        "pink noise, SNR 10 dB": lambda samples, chance: a_law(noisy(samples, pink(len(samples), chance), 10)),
        "babble, SNR 10 dB": lambda samples, chance: a_law(voices(samples, chance)),
        "3 % of packets lost": lambda samples, chance: lossy(a_law(samples), 0.03, chance),
        "3 % lost, three in a row": lambda samples, chance: lossy(a_law(samples), 0.03, chance, burst=3),
        "GSM, 10 dB softer, 3 % lost": lambda samples, chance: lossy(a_law(gsm(louder(samples, -10))), 0.03, chance),
        "GSM, pink noise, SNR 15 dB, 3 % lost": lambda samples, chance: lossy(
            a_law(gsm(noisy(samples, pink(len(samples), chance), 15))), 0.03, chance
        ),
    }


def _clipped(samples: Samples) -> Samples:
    return np.clip(samples, -LOUDEST - 1, LOUDEST)
