"""Hours and days that figures are kept by, and which of them make up a window."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR, DAY, RUN = "hour", "day", "run"
LENGTH = {HOUR: timedelta(hours=1), DAY: timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def begun(span: str, at: datetime) -> datetime:
    """Return when the hour or day (of UTC) that holds *at* began."""
    return at - (at - _EPOCH) % LENGTH[span]


def next_begun(span: str, at: datetime) -> datetime:
    """Return when the first hour or day begins that does not begin before *at*."""
    return begun(span, at + LENGTH[span] - timedelta(microseconds=1))


@dataclass(frozen=True)
class Kept:
    """From when on, and up to when, each span has figures; the *stale* ones are not to be relied on."""

    until: dict[str, datetime]
    since: dict[str, datetime]
    stale: frozenset[tuple[str, datetime]]


@dataclass(frozen=True)
class Pieces:
    """What a window is made of: *raw* stretches of time, whole *hours*, and *days* between two instants *but* some."""

    raw: tuple[tuple[datetime, datetime], ...]
    hours: tuple[datetime, ...]
    days: tuple[datetime, datetime]
    but: frozenset[datetime]


def pieces(since: datetime, until: datetime, kept: Kept) -> Pieces:
    """
    Return what [*since*, *until*) is made of, the fewest of each.

    Where the runs themselves are gone already, the window is widened to the whole hour, or day, it begins in.
    """
    first = _widened(since, kept)
    hours_from = next_begun(HOUR, first)
    hours_to = min(begun(HOUR, until), kept.until.get(HOUR, since))
    if hours_from >= hours_to:
        return Pieces(((first, until),), (), (first, first), frozenset())
    stale = {at for span, at in kept.stale if span == HOUR}
    days_from = next_begun(DAY, hours_from)
    days_to = max(days_from, min(begun(DAY, hours_to), kept.until.get(DAY, since)))
    but = {at for span, at in kept.stale if span == DAY} | {begun(DAY, at) for at in stale}
    but = {at for at in but if days_from <= at < days_to}
    stretches = [(hours_from, min(days_from, hours_to)), (days_to, hours_to)]
    stretches += [(at, at + LENGTH[DAY]) for at in sorted(but)]
    hours = [at for begin, end in stretches for at in _each_hour(begin, end)]
    raw = [(first, hours_from), (hours_to, until), *((at, at + LENGTH[HOUR]) for at in hours if at in stale)]
    return Pieces(
        tuple((begin, end) for begin, end in raw if begin < end),
        tuple(at for at in hours if at not in stale),
        (days_from, days_to),
        frozenset(but),
    )


def _widened(since: datetime, kept: Kept) -> datetime:
    if since < kept.since.get(HOUR, since):
        return begun(DAY, since)
    if since < kept.since.get(RUN, since):
        return begun(HOUR, since)
    return since


def _each_hour(begin: datetime, end: datetime) -> Collection[datetime]:
    return [begin + number * LENGTH[HOUR] for number in range(max(0, (end - begin) // LENGTH[HOUR]))]
