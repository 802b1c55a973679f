"""
Music told from speech and noise: its notes keep their pitch, whereas the partials of a voice glide.

Whatever stands out of a frame's spectrum is a partial. One that was at its frequency 0.1 s and 0.2 s ago is held; how
many are, and how large a share of all that stands out they are, tells music within seconds.
Source: after Seyerlehner, Pohle, Schedl and Widmer, "Automatic music detection in television productions", 2007.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.events import Tone, ToneEnded, ToneStarted
from prober.channels.ivr.hearing.sound import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AROUND = 8
"""Bins to either side that a partial is held against."""
_STANDS_OUT = 10 ** (4.0 / 10)
_FAINT = 10 ** (-30.0 / 10)
"""What lies so far below the loudest is what a codec makes of that."""
_FIRST, _LAST = 10, 216
"""The bins of a fingerprint's spectrum that are looked at: 350 to 2500 Hz."""
_LAGS = (5, 10)
"""Frames ago at which a held partial was there: the first whose windows have nothing in common with the newest."""
_KEPT = _LAGS[-1]
_FRAMES = 200
"""How much is judged at once: 4 s, within which music that is held well is known after half a second."""
_ENOUGH, _OVER = 0.15, 0.05
"""The score from which on it is music, and below which it no longer is."""
_LEAST = 0.25
"""Held partials, on average of a frame, below which a share of them says nothing: a beep, the first syllable."""
_VOICE = 0.7
"""Held partials, on average of a frame, that no voice has for long."""
_NOTE, _APART, _NOTES = 5, 3, 4
"""How many frames make a note, how many bins two of them lie apart, and how many different ones there are in music."""


@dataclass(frozen=True)
class Partials:
    """Of one frame: the amplitude of all that stands out, that of what is held, in which bins that is, and how many."""

    whole: float
    held: float
    bins: NDArray[np.bool_]
    count: int = 0


NONE = Partials(0.0, 0.0, np.zeros(_LAST - _FIRST, np.bool_))


class HeldPartials:
    """The partials of a stream, frame by frame."""

    def __init__(self) -> None:
        self._before = np.zeros((_KEPT, _LAST - _FIRST), np.bool_)

    def several(self, power: NDArray[np.float32] | None, frames: int) -> list[Partials]:
        """Return the partials of *frames*, each 20 ms on from the one before; no *power* (frames, bins) is silence."""
        if power is None:
            self._before = np.zeros_like(self._before)
            return [NONE] * frames
        out = _outstanding(power)
        near = out.copy()
        near[:, 1:] |= out[:, :-1]
        near[:, :-1] |= out[:, 1:]
        seen = np.concatenate([self._before, near])
        self._before = seen[-_KEPT:]
        held = out.copy()
        for lag in _LAGS:
            held &= seen[_KEPT - lag : len(seen) - lag]
        amplitude = np.sqrt(power[:, _FIRST:_LAST])
        wholes = np.einsum("ij,ij->i", amplitude, out).tolist()
        helds = np.einsum("ij,ij->i", amplitude, held).tolist()
        counts = held.sum(axis=1).tolist()
        return [Partials(*one) for one in zip(wholes, helds, held, counts, strict=True)]


def _outstanding(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which bins are peaks, well above the mean of those around them."""
    sums = np.cumsum(power[:, _FIRST - _AROUND - 1 : _LAST + _AROUND], axis=1)
    mean = (sums[:, 2 * _AROUND + 1 :] - sums[:, : -2 * _AROUND - 1]) / (2 * _AROUND + 1)
    here, below, above = (power[:, _FIRST + by : _LAST + by] for by in (0, -1, 1))
    least = np.maximum(mean * _STANDS_OUT, power.max(axis=1, keepdims=True) * _FAINT)
    found: NDArray[np.bool_] = (here > least) & (here >= below) & (here > above)
    return found


class MusicDetector:
    """Listens for music, be it played by an operator to whoever waits or instead of a ringback."""

    def __init__(self) -> None:
        self._recent: deque[Partials] = deque([NONE] * _FRAMES, _FRAMES)
        self._whole = self._held = 0.0
        self._count = 0
        self._often = np.zeros(_LAST - _FIRST, np.int16)
        """In how many of these frames each bin had a held partial."""
        self._playing = False

    def listen(self, partials: Partials, now_s: float) -> ToneStarted | ToneEnded | None:
        """Take in the partials of the next 20 ms, NONE of what is silent or known, and return what is now known."""
        gone = self._recent[0]
        self._recent.append(partials)
        self._whole += partials.whole - gone.whole
        self._held += partials.held - gone.held
        self._count += partials.count - gone.count
        self._often += partials.bins
        self._often -= gone.bins
        score = self._score()
        if self._playing and score < _OVER:
            self._playing = False
            return ToneEnded(Tone.MUSIC, self._ended_s(now_s))
        if not self._playing and score >= _ENOUGH and self._has_notes():
            self._playing = True
            return ToneStarted(Tone.MUSIC, self._began_s(now_s), now_s)
        return None

    def _score(self) -> float:
        """Return the share of what stands out that is held, times how many partials are, on average of a frame."""
        density = self._count / _FRAMES
        return density * self._held / self._whole if density >= _LEAST else 0.0

    def _has_notes(self) -> bool:
        """Whether there are more frequencies than any signal has: a chord, or one note after the other."""
        notes = np.flatnonzero(self._often >= _NOTE)
        return int((np.diff(notes, prepend=-_APART) >= _APART).sum()) >= _NOTES

    def _began_s(self, now_s: float) -> float:
        """Return since when more is held than a voice holds; Page's test: since the sum of the excess was least."""
        frames = _FRAMES - int(self._excess().argmin())
        return max(now_s - (frames + _LAGS[-1]) * FRAME_S, 0.0)

    def _ended_s(self, now_s: float) -> float:
        """Return since when no more is held than a voice holds: since the sum of the excess was greatest."""
        return now_s - (_FRAMES - int(self._excess().argmax())) * FRAME_S

    def _excess(self) -> NDArray[np.float64]:
        """Return how much more was held than a voice holds, from the first frame on to before each and to the last."""
        return np.cumsum([0.0, *(one.count - _VOICE for one in self._recent)])
