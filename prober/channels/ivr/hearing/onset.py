"""When exactly a prompt's recording began: its waveform laid over the stream's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.fingerprint import RATE, WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prober.channels.ivr.hearing.library import Recording

KEPT = 8 * RATE
"""Samples of the stream that are kept at least."""
STRETCH = int(0.4 * RATE)
SHORTEST = int(0.1 * RATE)
REACH = int(0.03 * RATE)
ALIKE = 0.5
"""The least correlation (1 is the same waveform) by which an onset is moved; unrelated speech stays below it."""


class Tape:
    """The newest samples of the stream, by their number since its start; silence stands before it."""

    def __init__(self) -> None:
        self._samples = np.zeros(2 * KEPT, np.int16)
        self._filled = WINDOW
        self.end = 0
        """How many samples were heard."""

    @property
    def start(self) -> int:
        """The oldest sample that is still there."""
        return max(0, self.end - self._filled)

    def add(self, samples: NDArray[np.int16]) -> None:
        """Take in what comes next."""
        if self._filled + len(samples) > len(self._samples):
            self._samples[:KEPT] = self._samples[self._filled - KEPT : self._filled].copy()
            self._filled = KEPT
        self._samples[self._filled : self._filled + len(samples)] = samples
        self._filled += len(samples)
        self.end += len(samples)

    def window(self, back: int = 0) -> NDArray[np.int16]:
        """Return the WINDOW samples that end *back* samples before the newest."""
        return self._samples[self._filled - WINDOW - back : self._filled - back]

    def cut(self, first: int, end: int) -> NDArray[np.int16] | None:
        """Return the samples from *first* to before *end*; None if they are not, or no longer, there."""
        start = first - self.end + self._filled
        if start < 0 or first >= end or end > self.end:
            return None
        return self._samples[start : start + end - first]


def refine(tape: Tape, recording: Recording, onset: int) -> int:
    """
    Return the sample of the stream at which *recording* began, given that it is within 30 ms of *onset*.

    The recording's first sounding stretch decides where it was heard, else the newest stretch; *onset* comes back where
    neither looks like the recording.
    """
    lead = int(recording.lead_s * RATE)
    newest = min(len(recording.samples), tape.end - onset - REACH)
    oldest = max(0, newest - STRETCH, tape.start - onset + REACH)
    for first, end in ((lead, min(lead + STRETCH, newest)), (oldest, newest)):
        if end - first >= SHORTEST:
            stream = tape.cut(onset + first - REACH, onset + end + REACH)
            if stream is not None:
                shift, alike = _best_shift(stream, recording.samples[first:end])
                if alike >= ALIKE:
                    return onset + shift - REACH
    return onset


def _best_shift(stream: NDArray[np.int16], stretch: NDArray[np.int16]) -> tuple[int, float]:
    """Return where in *stream* the *stretch* fits best, upright or inverted, and its correlation there."""
    heard, known = stream.astype(np.float32) / 32768, stretch.astype(np.float32) / 32768
    products = np.abs(np.correlate(heard, known, "valid"))
    power = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    norm = np.sqrt((power[len(known) :] - power[: -len(known)]) * float((known**2).sum()))
    alike = products / np.maximum(norm, 1e-9)
    best = int(alike.argmax())
    return best, float(alike[best])
