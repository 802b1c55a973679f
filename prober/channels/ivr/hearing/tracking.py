"""Following a recognised prompt until it ends, is cut off, or turns out to be something else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import BITS, FRAME, HOP
from prober.channels.ivr.hearing.library import Recording, References

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = FRAME // HOP
"""Reference frames in a live one."""
NEIGHBOURS = range(-2, 3)
"""Up to 20 ms to either side, for streams that slip by a packet."""
HERE = 2
"""The place among them of the frame that is followed."""
MEMORY = 0.2
RELOCK = 2.0
"""Bits by which a neighbour must be better, on average, to be followed instead."""
DRIFT = 13.1
"""Wrong bits of a frame that neither raise nor lower the doubt."""
LOST = 60.0
"""The doubt, in bits, at which it is no longer this prompt: 0.4 s of anything else."""
SILENCE = 15
"""Live frames that make a pause a silence: 0.3 s."""
CHANCE = 16
WHOLE = 0.6
"""The share of a prompt's sounding part that must be followed for it to be confirmed."""


class History:
    """The newest live fingerprints; None stands for silence."""

    def __init__(self, frames: int = 500) -> None:
        self._bits: list[np.uint32 | None] = []
        self._frames = frames
        self._silent = 0
        self.since_silence = math.inf
        """Live frames since the last silence."""

    def add(self, bits: np.uint32 | None) -> None:
        """Take in the next live frame's."""
        self._silent = self._silent + 1 if bits is None else 0
        self.since_silence = 0 if self._silent >= SILENCE else self.since_silence + 1
        self._bits.append(bits)
        if len(self._bits) > 2 * self._frames:
            del self._bits[: self._frames]

    def back(self, age: int) -> np.uint32 | None:
        """Return the fingerprint of *age* frames ago, 0 being the newest; None too if it is no longer kept."""
        return self._bits[-1 - age] if 0 <= age < len(self._bits) else None

    def along(self, references: References, recording: Recording, position: int) -> NDArray[np.int64]:
        """Return the wrong bits of each sounding frame, newest first, where the newest live frame is *position*."""
        positions = range(recording.first + position, recording.first - 1, -STEP)
        pairs = zip(positions, reversed(self._bits), strict=False)
        wrong = [_wrong(references.bits[at], bits) for at, bits in pairs if references.active[at]]
        return np.array(wrong, np.int64)


def _wrong(reference: np.uint32, live: np.uint32 | None) -> int:
    return CHANCE if live is None else int(reference ^ live).bit_count()


class Tracker:
    """Follows one prompt along its diagonal, with a doubt that grows while what is heard is something else."""

    def __init__(self, references: References, recording: Recording, position: int, heard: NDArray[np.int64]) -> None:
        self.recording = recording
        self.position = position
        """The frame of the prompt that the newest live frame is."""
        self.doubt = 0.0
        self.frames = 0
        """Live frames followed since the decision."""
        self.doubted = 0
        """Live frames since the last one that was beyond doubt."""
        self._bits: list[int] = references.bits[recording.first : recording.end].tolist()
        self._active: list[bool] = references.active[recording.first : recording.end].tolist()
        self._average = [0.0 if step == 0 else float(CHANCE) for step in NEIGHBOURS]
        believed = int(np.cumsum(DRIFT - heard).argmax()) + 1 if len(heard) else 0
        self._sure = self._pending = (believed, int(heard[:believed].sum()))

    @property
    def ended(self) -> bool:
        """Whether its last sounding frame has been reached."""
        return self.position >= self.recording.sounding - 1

    @property
    def lost(self) -> bool:
        """Whether it is no longer this prompt."""
        return self.doubt > LOST

    @property
    def ber(self) -> float:
        """The share of wrong bits in what was followed beyond doubt."""
        frames, wrong = self._sure
        return wrong / (BITS * frames) if frames else 0.5

    @property
    def coverage(self) -> float:
        """The share of the prompt's sounding part that was followed beyond doubt."""
        return min(1.0, self._sure[0] * STEP / max(1, sum(self._active)))

    def follow(self, bits: np.uint32 | None) -> None:
        """Take in the fingerprint of the next 20 ms; None for silence."""
        self.frames += 1
        self._move(STEP)
        if self._active[self.position]:
            self._compare(bits)
        if self.doubt == 0:
            self.doubted = 0
            self._sure = self._pending
        else:
            self.doubted += 1

    def _compare(self, bits: np.uint32 | None) -> None:
        wrong = CHANCE
        if bits is not None:
            wrong = self._look_around(int(bits))
        frames, so_far = self._pending
        self._pending = frames + 1, so_far + wrong
        self.doubt = max(0.0, self.doubt + wrong - DRIFT)

    def _look_around(self, bits: int) -> int:
        """Return the wrong bits here, and go over to a neighbour that has long been the better one."""
        last = len(self._bits) - 1
        wrong = [(self._bits[min(max(self.position + step, 0), last)] ^ bits).bit_count() for step in NEIGHBOURS]
        self._average = [kept + MEMORY * (new - kept) for kept, new in zip(self._average, wrong, strict=True)]
        best = min(self._average)
        if best < self._average[HERE] - RELOCK:
            step = NEIGHBOURS[self._average.index(best)]
            self._move(step)
            moved = dict(zip(NEIGHBOURS, self._average, strict=True))
            self._average = [moved.get(place + step, float(CHANCE)) for place in NEIGHBOURS]
        return wrong[HERE]

    def _move(self, step: int) -> None:
        self.position = min(max(self.position + step, 0), len(self._bits) - 1)
