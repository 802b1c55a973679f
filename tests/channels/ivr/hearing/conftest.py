"""The demo operator's prompts, and telephone lines that spoil them. Everything is seeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import HearingEvent
from prober.channels.ivr.hearing.library import Library
from prober.loading.prompts import load_prompts
from prober.loading.wav import A_LAW_TABLE, MU_LAW_TABLE
from prober.model.prompt import PromptTable

PROMPTS = Path(__file__).parents[4] / "scenarios" / "prompts"
SKEW = 1.003
Samples = np.ndarray


def _companded(table: np.ndarray) -> Callable[[Samples], Samples]:
    steps = np.unique(table.astype(int))
    middles = (steps[1:] + steps[:-1]) / 2
    return lambda samples: steps[np.searchsorted(middles, np.clip(samples, -32768, 32767))]


A_LAW, MU_LAW = _companded(A_LAW_TABLE), _companded(MU_LAW_TABLE)


def _pink(size: int) -> Samples:
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(size))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, size)
    return noise / noise.std()


def _noisy(samples: Samples, snr_db: float) -> Samples:
    level = np.sqrt((samples[np.abs(samples) > 300].astype(float) ** 2).mean())
    return samples + _pink(len(samples)) * level * 10 ** (-snr_db / 20)


def _lossy(samples: Samples, share: float) -> Samples:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).copy()
    for lost in np.flatnonzero(np.random.default_rng(3).random(len(frames)) < share):
        frames[lost] = frames[max(0, lost - 1)]
    return frames.ravel()


def _skewed(samples: Samples) -> Samples:
    return np.interp(np.arange(0, len(samples) - 1, SKEW), np.arange(len(samples)), samples)


LINES: dict[str, Callable[[Samples], Samples]] = {
    "A-law": A_LAW,
    "mu-law -10 dB": lambda samples: MU_LAW(samples * 0.316),
    "+10 dB clipped": lambda samples: A_LAW(np.clip(samples * 3.16, -32768, 32767)),
    "pink noise 20 dB": lambda samples: A_LAW(_noisy(samples, 20)),
    "pink noise 10 dB": lambda samples: A_LAW(_noisy(samples, 10)),
    "3 % loss": lambda samples: A_LAW(_lossy(samples, 0.03)),
    "clock 0.3 % off": lambda samples: A_LAW(_skewed(samples)),
}


@pytest.fixture(scope="session")
def hearing_table() -> PromptTable:
    """The demo operator's prompt table."""
    return load_prompts(PROMPTS)


@pytest.fixture(scope="session")
def library(hearing_table: PromptTable) -> Library:
    """The demo operator's prompts and pieces."""
    return Library.build(hearing_table)


@pytest.fixture(scope="session")
def prompts(library: Library) -> dict[str, Samples]:
    """The samples of every prompt."""
    return {prompt.name: prompt.samples for prompt in library.prompts.recordings}


@pytest.fixture(scope="session")
def lines() -> dict[str, Callable[[Samples], Samples]]:
    """Telephone lines, by name."""
    return LINES


@pytest.fixture(scope="session")
def pink() -> Callable[[int], Samples]:
    """Pink noise with an effective value of 1."""
    return _pink


@pytest.fixture(scope="session")
def silence() -> Callable[[float], Samples]:
    """Digital silence of so many seconds."""
    return lambda seconds: np.zeros(round(seconds * 8000))


@pytest.fixture(scope="session")
def hear() -> Callable[..., list[HearingEvent]]:
    """Let an ear listen to samples, and return all that it reports."""

    def listen(library: Library, samples: Sequence[float] | Samples, **options: object) -> list[HearingEvent]:
        stream = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
        ear = Ear(library, **options)
        frames = (stream[at : at + 320] for at in range(0, len(stream) // 320 * 320, 320))
        return [event for frame in frames for event in ear.listen(frame)]

    return listen
