"""What many runs, or many plays of a step, come to together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """
    Counts by outcome, and the latencies of *timed* of them. What was not measured is None.

    *flaky* runs passed on a second attempt. Percentiles are within 1 % of the true ones; all else is exact.
    """

    passed: int = 0
    slow: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    flaky: int = 0
    timed: int = 0
    mean_s: float | None = None
    min_s: float | None = None
    max_s: float | None = None
    p50_s: float | None = None
    p90_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None

    @property
    def n(self) -> int:
        """How many asked the channel: passed, slow and failed."""
        return self.passed + self.slow + self.failed

    @property
    def success(self) -> float | None:
        """The share of those that passed, slow ones among them; None if nothing was asked."""
        return (self.passed + self.slow) / self.n if self.n else None
