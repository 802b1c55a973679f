"""From a page's own clock to the robot's."""

from __future__ import annotations

import time

from prober.channels.timing import monotonic


class PageClock:
    """
    Maps one document's `performance.now()` to the monotonic clock.

    Both count the same seconds; what is unknown is where the document's zero lies. `performance.timeOrigin` says it in
    wall-clock time, exact to some microseconds unless that clock was set since. So every message is a check: what a
    page stamped cannot have been stamped after it was heard, nor before it was asked for.
    """

    def __init__(self, origin_ms: float) -> None:
        self._zero_s = origin_ms / 1000 - (time.time() - monotonic())

    def heard(self, stamp_ms: float, heard_s: float, asked_s: float | None = None) -> None:
        """Note that what was stamped *stamp_ms* was heard at *heard_s*, in answer to a question asked at *asked_s*."""
        self._zero_s = min(self._zero_s, heard_s - stamp_ms / 1000)
        if asked_s is not None:
            self._zero_s = max(self._zero_s, asked_s - stamp_ms / 1000)

    def at_s(self, stamp_ms: float) -> float:
        """Return the instant of the monotonic clock at which the page stamped *stamp_ms*."""
        return self._zero_s + stamp_ms / 1000
