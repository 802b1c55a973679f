"""Prompts that are word for word the beginning of another one: which of the two was played shows only at its end."""

from __future__ import annotations

import numpy as np

from prober.channels.ivr.hearing.fingerprint import BITS
from prober.channels.ivr.hearing.library import Recording, References

EARLY_S, LATE_S = 0.1, 0.4
"""How far the end of what was beyond doubt may lie from that of the shorter prompt: a window is 96 ms long."""
ALIKE = 0.15
"""The share of fingerprint bits in which one recording of the same words may differ from another."""


def beginning(references: References, longer: Recording, followed_s: float) -> Recording | None:
    """Return the prompt that is the beginning of *longer* and ends where it was last followed; None if none does."""
    return next(
        (
            known
            for known in references.recordings
            if known is not longer
            and -EARLY_S <= followed_s - known.tail_s <= LATE_S
            and _begins(references, longer, known)
        ),
        None,
    )


def _begins(references: References, longer: Recording, known: Recording) -> bool:
    frames = min(known.sounding, longer.sounding)
    some, other = (slice(one.first, one.first + frames) for one in (longer, known))
    wrong = np.bitwise_count(references.bits[some] ^ references.bits[other])[references.active[other]]
    return frames == known.sounding and float(wrong.mean()) <= ALIKE * BITS
