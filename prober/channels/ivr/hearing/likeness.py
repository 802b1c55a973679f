"""How well the prompts of a library can be told apart: each is played to an ear that knows them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import Confirmed, HearingEvent, Started
from prober.channels.ivr.hearing.fingerprint import FRAME, RATE
from prober.channels.ivr.hearing.library import Library, Recording

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE_S, BEHIND_S = 0.5, 1.0
"""Silence around a prompt, as an IVR leaves it."""


@dataclass(frozen=True)
class Likeness:
    """
    What becomes of one prompt in a call.

    *told_after_s* is how long of it must be heard till it is known, None if it never is; *nearest* the prompt that then
    comes second, *second* the share of fingerprint bits in which that one agrees (by chance a half do). *taken_for* is
    another prompt that it was taken for, and *at_its_end* whether it is known only when it is over, because another one
    begins with it.
    """

    prompt: str
    length_s: float
    told_after_s: float | None
    nearest: str | None
    second: float
    taken_for: str | None
    at_its_end: bool

    @property
    def good(self) -> bool:
        """Whether a scenario can rely on it."""
        return self.told_after_s is not None and self.taken_for is None


def likenesses(library: Library) -> Iterator[Likeness]:
    """Yield what becomes of each prompt of *library*: about 0.1 s of work for 10 s of sound."""
    for recording in library.prompts.recordings:
        yield _likeness(recording, _played(recording.samples, library))


def _played(samples: NDArray[np.int16], library: Library) -> list[HearingEvent]:
    before, behind = (np.zeros(round(seconds * RATE), np.int16) for seconds in (BEFORE_S, BEHIND_S))
    stream = np.concatenate([before, samples, behind])
    ear, found = Ear(library), list[HearingEvent]()
    for at in range(0, len(stream) - FRAME + 1, FRAME):
        found += ear.listen(stream[at : at + FRAME].astype("<i2").tobytes())
    return found


def _likeness(recording: Recording, heard: list[HearingEvent]) -> Likeness:
    name, length_s = recording.name, recording.tail_s - recording.lead_s
    whole = [one for one in heard if isinstance(one, Confirmed)]
    started = next((one for one in heard if isinstance(one, Started) and one.prompt == name), None)
    known = started if any(one.prompt == name for one in whole) else None
    told_after_s = None if known is None else known.decided_s - BEFORE_S - recording.lead_s
    return Likeness(
        prompt=name,
        length_s=length_s,
        told_after_s=told_after_s,
        nearest=None if known is None else known.second_prompt,
        second=0.0 if known is None else known.second,
        taken_for=next((one.prompt for one in whole if one.prompt != name), None),
        at_its_end=told_after_s is not None and told_after_s > length_s,
    )
