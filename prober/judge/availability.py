"""
The share of the time in which a channel did what it promised, as far as anybody looked.

    the time                                                    counts as
    ──────────────────────────────────────────────────────────  ───────────────────────────────────────────────────
    before the first result of the probe                        nothing
    in maintenance                                              nothing
    in an incident of the robot's that concerns the probe,      nothing: nobody knows how the channel was
    or without any robot, from the first start that was due
    in a confirmed incident of the channel                      down
    in which starts were missed, or nothing could be asked      down, if such an incident was open; else nothing
    all the rest                                                up
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prober.model.span import Span


@dataclass(frozen=True)
class Spans:
    """
    What is known of a probe's time; *first_at* is the instant of its first result, None without any.

    *down*: in an incident of the channel. *excluded*: maintenance, and faults of the robot's. *unasked*: no incident,
    and yet nobody asked.
    """

    first_at: datetime | None = None
    down: Sequence[Span] = field(default=())
    excluded: Sequence[Span] = field(default=())
    unasked: Sequence[Span] = field(default=())


@dataclass(frozen=True)
class Availability:
    """How long was looked at, for how much of that the channel was down, and how long does not count."""

    counted: timedelta
    down: timedelta
    excluded: timedelta

    @property
    def share(self) -> float | None:
        """The availability, 0..1; None where nothing is known."""
        return 1 - self.down / self.counted if self.counted else None

    def meets(self, objective: float) -> bool | None:
        """Return whether it is what it should be at the least; None where nothing is known."""
        return None if self.share is None else self.share >= objective


def availability(known: Spans, since: datetime, until: datetime) -> Availability:
    """Return the availability between *since* and *until*."""
    begin = until if known.first_at is None else min(max(since, known.first_at), until)
    whole = [(begin, until)]
    looked_at = _without(whole, known.excluded)
    down = _within(looked_at, known.down)
    counted = _length(down) + _length(_without(_without(looked_at, known.unasked), known.down))
    return Availability(counted, _length(down), (until - since) - counted)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return *spans* in their order, those that touch as one, and empty ones as none."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _within(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return what *spans* and *others* have in common."""
    others = merged(others)
    return merged((max(a, c), min(b, d)) for a, b in merged(spans) for c, d in others)


def _without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return *spans* without *others*."""
    left = merged(spans)
    for begin, end in merged(others):
        left = merged(part for a, b in left for part in ((a, min(b, begin)), (max(a, end), b)))
    return left


def _length(spans: Iterable[Span]) -> timedelta:
    return sum((end - begin for begin, end in spans), timedelta())
