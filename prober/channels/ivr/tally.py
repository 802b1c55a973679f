"""Counts that remember when they rose."""

from __future__ import annotations

from bisect import bisect_left


class Tally:
    """A count that only rises, kept as the instants it rose at. Unit: seconds, monotonic."""

    def __init__(self) -> None:
        self.instants: list[float] = []
        self._counted = 0

    def counted(self, count: int, at_s: float) -> None:
        """Note that it stands at *count* now; one that fell to less than half is a new stream's."""
        if count < self._counted / 2:
            self._counted = 0
        self.instants.extend([at_s] * (count - self._counted))
        self._counted = max(count, self._counted)

    def since(self, start_s: float) -> int:
        """Return by how much it rose since *start_s*."""
        return len(self.instants) - bisect_left(self.instants, start_s)

    def between(self, start_s: float, end_s: float) -> int:
        """Return by how much it rose from *start_s* until just before *end_s*."""
        return bisect_left(self.instants, end_s) - bisect_left(self.instants, start_s)
