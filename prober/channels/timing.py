"""
One clock for all channels.

`time.monotonic()` is the same clock in every process of a machine, so an instant stamped in a line's child process can
be compared with one stamped here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field


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
