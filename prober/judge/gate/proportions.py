"""Bounds on shares, for samples of any size. Shares are 0..1; *confidence* is one-sided."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, fsum, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Share:
    """*hits* of *n*."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.hits / self.n if self.n else None


def wilson(share: Share, confidence: float) -> tuple[float, float]:
    """
    Return a lower and an upper bound of the true share, each of which holds with *confidence*; (0, 1) of nothing.

    Source: Wilson 1927, the score interval.
    """
    if not share.n:
        return 0.0, 1.0
    z, n, p = _NORMAL.inv_cdf(confidence), share.n, share.hits / share.n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # Rounding is not to say that a flawless sample proves less, or more, than everything.
    low, high = middle - reach, middle + reach
    return (max(low, 0.0) if share.hits else 0.0), (min(high, 1.0) if share.hits < n else 1.0)


def newcombe(new: Share, base: Share, confidence: float) -> tuple[float, float]:
    """
    Return a lower and an upper bound of *new* − *base*, each of which holds with *confidence*.

    Source: Newcombe 1998, method 10 (hybrid score).
    """
    if not new.n or not base.n:
        return -1.0, 1.0
    p, q = new.hits / new.n, base.hits / base.n
    (new_low, new_high), (base_low, base_high) = wilson(new, confidence), wilson(base, confidence)
    down = sqrt((p - new_low) ** 2 + (base_high - q) ** 2)
    up = sqrt((new_high - p) ** 2 + (q - base_low) ** 2)
    return p - q - down, p - q + up


def p_below(share: Share, floor: float) -> float:
    """
    Return the p-value of "the true share is *floor* at least" against "it is less": the exact binomial test.

    Scores are normal from some twenty runs on; before that a single failure would prove anything.
    """
    if floor <= 0 or share.hits == share.n:
        return 1.0
    if floor >= 1:
        return 0.0
    chances = (_log_chance(hits, share.n, floor) for hits in range(share.hits + 1))
    return min(1.0, fsum(map(exp, chances)))


def _log_chance(hits: int, n: int, p: float) -> float:
    ways = lgamma(n + 1) - lgamma(hits + 1) - lgamma(n - hits + 1)
    return ways + hits * log(p) + (n - hits) * log1p(-p)


def p_worse(new: Share, base: Share, margin: float) -> float:
    """
    Return the p-value of "*new* is worse than *base* by *margin* at most".

    It is 1 − the confidence that shows it (Newcombe), and no less than if the share of *base* were known: few new runs
    prove little.
    """
    low, high = 0.5, 1 - 1e-9
    if base.value is None or newcombe(new, base, low)[1] >= -margin:
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if newcombe(new, base, middle)[1] < -margin else (low, middle)
    return max(1 - low, p_below(new, base.value - margin))


def flawless(floor: float, confidence: float) -> int | None:
    """Return how many runs without a failure show a share of *floor*; None if no number does."""
    if floor >= 1:
        return None
    z = _NORMAL.inv_cdf(confidence)
    return max(1, ceil(z * z * floor / (1 - floor) - 1e-9))


def further(share: Share, floor: float, confidence: float, *, most: int = 10_000) -> int | None:
    """
    Return how many more runs, at the share seen so far, would show *floor*; None if *most* would not.

    Of nothing, or of a flawless sample, that is what is missing of the flawless runs it takes.
    """
    if not share.n or share.hits == share.n:
        wanted = flawless(floor, confidence)
        return None if wanted is None else max(0, wanted - share.n)
    if share.hits / share.n <= floor:
        return None
    p, z = share.hits / share.n, _NORMAL.inv_cdf(confidence)
    reach = p - floor
    n = z * z * (p * (1 - p)) / (reach * reach) if reach else inf  # a first guess, by the normal interval
    for runs in range(max(share.n, ceil(n) // 2), min(most + share.n, ceil(4 * n) + 100) + 1):
        if wilson(Share(int(p * runs), runs), confidence)[0] >= floor:
            return runs - share.n
    return None
