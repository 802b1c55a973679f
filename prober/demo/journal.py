"""What was switched, and when."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from prober.demo.faults import Fault

KEPT = 200


@dataclass(frozen=True)
class Switched:
    """
    From here on *fault* was on at *door*, or nothing if it is None.

    *at_s* is the machine's monotonic clock, which other processes read alike; *at* its wall clock, aware UTC.
    """

    number: int
    at: datetime
    at_s: float
    door: str
    fault: Fault | None


class Journal:
    """Keeps the last switchings, the oldest first. *note* is a watcher of `Faults`."""

    def __init__(self) -> None:
        self._entries: deque[Switched] = deque(maxlen=KEPT)
        self._count = 0

    def note(self, door: str, _before: Fault | None, now: Fault | None) -> None:
        """Write down what a door does from now on."""
        self._count += 1
        self._entries.append(Switched(self._count, datetime.now(UTC), time.monotonic(), door, now))

    def told(self) -> list[dict[str, object]]:
        """Return the entries as JSON has them."""
        return [{**asdict(entry), "at": entry.at.isoformat()} for entry in self._entries]
