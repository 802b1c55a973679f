"""How late starts are: the robot's own fault, and kept as a figure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Lateness:
    """The lateness of the latest starts, in seconds; *count* is of all there ever were."""

    count: int = 0
    latest: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def note(self, late_s: float) -> None:
        """Keep the lateness of a start."""
        self.count += 1
        self.latest.append(late_s)

    def share_s(self, share: float) -> float | None:
        """Return what *share* of the latest starts were not later than, as in 0.99; None before the first."""
        ordered = sorted(self.latest)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None

    @property
    def p50_s(self) -> float | None:
        """The median."""
        return self.share_s(0.5)

    @property
    def p99_s(self) -> float | None:
        """What 99 of 100 were not later than."""
        return self.share_s(0.99)
