"""Days, weeks and months of a time zone as spans of time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prober.model.service import Period
from prober.model.span import Span

_FORMS = {
    Period.DAY: re.compile(r"\d{4}-\d{2}-\d{2}"),
    Period.WEEK: re.compile(r"(\d{4})-?W(\d{1,2})"),
    Period.MONTH: re.compile(r"\d{4}-\d{2}"),
}
FORMS = {Period.DAY: "2026-11-23", Period.WEEK: "2026-W47", Period.MONTH: "2026-11"}


def span_of(period: Period, text: str, now: datetime, zone: ZoneInfo) -> tuple[str, Span]:
    """
    Return what the day, week or month that *text* says is called, and its span; "" is the last one that is over.

    What is not over ends *now*. Days are those of *zone*, and weeks begin on Monday (ISO 8601).

    Raises:
        ValueError: *text* says none, or one that is yet to come.
    """
    today = now.astimezone(zone).date()
    first = _first(period, text.strip().upper()) if text.strip() else _before(period, today)
    if first > today:
        raise ValueError(text)
    since, until = _midnight(first, zone), _midnight(_next(period, first), zone)
    return _label(period, first), (since, min(until, now))


def _first(period: Period, text: str) -> date:
    found = _FORMS[period].fullmatch(text)
    if found is None:
        raise ValueError(text)
    if period is Period.WEEK:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    return date.fromisoformat(text if period is Period.DAY else f"{text}-01")


def _before(period: Period, today: date) -> date:
    """Return the first day of the last period that was over before *today*."""
    if period is Period.DAY:
        return today - timedelta(days=1)
    if period is Period.WEEK:
        return today - timedelta(days=today.weekday() + 7)
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _next(period: Period, first: date) -> date:
    if period is Period.MONTH:
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=1 if period is Period.DAY else 7)


def _label(period: Period, first: date) -> str:
    if period is Period.WEEK:
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first:%Y-%m-%d}" if period is Period.DAY else f"{first:%Y-%m}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
