"""The recordings beside this file: what an ear knows, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from prober.channels.ivr.hearing.library import Library, References
from prober.loading.prompts import load_prompts
from prober.loading.wav import read_wav
from scripts.benches.calling.robot import PROMPTS
from scripts.benches.listening.lines import Samples

FOLDER = Path(__file__).parent
ON_HOLD = Path("/usr/share/asterisk/moh")
"""Where Debian's asterisk-moh-opsound-wav has the music on hold of a common exchange: five pieces, 19 minutes."""
UNLISTED, VOICES = "unlisted", "voices"
AT_ONCE = 8
"""Voices of a babble."""


@cache
def known() -> Library:
    """Return what the ear knows: the prompts of the bench, and the demo operator's pieces of amounts."""
    table, pieces = load_prompts(FOLDER / "prompts"), load_prompts(PROMPTS).pieces
    sections = (table.prompts, pieces)
    return Library(*(References.of((one, read_wav(one.path)) for one in some.values()) for some in sections))


@cache
def unknown(kind: str) -> Mapping[str, Samples]:
    """Return what it does not know: UNLISTED texts in the voices it knows, or texts it knows in other VOICES."""
    return {name: read_wav(prompt.path) for name, prompt in load_prompts(FOLDER / kind).prompts.items()}


@cache
def on_hold() -> Mapping[str, Samples]:
    """Return the pieces of music on hold; none where they are not installed."""
    return {path.stem: read_wav(path) for path in sorted(ON_HOLD.glob("*.wav"))}


@cache
def parted_s() -> Mapping[str, float]:
    """Return after how much of each prompt its recording is no longer sample for sample one that it knows besides."""
    recordings = known().prompts.recordings
    return {
        one.name: max(_common(one.samples, other.samples) for other in recordings if other is not one) / 8000
        for one in recordings
    }


def _common(one: Samples, other: Samples) -> int:
    length = min(len(one), len(other))
    differ = np.flatnonzero(one[:length] != other[:length])
    return int(differ[0]) if len(differ) else length


def babble(size: int, chance: np.random.Generator) -> Samples:
    """Return voices that speak all at once, what the ear does not know, of an effective value of 1."""
    every = [*unknown(UNLISTED).values(), *unknown(VOICES).values()]
    whole = np.zeros(size)
    for _ in range(AT_ONCE):
        order = chance.permutation(len(every))
        speech = np.concatenate([every[index] for index in order]).astype(float)
        whole += np.resize(np.roll(speech, chance.integers(len(speech))), size)
    return whole / whole.std()
