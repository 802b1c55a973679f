"""
The rule of Kayenta's judge, stated anew, to compare with: a rank-sum test with a mean ratio.

Each metric is High where the 98 % confidence interval of the shift (Hodges and Lehmann, by the Mann-Whitney test) lies
above a quarter of the estimated shift, and the means differ in that direction. A canary passes if no metric is High.
It has no least number of runs, and no data is no objection.  Source: the published judge of Netflix and Google, 2018.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

TOLERANCE, CONFIDENCE = 0.25, 0.98


def passes(new: list[NDArray[np.float64]], base: list[NDArray[np.float64]]) -> bool:
    """Return whether no metric of *new* is High against the same of *base*."""
    return not any(_high(ours, theirs) for ours, theirs in zip(new, base, strict=True))


def _high(new: NDArray[np.float64], base: NDArray[np.float64]) -> bool:
    if not new.size or not base.size or np.array_equal(np.sort(new), np.sort(base)):
        return False
    shifts = np.sort((new[:, None] - base[None, :]).ravel())
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    below = new.size * base.size / 2 - z * sqrt(new.size * base.size * (new.size + base.size + 1) / 12)
    low = shifts[max(0, int(below))] if below >= 0 else -np.inf
    return bool(low > TOLERANCE * np.median(shifts) and new.mean() > base.mean())
