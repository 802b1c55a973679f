"""How sure a ratio of two quantiles is. Latencies are seconds, in the order of their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, log
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
Latencies = Sequence[float]


@dataclass(frozen=True)
class Ratio:
    """A ratio of two quantiles, and what it comes to in each resample."""

    value: float
    resampled: NDArray[np.float64]

    def bound(self, confidence: float) -> float:
        """Return an upper bound of the true ratio that holds with *confidence*, by percentiles of the resamples."""
        return float(np.quantile(self.resampled, confidence))

    def p_above(self, limit: float) -> float:
        """Return the p-value of "the true ratio is *limit* at most" against "it is more"."""
        under = np.count_nonzero(self.resampled <= limit)
        if under:
            return float(1 + under) / (self.resampled.size + 1)
        logs = np.log(self.resampled)  # beyond the resamples: as if they were normal, for many are judged together
        beyond = NormalDist(log(self.value), max(float(logs.std()), 1e-9)).cdf(log(limit))
        return min(beyond, 1 / (self.resampled.size + 1))


@dataclass(frozen=True)
class Control:
    """The latencies of something that did not change, on both sides: what they moved by is the day's doing."""

    new: Latencies
    base: Latencies


def least(quantile: float) -> int:
    """Return how many latencies the *quantile* can be told from at all: five of them are to lie beyond it."""
    return ceil(5 / (1 - quantile) - 1e-9)


def ratio(new: Latencies, base: Latencies, quantile: float, control: Control | None = None) -> Ratio | None:
    """
    Return the ratio of the *quantile* of *new* to that of *base*, over that of *control*; None if there are too few.

    Blocks of neighbouring runs are drawn together, for neighbours are alike: a slow minute is one piece of news, not
    ten. The draws are the same at every call, so the same runs give the same answer.  Source: Künsch 1989 (moving
    blocks), in a circle so that every run is drawn equally often (Politis and Romano 1992).
    """
    sides = [(new, 1.0), (base, -1.0)]
    if control is not None and min(len(control.new), len(control.base)) >= least(quantile):
        sides += [(control.new, -1.0), (control.base, 1.0)]
    if min(len(new), len(base)) < least(quantile) or any(min(latencies) <= 0 for latencies, _ in sides):
        return None
    random = np.random.default_rng(20)
    value, resampled = 0.0, np.zeros(RESAMPLES)
    for latencies, sign in sides:
        values = np.asarray(latencies, dtype=np.float64)
        value += sign * log(np.quantile(values, quantile))
        resampled += sign * np.log(_quantiles(values[_drawn(len(values), random)], quantile))
    return Ratio(exp(value), np.exp(resampled))


def further(found: Ratio, limit: float, confidence: float, n: int, *, most: int = 10_000) -> int | None:
    """Return how many more runs would bring the bound under *limit*, at the ratio seen so far; None if *most* would
    not. The bound comes nearer as the root of their number grows."""
    if found.value >= limit:
        return None
    reach, wanted = log(found.bound(confidence) / found.value), log(limit / found.value)
    runs = ceil(n * max(1.0, reach / wanted) ** 2) - n
    return runs if runs <= most else None


def _drawn(n: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Return RESAMPLES rows of *n* places, each made of blocks of neighbours."""
    length = ceil(n ** (1 / 3))
    starts = random.integers(n, size=(RESAMPLES, ceil(n / length), 1))
    return ((starts + np.arange(length)) % n).reshape(RESAMPLES, -1)[:, :n]


def _quantiles(rows: NDArray[np.float64], quantile: float) -> NDArray[np.float64]:
    """Return the quantile of each row, as `numpy.quantile` has it: two partitions cost less than a sort."""
    place = quantile * (rows.shape[1] - 1)
    low = int(place)
    high = min(low + 1, rows.shape[1] - 1)
    parted = np.partition(rows, (low, high), axis=1)
    found: NDArray[np.float64] = parted[:, low] + (place - low) * (parted[:, high] - parted[:, low])
    return found
