"""
Which prompt is being played, and where in it the stream stands: a running local alignment of fingerprints.

Scores are kept in half bits as 16-bit integers, which makes one live frame cheap enough to be compared with every
reference frame. Chance agrees in 16 of 32 bits, so that a frame of something else costs 2.5 bits on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import HOP, RATE
from prober.channels.ivr.hearing.library import Recording, References

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF = 2
"""Half bits in a bit."""
GAIN = 27
"""What a sounding frame earns (13.5 bits) before its wrong bits are taken off."""
SLIP = 12 * HALF
"""The price of a step of 10 ms more or less than the 20 ms a live frame lasts."""
ENOUGH = 70 * HALF
"""The score that decides. Ringback, noise, hold music and silence stay under 35 bits."""
LEAD = 45 * HALF
"""How far the best prompt must lead every other one; this tells prompts with a common beginning apart."""
REBASE = 16000


@dataclass(frozen=True)
class Candidate:
    """The prompt that the stream stands in, and the frame of it that the newest live frame is."""

    recording: Recording
    position: int
    second: Recording | None
    second_position: int


class Acquisition:
    """Looks for any of the prompts, from any point of it on."""

    def __init__(self, references: References) -> None:
        self._recordings = references.recordings
        self._bits = references.bits
        size = len(self._bits)
        self._gain = np.where(references.active, GAIN, 0).astype(np.int16)
        self._cost = np.where(references.active, HALF, 0).astype(np.uint8)
        firsts = [recording.first for recording in self._recordings]
        self._firsts = np.array(firsts, np.intp)
        heads = [first + step for first in firsts for step in range(3)]
        self._heads = np.array([head for head in heads if head < size], np.intp)
        self._score, self._next, self._slipped = (np.zeros(size, np.int16) for _ in range(3))
        self._wrong = np.zeros(size, np.uint8)
        self._nothing = np.zeros(size, np.int16)  # numpy compares two arrays five times as fast as one with 0
        self._differ = np.zeros(size, np.uint32)
        self._best = 0

    def reset(self) -> None:
        """Forget what was heard."""
        if self._best:
            self._score[:] = 0
            self._best = 0

    def listen(self, bits: np.uint32 | None) -> None:
        """Take in the fingerprint of the next 20 ms; None for silence, which only moves on."""
        before, now = self._score, self._next
        now[:2] = 0
        now[2:] = before[:-2]
        if bits is not None:
            self._slip(before, now)
        now[self._heads] = 0
        if bits is not None:
            self._compare(bits, now)
        self._score, self._next = now, before
        self._best = int(now.max(initial=0))
        if self._best > REBASE:
            np.maximum(np.subtract(now, REBASE // 2, out=now), self._nothing, out=now)

    def _slip(self, before: NDArray[np.int16], now: NDArray[np.int16]) -> None:
        slipped = np.subtract(before, SLIP, out=self._slipped)
        np.maximum(now[1:], slipped[:-1], out=now[1:])
        np.maximum(now[3:], slipped[:-3], out=now[3:])

    def _compare(self, bits: np.uint32, now: NDArray[np.int16]) -> None:
        np.bitwise_xor(self._bits, bits, out=self._differ)
        np.bitwise_count(self._differ, out=self._wrong)
        np.multiply(self._wrong, self._cost, out=self._wrong)
        now += self._gain
        now -= self._wrong
        np.maximum(now, self._nothing, out=now)

    def candidate(self, since_silence: float) -> Candidate | None:
        """
        Return the prompt that leads every other one by enough; None while there is none.

        Of prompts that share what is heard, the only one that can have begun after the last silence leads the others.
        *since_silence* counts the reference frames since then.
        """
        if self._best < ENOUGH:
            return None
        best = np.maximum.reduceat(self._score, self._firsts)
        leading = np.flatnonzero(best > best.max() - LEAD)
        if len(leading) > 1:
            leading = np.array([index for index in leading.tolist() if self._began(index) <= since_silence], np.intp)
        if len(leading) != 1 or best[leading[0]] < ENOUGH:
            return None
        winner = int(leading[0])
        best[winner] = -1
        second = int(best.argmax()) if len(best) > 1 else None
        return Candidate(
            recording=self._recordings[winner],
            position=self._position(winner),
            second=None if second is None else self._recordings[second],
            second_position=0 if second is None else self._position(second),
        )

    def _began(self, index: int) -> float:
        """Return how many frames ago the prompt became audible, if it is what is heard."""
        return self._position(index) - self._recordings[index].lead_s * RATE / HOP

    def _position(self, index: int) -> int:
        recording = self._recordings[index]
        return int(self._score[recording.first : recording.end].argmax())
