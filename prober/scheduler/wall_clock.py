"""Whether somebody set the clock of the machine, seen by the clock that nobody can set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

_JUMP_S = 0.5
"""What is less is the machine's own correction of its clock."""


class WallClock:
    """The clock of the machine, beside the monotonic one."""

    def __init__(self, now: Callable[[], datetime], clock_s: Callable[[], float]) -> None:
        self._now, self._clock_s = now, clock_s
        self._between_s = self._difference_s()

    def jumped_s(self) -> float:
        """Return by how many seconds the clock was set since the last call; negative: back; 0: it was not."""
        between_s = self._difference_s()
        jump_s, self._between_s = between_s - self._between_s, between_s
        return jump_s if abs(jump_s) >= _JUMP_S else 0.0

    def _difference_s(self) -> float:
        return self._now().timestamp() - self._clock_s()
