"""What counts as up, what as down, and what as neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from prober.judge.availability import Spans, availability, merged
from prober.model.span import Span

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def span(begin: float, end: float) -> Span:
    return at(begin), at(end)


@pytest.mark.parametrize(
    ("known", "counted", "down"),
    [
        (Spans(), 0, 0),
        (Spans(at(-5)), 100, 0),
        (Spans(at(40)), 60, 0),
        (Spans(at(200)), 0, 0),
        (Spans(at(0), down=[span(-50, 20)]), 100, 20),
        (Spans(at(0), down=[span(10, 30), span(20, 40)]), 100, 30),
        (Spans(at(30), down=[span(10, 40)]), 70, 10),
        # Excluded is excluded, from both sides.
        (Spans(at(0), down=[span(10, 40)], excluded=[span(30, 50)]), 80, 20),
        (Spans(at(0), excluded=[span(-10, 200)]), 0, 0),
        # What nobody asked is unknown, unless an incident was open.
        (Spans(at(0), unasked=[span(20, 40)]), 80, 0),
        (Spans(at(0), down=[span(10, 30)], unasked=[span(20, 40)]), 90, 20),
        (Spans(at(0), down=[span(10, 30)], unasked=[span(20, 40)], excluded=[span(25, 35)]), 85, 15),
    ],
)
def test_what_counts(known: Spans, counted: float, down: float) -> None:
    """Of a hundred minutes."""
    found = availability(known, NOON, at(100))
    assert (found.counted, found.down) == (timedelta(minutes=counted), timedelta(minutes=down))
    assert found.excluded == timedelta(minutes=100 - counted)


def test_the_share_and_the_objective() -> None:
    """Where nothing is known there is neither."""
    found = availability(Spans(at(0), down=[span(0, 1)]), NOON, at(100))
    assert found.share == pytest.approx(0.99)
    assert (found.meets(0.99), found.meets(0.995)) == (True, False)
    unknown = availability(Spans(), NOON, at(100))
    assert (unknown.share, unknown.meets(0.5)) == (None, None)


def test_spans_that_touch_are_one() -> None:
    """Whatever their order; empty ones are none."""
    assert merged([span(5, 9), span(1, 3), span(3, 6), span(20, 20), span(30, 29)]) == [span(1, 9)]
