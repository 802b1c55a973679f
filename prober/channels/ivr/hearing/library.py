"""The recordings the ear knows, ready to be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import RATE, reference
from prober.loading.wav import audible, read_wav
from prober.model.prompt import Prompt, PromptTable

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Recording:
    """
    One recording. Its fingerprints are those of its References from *first* to before *end*.

    *sounding* counts its frames up to the last one that sounds. *lead_s* and *tail_s* are the start of the first and
    the end of the last of its 20 ms frames (as a server that plays it sends them) above -40 dBFS.
    """

    name: str
    text: str
    samples: NDArray[np.int16]
    first: int
    end: int
    sounding: int
    lead_s: float
    tail_s: float

    @property
    def length_s(self) -> float:
        """How long the whole recording is, silence included."""
        return len(self.samples) / RATE


@dataclass(frozen=True, eq=False)
class References:
    """Recordings one behind the other: the fingerprint of every 10 ms, and whether that frame sounds."""

    recordings: tuple[Recording, ...]
    bits: NDArray[np.uint32]
    active: NDArray[np.bool_]

    @classmethod
    def of(cls, prompts: Iterable[tuple[Prompt, NDArray[np.int16]]]) -> References:
        """Take the fingerprints of every recording."""
        recordings: list[Recording] = []
        bits, active = [np.zeros(0, np.uint32)], [np.zeros(0, np.bool_)]
        first = 0
        for prompt, samples in prompts:
            some_bits, some_active = reference(samples)
            bits.append(some_bits)
            active.append(some_active)
            lead_s, tail_s = audible(samples) or (0.0, len(samples) / RATE)
            sounding = int(np.flatnonzero(some_active)[-1]) + 1
            end = first + len(some_bits)
            recordings.append(Recording(prompt.name, prompt.text, samples, first, end, sounding, lead_s, tail_s))
            first = end
        return cls(tuple(recordings), np.concatenate(bits), np.concatenate(active))


@dataclass(frozen=True, eq=False)
class Library:
    """Whole prompts, and the pieces that numbers and amounts are joined from."""

    prompts: References
    pieces: References

    @classmethod
    def build(cls, table: PromptTable) -> Library:
        """
        Read every recording of *table*: about 1 ms for each second of sound.

        Raises:
            BadInput: A recording can no longer be read.
        """
        sections = (table.prompts, table.pieces)
        return cls(*(References.of((prompt, read_wav(prompt.path)) for prompt in some.values()) for some in sections))

    def only(self, names: Iterable[str]) -> Library:
        """Return the same library with no other prompts than *names*."""
        wanted = set(names)
        kept = (known for known in self.prompts.recordings if known.name in wanted)
        prompts = References.of((Prompt(known.name, Path(), known.text), known.samples) for known in kept)
        return Library(prompts, self.pieces)
