"""What happened lately, so that who looks only now and then sees it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping

HOLD_S = 120.0
"""How long something is told on."""


class Worst:
    """The worst value of late, whatever its sign."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._noted: deque[tuple[float, float]] = deque()

    def note(self, value: float) -> None:
        """Add a value; those it outdoes are forgotten, for they can be the worst no more."""
        while self._noted and abs(self._noted[-1][1]) <= abs(value):
            self._noted.pop()
        self._noted.append((self._clock_s(), value))

    @property
    def value(self) -> float:
        """The worst of what was not noted too long ago; 0 where there is none."""
        while self._noted and self._clock_s() - self._noted[0][0] > HOLD_S:
            self._noted.popleft()
        return self._noted[0][1] if self._noted else 0.0


class Counts:
    """How often something happened of late, by its name."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._noted: deque[tuple[float, str, int]] = deque()

    def note(self, name: str, number: int) -> None:
        """Add what happened *number* times."""
        self._noted.append((self._clock_s(), name, number))

    @property
    def value(self) -> Mapping[str, int]:
        """How often each happened."""
        while self._noted and self._clock_s() - self._noted[0][0] > HOLD_S:
            self._noted.popleft()
        counted: Counter[str] = Counter()
        for _, name, number in self._noted:
            counted[name] += number
        return counted
