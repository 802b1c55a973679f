"""What is checked how often: the same for the robot and its peer."""

from __future__ import annotations

PERIODS_S = (30, 60, 120, 300)
"""The periods, in turn."""


def period_s(number: int) -> int:
    """Return how often check *number* is made."""
    return PERIODS_S[number % len(PERIODS_S)]


def due(count: int, seconds: float) -> float:
    """Return how many starts *count* checks have in *seconds*."""
    return sum(seconds / period_s(number) for number in range(count))
