"""
Whether it is the recording itself that is heard, word for word: its waveform held against the stream's.

A fingerprint follows a prompt through a word that was exchanged, since the words around it agree. A matched filter does
not: in each stretch of 0.2 s it tells how much of the recording is in the stream, whatever noise there is besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import FRAME, HOP, RATE
from prober.channels.ivr.hearing.library import Recording, References
from prober.channels.ivr.hearing.onset import Tape
from prober.channels.ivr.hearing.tracking import CHANCE, History

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = RATE // 10
STRETCH = 2 * STEP
"""Samples of a stretch; each begins half a one behind the last."""
NEAR, FAR = 16, 200
"""Samples to either side that it is looked for in: what clocks drift in 0.1 s, and a stream that slips by a packet."""
LOUD = 0.9
"""The share of stretches that are no louder than the loud ones."""
QUIET_DB = -12.0
"""A stretch this far below the loud ones says nothing: noise may cover it."""
SILENT = 32768**2 * 10 ** (-58 / 10)
"""The mean square of a stream in which nothing is heard."""
BLANK = 0.6
"""The share of lost packets from which a stretch says nothing."""
SURE, AGREES = 0.6, 10
"""The least correlation (1 is the same waveform), and the most wrong bits, by which the stream's drift is followed."""
BEST, ALIKE = 3, 4.0
"""
The stretches with the fewest wrong bits, and those with no more than so many above theirs, on average of a frame, tell
how loud the prompt comes over this line, and how well it agrees.
"""
LEAST = 0.5
"""The share of the recording, as loud as elsewhere, that is in a stretch at least; of another word there is a third."""
DOUBTFUL = 0.4
"""How far wrong bits must lie from what is usual on this line towards chance: a line that turns phases is no proof."""
STRANGE = 2
"""Stretches in a row that make it another recording: 0.3 s, a word."""


@dataclass(frozen=True)
class _Stretch:
    """Where it begins in the recording, the gain by which it is in the stream, and its wrong bits, on average."""

    first: int
    gain: float
    wrong: float


class Matcher:
    """Holds one prompt, which began at sample *onset* of the stream, against what is heard."""

    def __init__(self, references: References, recording: Recording, onset: int) -> None:
        self._onset = onset
        self._samples = recording.samples.astype(np.float32)
        self._bits = references.bits[recording.first : recording.end]
        self._active = references.active[recording.first : recording.end]
        self._left = _loud(self._samples)
        self._heard: list[_Stretch] = []
        self.strange_s: float | None = None
        """How far into the recording something else was heard in its place; None while nothing was."""

    def listen(self, tape: Tape, history: History) -> None:
        """Look at the stretches that have come in since."""
        while self._left and self._onset + self._left[0] + STRETCH + NEAR <= tape.end:
            found = self._look(self._left.pop(0), tape, history)
            if found is not None:
                self._heard.append(found)
                self.strange_s = self._strange_s()

    def _strange_s(self) -> float | None:
        best = sorted(one.wrong for one in self._heard)[:BEST]
        good = [one for one in self._heard if one.wrong < sum(best) / len(best) + ALIKE]
        least = LEAST * median(one.gain for one in good)
        usual = sum(one.wrong for one in good) / len(good)
        most = usual + DOUBTFUL * (CHANCE - usual)
        strange = [one.gain < least and one.wrong > most for one in self._heard]
        for index in range(len(strange) - STRANGE + 1):
            if all(strange[index : index + STRANGE]):
                return (self._heard[index].first + STEP) / RATE
        return None

    def _look(self, first: int, tape: Tape, history: History) -> _Stretch | None:
        """Return what is heard of a stretch; None if that is not known: not heard, silent, or lost."""
        known = self._samples[first : first + STRETCH]
        shift, gain, alike = 0, 0.0, 0.0
        for reach in (NEAR, FAR):
            at = self._onset + first
            stream = tape.cut(at - reach, min(at + STRETCH + reach, tape.end))
            if stream is None or _says_nothing(stream):
                return None
            shift, gain, alike = _best(stream.astype(np.float32), known)
            shift -= reach
            if alike >= LEAST:
                break
        wrong = self._wrong(first + STRETCH, shift, tape, history)
        if alike >= SURE and wrong < AGREES:
            self._onset += shift
        return _Stretch(first, gain, wrong)

    def _wrong(self, end: int, shift: int, tape: Tape, history: History) -> float:
        """Return the wrong bits, on average, of the stretch that ends at sample *end* of the recording."""
        onset = self._onset + shift
        newest = -((onset + end - tape.end) // FRAME)
        found = []
        for age in range(newest, newest + STRETCH // FRAME):
            frame = round((tape.end - age * FRAME - onset) / HOP) - 1
            if 0 <= frame < len(self._bits) and self._active[frame]:
                live = history.back(age)
                found.append(CHANCE if live is None else int(self._bits[frame] ^ live).bit_count())
        return sum(found) / len(found) if found else float(CHANCE)


def _loud(samples: NDArray[np.float32]) -> list[int]:
    """Return where the stretches begin that are about as loud as the loud ones."""
    steps = np.square(samples[: len(samples) // STEP * STEP].reshape(-1, STEP)).sum(axis=1)
    power = steps[:-1] + steps[1:]
    if not len(power):
        return []
    loud = np.sort(power)[int(LOUD * (len(power) - 1))]  # np.percentile would first import modules for 50 ms
    return [int(index) * STEP for index in np.flatnonzero(power > loud * 10 ** (QUIET_DB / 10))]


def _says_nothing(stream: NDArray[np.int16]) -> bool:
    heard, size = stream.astype(np.float32), len(stream)
    return bool(np.count_nonzero(stream) < (1 - BLANK) * size or heard @ heard < SILENT * size)


def _best(stream: NDArray[np.float32], known: NDArray[np.float32]) -> tuple[int, float, float]:
    """Return where in *stream* most of what is *known* is, upright or inverted, its gain and the correlation there."""
    products = np.abs(np.correlate(stream, known, "valid"))
    best = int(products.argmax())
    heard = stream[best : best + len(known)]
    came = np.where(heard == 0, 0, known)  # what is lost is blank, and no silence of a line is
    product, energy = float(products[best]), max(1.0, float(came @ came))
    return best, product / energy, product / max(1.0, (energy * float(heard @ heard)) ** 0.5)
