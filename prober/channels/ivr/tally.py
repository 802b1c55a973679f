"""Counts that remember when they rose."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

PACKET_S = 0.02
"""How far apart the packets of a stream are sent."""


class Tally:
    """A count that only rises, kept as the instants it rose at. Unit: seconds, monotonic."""

    def __init__(self) -> None:
        self.instants: list[float] = []
        self._counted = 0
        self._looked_s = float("-inf")

    def counted(self, count: int, at_s: float) -> None:
        """
        Note that it stands at *count* now; one that fell to less than half is a new stream's.

        A rise by several is taken to have come evenly since the last look, and no further apart than packets are sent.
        """
        rise = self._rise(count)
        apart_s = min(max(at_s - max([self._looked_s, *self.instants[-1:]]), 0.0) / max(rise, 1), PACKET_S)
        self.instants.extend(at_s - nth * apart_s for nth in range(rise - 1, -1, -1))
        self._looked_s = at_s

    def _rise(self, count: int) -> int:
        if count < self._counted / 2:
            self._counted = 0
        rise = max(count - self._counted, 0)
        self._counted += rise
        return rise

    @property
    def count(self) -> int:
        """By how much it rose in all, over all streams of a call."""
        return len(self.instants)

    def since(self, start_s: float) -> int:
        """Return by how much it rose since *start_s*."""
        return len(self.instants) - bisect_left(self.instants, start_s)

    def gaps(self, longer_than_s: float, until_s: float) -> list[float]:
        """Return how long it did not rise, each time that was longer, from its first rise to *until_s*."""
        ends = [*self.instants[1:], *[until_s for _ in self.instants[-1:]]]
        lengths = (end_s - start_s for start_s, end_s in zip(self.instants, ends, strict=True))
        return [length_s for length_s in lengths if length_s > longer_than_s]

    def between(self, start_s: float, end_s: float) -> int:
        """Return by how much it rose from *start_s* until just before *end_s*."""
        return bisect_left(self.instants, end_s) - bisect_left(self.instants, start_s)


class Packets(Tally):
    """The packets that came in, dated by those that were the newest when somebody looked, every 20 ms."""

    def __init__(self) -> None:
        super().__init__()
        self._uncounted: list[_Span] = []

    def came(self, count: int, seen: Sequence[tuple[float, float | None]]) -> None:
        """
        Note that so many have come in.

        *seen* are the looks since the last time: when each was, and when the newest packet then had come in, if that is
        known. Those that came unseen between two looks are taken to have come as far apart as packets are sent.
        """
        spans = self._uncounted + self._spans(seen)
        if not self._has_looked:
            return
        rise = self._rise(count)
        # What was seen and not counted the last time, and still is not, was no packet of this stream.
        spans = spans[min(max(len(spans) - rise, 0), len(self._uncounted)) :]
        spans, self._uncounted = spans[:rise], spans[rise:]
        if not spans:
            self.instants.extend([self._looked_s] * rise)
            return
        for _ in range(rise - len(spans)):
            max(spans, key=lambda one: (one.to_s - one.from_s) / one.packets).packets += 1
        for span in spans:
            self.instants.extend(span.instants())

    @property
    def _has_looked(self) -> bool:
        return self._looked_s > float("-inf")

    def _spans(self, seen: Sequence[tuple[float, float | None]]) -> list[_Span]:
        spans = []
        newest_s = max([*self.instants[-1:], *(one.to_s for one in self._uncounted)], default=None)
        for looked_s, came_s in seen:
            if came_s is not None and (newest_s is None or came_s > newest_s):
                spans.append(_Span(came_s - PACKET_S if newest_s is None else newest_s, came_s))
                newest_s = came_s
            self._looked_s = looked_s
        return spans


@dataclass
class _Span:
    """From when to when some packets came in, the last of them at its end; one that lay unread was not seen before."""

    from_s: float
    to_s: float
    packets: int = 1

    def instants(self) -> list[float]:
        apart_s = min((self.to_s - self.from_s) / max(self.packets - 1, 1), PACKET_S)
        return [self.to_s - nth * apart_s for nth in range(self.packets - 1, -1, -1)]
