"""
Reading a number or an amount that is joined from recorded pieces: connected-word alignment, live.

Every 10 ms each frame of each piece holds the score of the best reading that stands there now. A reading walks through
a piece frame by frame, and then through a gap or straight into the next piece; it never walks back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import BITS, HOP, RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prober.channels.ivr.hearing.library import References

STEP_S = HOP / RATE
STRICT, MILD = 10.2, 13.0
"""
The wrong bits in a frame of a piece that neither earn nor cost.

Measured on the demo operator's pieces: 3 to 7 on average where they are spoken (9 to 12 in noise of 10 dB), and no less
than 10.5 where other speech of the same voice fits a piece best.
"""
WORSE = 4.0
"""How many more wrong bits in a frame than the prompt before it a piece may have, within those bounds."""
CHANCE = 16
SLIP = 12.0
"""The price of standing still or skipping a frame of a piece."""
ENTRY = 30.0
"""The price of another piece: what is heard must look like it, not only more so than like anything else."""
GAP = 0.4
"""The price of 10 ms of sound that belongs to no piece."""
OVER = 40
"""Frames without a piece after which the reading is over: 400 ms more than the longest pause within a piece."""
NEVER = -1e9


@dataclass(frozen=True)
class Spoken:
    """One piece as it was read out, in frames of 10 ms from the reader's start."""

    index: int
    start: int
    end: int
    before: Spoken | None


class Reader:
    """Listens to what is read out, from its first call on. *ber*: how bad the line is, by the prompt before."""

    def __init__(self, pieces: References, ber: float) -> None:
        recordings = pieces.recordings
        self._bits = pieces.bits
        gain = min(MILD, max(STRICT, BITS * ber + WORSE))
        self._gain = np.where(pieces.active, gain, -GAP).astype(np.float32)
        self._cost = pieces.active.astype(np.float32)
        self._in_silence: NDArray[np.float32] = (gain - CHANCE) * self._cost
        self._entries = np.array([piece.first for piece in recordings], np.intp)
        self._exits = np.array([piece.first + piece.sounding - 1 for piece in recordings], np.intp)
        self._longest = max(piece.sounding for piece in recordings)
        self._pause = OVER + max(_pause(pieces.active[piece.first : piece.end]) for piece in recordings)
        size = len(self._bits)
        self._stay = np.full(size, SLIP, np.float32)
        self._skip = self._stay.copy()
        self._skip[self._entries] = self._skip[self._entries + 1] = -NEVER
        self._here = np.arange(size)
        self._score, self._next, self._slipped = (np.full(size, NEVER, np.float32) for _ in range(3))
        self._came_from = self._here.copy()
        self._better = np.zeros(size, np.bool_)
        self._born = np.zeros(size, np.intp)
        """When the reading that stands at a frame entered its piece."""
        self._behind = np.zeros(size, np.intp)
        """Which of the *spoken* ended before that; 0 is none."""
        self._spoken: list[Spoken | None] = [None]
        self._gap = 0.0
        self._gaps: list[int] = []
        """The last piece of the best finished reading, after each frame."""

    @property
    def frames(self) -> int:
        """How many frames of 10 ms were heard."""
        return len(self._gaps)

    @property
    def over(self) -> bool:
        """Whether nothing was read out for 400 ms after the last piece."""
        last = self._last(self.frames)
        if last is None or self.frames - last.end < self._pause:
            return False
        another = float(self._score.max()) > self._gap - ENTRY / 2
        return not another or self.frames - last.end > OVER + self._longest

    def listen(self, bits: np.uint32 | None) -> None:
        """Take in the fingerprint of the next 10 ms; None for silence."""
        came_from = self._walk()
        self._score += self._likeness(bits)
        self._born = self._born[came_from]
        self._behind = self._behind[came_from]
        self._born[self._entries] = self.frames
        self._behind[self._entries] = self._gaps[-1] if self._gaps else 0
        self._leave(0.0 if bits is None else GAP)

    def _walk(self) -> NDArray[np.intp]:
        """Move every reading on to its next frame, and return the frame that each now came from."""
        before, now, came_from = self._score, self._next, self._came_from
        now[1:] = before[:-1]
        np.subtract(self._here, 1, out=came_from)
        for step, price in ((0, self._stay), (2, self._skip)):
            reached, start = slice(step, None), slice(0, len(before) - step)
            slipped = np.subtract(before[start], price[reached], out=self._slipped[start])
            better = np.greater(slipped, now[reached], out=self._better[start])
            np.copyto(now[reached], slipped, where=better)
            np.copyto(came_from[reached], self._here[start], where=better)
        now[self._entries] = self._gap - ENTRY
        self._score, self._next = now, before
        return came_from

    def _likeness(self, bits: np.uint32 | None) -> NDArray[np.float32]:
        if bits is None:
            return self._in_silence
        likeness: NDArray[np.float32] = self._gain - np.bitwise_count(self._bits ^ bits) * self._cost
        return likeness

    def _leave(self, price: float) -> None:
        """Let the best reading that is through with its piece go on, if it beats waiting in the gap."""
        ends = self._score[self._exits]
        index = int(ends.argmax())
        last = self._gaps[-1] if self._gaps else 0
        self._gap -= price
        if ends[index] > self._gap:
            at = self._exits[index]
            before = self._spoken[self._behind[at]]
            self._spoken.append(Spoken(index, int(self._born[at]), self.frames + 1, before))
            self._gap, last = float(ends[index]), len(self._spoken) - 1
        self._gaps.append(last)

    def _last(self, frame: int) -> Spoken | None:
        return self._spoken[self._gaps[min(frame, self.frames) - 1]] if self._gaps and frame > 0 else None

    def read(self, until: int | None = None) -> list[Spoken]:
        """Return the pieces that were read out before frame *until* (the newest), in order."""
        found: list[Spoken] = []
        last = self._last(self.frames if until is None else until)
        while last is not None:
            found.append(last)
            last = last.before
        return found[::-1]


def _pause(active: NDArray[np.bool_]) -> int:
    """Return the longest run of frames that do not sound, before or between those that do."""
    sounding = np.flatnonzero(active)
    return int(np.diff(sounding, prepend=-1).max()) - 1
