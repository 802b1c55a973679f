"""
One clock for all channels.

`time.monotonic()` is the same clock in every process of a machine, so an instant stamped in a line's child process can
be compared with one stamped here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def monotonic() -> float:
    """Return the monotonic clock, in seconds."""
    return time.monotonic()


@dataclass
class Stimulus:
    """The last thing the robot did in this run, on any channel, that could cause what it then waits for."""

    at_s: float = field(default_factory=monotonic)
    by: str = "run"

    def mark(self, at_s: float, by: str) -> None:
        """Note that *by* (a verb's full name) acted at *at_s*; an earlier instant never replaces a later one."""
        if at_s >= self.at_s:
            self.at_s, self.by = at_s, by


class Clock:
    """
    Instants and durations of one run.

    The wall clock is read once and carried on by the monotonic one, so that setting it back in the middle of a run
    neither reorders its steps nor bends a duration.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._wall, self._started_s = now(), monotonic()

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self.at(monotonic())

    def at(self, instant_s: float) -> datetime:
        """Return the instant at which the monotonic clock stood at *instant_s*."""
        return self._wall + timedelta(seconds=instant_s - self._started_s)


class LoopLag:
    """How late the event loop comes back to a timer: what the robot's own load may have added to a step."""

    _TICK_S = 0.02

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._late: list[tuple[float, float]] = []
        """From when to when the loop did not come back, each longer than the ones before."""
        self._due_s = loop.time() + self._TICK_S
        self._timer = loop.call_at(self._due_s, self._tick)

    def _tick(self) -> None:
        now_s = self._loop.time()
        self._note(now_s)
        self._due_s = now_s + self._TICK_S
        self._timer = self._loop.call_at(self._due_s, self._tick)

    def _note(self, now_s: float) -> None:
        if not self._late or now_s - self._due_s > self._late[-1][1] - self._late[-1][0]:
            self._late.append((self._due_s, now_s))

    def worst_s(self, until_s: float = float("inf")) -> float:
        """
        Return the worst lateness since the last call, in seconds, and begin anew.

        What came after *until_s* (monotonic) is left out: keeping evidence may hold the loop up, and the step's clock
        has stopped by then.
        """
        self._note(self._loop.time())
        late, self._late = self._late, []
        return max(0.0, *(min(end_s, until_s) - due_s for due_s, end_s in late))

    def close(self) -> None:
        """Stop measuring."""
        self._timer.cancel()
