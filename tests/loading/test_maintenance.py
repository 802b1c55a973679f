"""Maintenance windows are read by the clock of their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from prober.loading.maintenance import held, standing
from prober.model.maintenance import Maintenance

NIGHTLY = Maintenance("billing", "0 2 * * *", 3600.0, items=("bill",))
SUNDAY = Maintenance("network", "30 23 * * 0", 7200.0)


@pytest.mark.parametrize(
    ("at", "item", "expected"),
    [
        (datetime(2026, 11, 20, 17, 59, 59, tzinfo=UTC), "bill", None),
        (datetime(2026, 11, 20, 18, 0, 0, tzinfo=UTC), "bill", NIGHTLY),
        (datetime(2026, 11, 20, 18, 59, 59, 999999, UTC), "bill", NIGHTLY),
        (datetime(2026, 11, 20, 19, 0, 0, tzinfo=UTC), "bill", None),
        (datetime(2026, 11, 20, 18, 30, 0, tzinfo=UTC), "balance", None),
        (datetime(2026, 11, 20, 18, 30, 0, tzinfo=UTC), None, None),
        (datetime(2026, 11, 22, 17, 0, 0, tzinfo=UTC), None, SUNDAY),
        (datetime(2026, 11, 21, 17, 0, 0, tzinfo=UTC), None, None),
    ],
)
def test_a_window_holds_from_its_first_instant_to_its_last(
    at: datetime, item: str | None, expected: Maintenance | None
) -> None:
    """It concerns its items alone, or all, and goes on past midnight."""
    assert standing([NIGHTLY, SUNDAY], item, at) == expected


def test_a_window_keeps_to_the_clock_of_its_zone_through_the_change_of_the_hour() -> None:
    """At 02:30 a window that began at 02:00 holds, before and after the hour changes."""
    berlin = Maintenance("billing", "0 2 * * *", 3600.0, timezone="Europe/Berlin")
    assert standing([berlin], None, datetime(2026, 10, 24, 0, 30, tzinfo=UTC)) == berlin
    assert standing([berlin], None, datetime(2026, 10, 26, 1, 30, tzinfo=UTC)) == berlin


def test_the_windows_that_touch_a_span() -> None:
    """Those that began before it and those that end after it, too; no other item's."""
    begin, end = datetime(2026, 11, 20, 18, 30, tzinfo=UTC), datetime(2026, 11, 22, 16, tzinfo=UTC)
    nightly = [(datetime(2026, 11, day, 18, tzinfo=UTC), datetime(2026, 11, day, 19, tzinfo=UTC)) for day in (21, 20)]
    sunday = (datetime(2026, 11, 22, 15, 30, tzinfo=UTC), datetime(2026, 11, 22, 17, 30, tzinfo=UTC))
    assert list(held([NIGHTLY, SUNDAY], "bill", (begin, end))) == [*nightly, sunday]
    assert list(held([NIGHTLY, SUNDAY], None, (begin, end))) == [sunday]
    assert list(held([NIGHTLY], "bill", (begin + timedelta(minutes=30), begin + timedelta(hours=1)))) == []
