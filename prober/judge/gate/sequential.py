"""
A test that may be looked at after every run, and stopped whenever it says enough.

Each count (failures; journeys slower than what the baseline allows) is a bet against "its true share is *allowed* at
most": the mean, over shares above *allowed*, of the likelihood of what was seen relative to *allowed*. While the
channel keeps its promise no betting strategy can be expected to grow, and the chance that the mean of the bets ever
reaches 1/α is α at most, however often one looks (Ville's inequality).  Source: Robbins 1970 (mixtures), Ramdas et al.
2023, "Game-theoretic statistics and safe anytime-valid inference".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

_SHARES = 200


@dataclass(frozen=True)
class Bet:
    """What was seen of one count: *hits* of *n*, of which *allowed* (0 < allowed < 1) is the share that may be."""

    allowed: float
    hits: int = 0
    n: int = 0

    def seen(self, hit: bool) -> Bet:
        """Return the bet after one more run."""
        return replace(self, hits=self.hits + hit, n=self.n + 1)

    @property
    def log_value(self) -> float:
        """The logarithm of what was won or lost."""
        shares = self.allowed + (1 - self.allowed) * (np.arange(_SHARES) + 0.5) / _SHARES
        won = self.hits * np.log(shares / self.allowed)
        won += (self.n - self.hits) * np.log((1 - shares) / (1 - self.allowed))
        top = float(won.max())
        return top + float(np.log(np.mean(np.exp(won - top))))


def evidence(bets: Iterable[Bet]) -> float:
    """
    Return how much all *bets* together say against the channel: 1/α or more once in a well channel's life at most α.

    The mean of bets is a bet itself, whatever hangs on what; infinity is not reached.
    """
    logs = np.array([bet.log_value for bet in bets])
    return float(np.mean(np.exp(np.minimum(logs, 700.0)))) if logs.size else 0.0
