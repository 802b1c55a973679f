"""Days, weeks and months, as people name them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from prober.judge.periods import FORMS, span_of
from prober.model.service import Period

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai


def spans(period: Period, text: str = "", now: datetime = NOW, zone: ZoneInfo = ZONE) -> tuple[str, str, str]:
    label, (since, until) = span_of(period, text, now, zone)
    return label, since.isoformat()[:16], until.isoformat()[:16]


def test_without_a_name_it_is_the_last_one_that_is_over() -> None:
    """By the days of the zone."""
    assert spans(Period.DAY) == ("2026-11-22", "2026-11-21T16:00", "2026-11-22T16:00")
    assert spans(Period.WEEK) == ("2026-W47", "2026-11-15T16:00", "2026-11-22T16:00")
    assert spans(Period.MONTH) == ("2026-10", "2026-09-30T16:00", "2026-10-31T16:00")


def test_what_is_not_over_ends_now() -> None:
    """Nothing is told of what is yet to come."""
    assert spans(Period.DAY, "2026-11-23") == ("2026-11-23", "2026-11-22T16:00", "2026-11-23T02:00")
    assert spans(Period.WEEK, "2026W48")[1:] == ("2026-11-22T16:00", "2026-11-23T02:00")
    assert spans(Period.MONTH, "2026-11")[1:] == ("2026-10-31T16:00", "2026-11-23T02:00")


def test_years_and_clocks_change() -> None:
    """A week may belong to the year before; a day may have 23 or 25 hours."""
    assert spans(Period.WEEK, "2026-W1")[0] == "2026-W01"
    assert spans(Period.MONTH, "", datetime(2026, 1, 5, tzinfo=UTC))[0] == "2025-12"
    berlin = ZoneInfo("Europe/Berlin")
    assert spans(Period.DAY, "2026-10-25", zone=berlin)[1:] == ("2026-10-24T22:00", "2026-10-25T23:00")
    assert spans(Period.MONTH, "2024-02")[1:] == ("2024-01-31T16:00", "2024-02-29T16:00")


@pytest.mark.parametrize(
    ("period", "text"),
    [
        *((period, wrong) for period in FORMS for wrong in ("yesterday", "2026", "2026-13", "2027-01", "2026-W60")),
        (Period.DAY, "2026-02-30"),
        (Period.DAY, "2026-11-24"),
        (Period.WEEK, "2026-W49"),
        (Period.MONTH, "2026-12"),
        (Period.DAY, "2026-11"),
    ],
)
def test_anything_else_is_refused(period: Period, text: str) -> None:
    """So is what is yet to come."""
    with pytest.raises(ValueError):  # noqa: PT011 - by whoever cannot read it
        span_of(period, text, NOW, ZONE)


def test_the_forms_that_are_told_are_taken() -> None:
    """The hint of a refusal is no empty promise."""
    assert all(span_of(period, form, NOW, ZONE)[0] == form for period, form in FORMS.items())
