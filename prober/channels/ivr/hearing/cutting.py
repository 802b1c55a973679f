"""What a recorded call holds that is in no library: cut out at its silences, to become prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import (
    Confirmed,
    HearingEvent,
    ReadOut,
    SoundEnded,
    SoundStarted,
    Tone,
    ToneEnded,
    ToneStarted,
)
from prober.channels.ivr.hearing.fingerprint import FRAME, RATE
from prober.channels.ivr.hearing.library import Library
from prober.loading.wav import audible

if TYPE_CHECKING:
    from numpy.typing import NDArray

SENTENCE_S = 0.7
"""A shorter pause is one within a prompt."""
SHORTEST_S = 0.5
"""What is shorter holds too little to be told from others."""
LEAD_S, TAIL_S = 0.01, 0.07
"""What is kept before the first and behind the last audible packet."""
EDGE_S = 0.1
"""How far what is known may spill over its ends."""

Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Cut:
    """Sound that nobody knew, from *start_s* to *end_s* of the recording."""

    start_s: float
    end_s: float
    samples: NDArray[np.int16]

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


def unknown(library: Library, samples: NDArray[np.int16]) -> list[Cut]:
    """Return what *samples* (8 kHz) hold beside the prompts and pieces of *library* and the network's tones."""
    events = list(_heard(library, samples))
    length_s = len(samples) / RATE
    known = sorted(_known(events, length_s))
    left = (part for sound in _together(_sounds(events, length_s)) for part in _without(sound, known))
    return [cut for span in left if (cut := _cut(samples, span)) is not None]


def _heard(library: Library, samples: NDArray[np.int16]) -> Iterator[HearingEvent]:
    ear = Ear(library)
    behind = np.zeros(RATE, np.int16)
    stream = np.concatenate([samples, behind])
    for at in range(0, len(stream) - FRAME + 1, FRAME):
        yield from ear.listen(stream[at : at + FRAME].astype("<i2").tobytes())


def _known(events: Iterable[HearingEvent], length_s: float) -> Iterator[Span]:
    tone_s: float | None = None
    for event in events:
        match event:
            case Confirmed(audible_s=start_s, ended_s=end_s) | ReadOut(started_s=start_s, ended_s=end_s):
                yield start_s - EDGE_S, end_s + EDGE_S
            case ToneStarted(tone=tone, at_s=at_s) if tone is not Tone.MUSIC:
                tone_s = at_s
            case ToneEnded(tone=tone, at_s=at_s) if tone_s is not None and tone is not Tone.MUSIC:
                yield tone_s - EDGE_S, at_s + EDGE_S
                tone_s = None
    if tone_s is not None:
        yield tone_s - EDGE_S, length_s


def _sounds(events: Iterable[HearingEvent], length_s: float) -> Iterator[Span]:
    began_s: float | None = None
    for event in events:
        match event:
            case SoundStarted(at_s=at_s):
                began_s = at_s
            case SoundEnded(at_s=at_s) if began_s is not None:
                yield began_s, at_s
                began_s = None
    if began_s is not None:
        yield began_s, length_s


def _together(sounds: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start_s, end_s in sounds:
        if found and start_s - found[-1][1] < SENTENCE_S:
            found[-1] = found[-1][0], end_s
        else:
            found.append((start_s, end_s))
    return found


def _without(sound: Span, known: Iterable[Span]) -> Iterator[Span]:
    start_s, end_s = sound
    for known_start_s, known_end_s in known:
        if known_end_s <= start_s or known_start_s >= end_s:
            continue
        if known_start_s > start_s:
            yield start_s, known_start_s
        start_s = known_end_s
    if start_s < end_s:
        yield start_s, end_s


def _cut(samples: NDArray[np.int16], span: Span) -> Cut | None:
    first = max(round(span[0] * RATE), 0)
    whole = samples[first : round(span[1] * RATE)]
    found = audible(whole)
    if found is None or found[1] - found[0] < SHORTEST_S:
        return None
    start = max(first + round((found[0] - LEAD_S) * RATE), 0)
    end = min(first + round((found[1] + TAIL_S) * RATE), len(samples))
    return Cut(start / RATE, end / RATE, samples[start:end])
