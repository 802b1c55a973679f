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
from prober.model.prompt import PromptTable
from scripts.benches.listening.lines import Samples, a_law, lossy, louder, mu_law, noisy, skewed
from scripts.benches.listening.lines import pink as pink_noise

PROMPTS = Path(__file__).parents[4] / "scenarios" / "prompts"


def _pink(size: int) -> Samples:
    return pink_noise(size, np.random.default_rng(7))


LINES: dict[str, Callable[[Samples], Samples]] = {
    "A-law": a_law,
    "mu-law -10 dB": lambda samples: mu_law(louder(samples, -10)),
    "+10 dB clipped": lambda samples: a_law(louder(samples, 10)),
    "pink noise 20 dB": lambda samples: a_law(noisy(samples, _pink(len(samples)), 20)),
    "pink noise 10 dB": lambda samples: a_law(noisy(samples, _pink(len(samples)), 10)),
    "3 % loss": lambda samples: lossy(a_law(samples), 0.03, np.random.default_rng(3)),
    "clock 0.3 % off": lambda samples: a_law(skewed(samples, 0.003)),
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
