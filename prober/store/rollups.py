"""Figures over any window, from the runs themselves and from what was counted of them by the hour and day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from prober.model.figures import Figures
from prober.store import stale
from prober.store.counting import DIMENSIONS, Count, Series, Wanted, any_of, counted, grouped
from prober.store.database import Database
from prober.store.spans import DAY, HOUR, LENGTH, Kept, begun, pieces
from prober.store.tables import ROLLED, ROLLUPS, RUNS, SERIES, STALE

_Key = TypeVar("_Key", bound=Hashable)
_OF_SERIES = tuple(SERIES.c[name] for name in DIMENSIONS)
_AT_ONCE = 500
"""Series that are asked for by one statement: databases limit the number of its parameters."""


class Rollups:
    """Counts what was measured once an hour, so that the figures of a year are as quick as those of a day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._series: dict[Series, int] = {}

    def figures(
        self, since: datetime, until: datetime, *, by: Sequence[str] = (), **wanted: str | Sequence[str]
    ) -> dict[tuple[str, ...], Figures]:
        """
        Return the figures of the runs that began from *since* to *until*, by the values of the dimensions *by*.

        *wanted* narrows them, to one value or some: scenario, item, phase, line, step, channel, verb. Without a step,
        channel or verb in *by* or *wanted* they are of whole runs; else of steps. Nothing is averaged that was averaged
        before.

        It blocks. Raises:
            StoreBroken: The database cannot be read.
        """
        of_steps = {"step", "channel", "verb"} & {*by, *wanted}
        narrowed = wanted if of_steps else {**wanted, "step": ""}
        found = self._database.read(lambda connection: _found(connection, since, until, narrowed))
        if of_steps:
            found = [(series, count) for series, count in found if series[4]]
        return {of: _together(counts).figures() for of, counts in sorted(grouped(found, by).items())}

    def timeline(
        self, since: datetime, until: datetime, by: Callable[[datetime], _Key], **wanted: str | Sequence[str]
    ) -> dict[_Key, Figures]:
        """
        Return the figures of the runs that began from *since* to *until*, by what *by* makes of their hours.

        *by* is given the beginning of an hour of UTC. Else as `figures`.
        """
        narrowed = wanted if {"step", "channel", "verb"} & {*wanted} else {**wanted, "step": ""}
        groups: dict[_Key, list[Count]] = {}
        for at, count in self._database.read(lambda connection: _by_hour(connection, since, until, narrowed)):
            groups.setdefault(by(at), []).append(count)
        return {key: _together(counts).figures() for key, counts in groups.items()}

    async def roll(self, now: datetime) -> int:
        """
        Count every hour and day that is over by *now* and not counted, or not counted right, and return how many.

        It is taken up where it was broken off, and may be done by several at once: who comes second changes nothing.
        """
        await self._database.write(lambda connection: _advance(connection, HOUR, begun(HOUR, now)))
        done = await self._count_stale(HOUR)
        await self._database.write(lambda connection: _advance(connection, DAY, begun(DAY, now)))
        return done + await self._count_stale(DAY)

    async def _count_stale(self, span: str) -> int:
        wanted = select(STALE.c.at).where(STALE.c.span == span).order_by(STALE.c.at)
        instants = await asyncio.to_thread(self._database.read, lambda connection: connection.scalars(wanted).all())
        for at in instants:
            await self._count_anew(span, at)
        return len(instants)

    async def _count_anew(self, span: str, at: datetime) -> None:
        marks, found = await asyncio.to_thread(self._database.read, lambda connection: _counted(connection, span, at))
        rows = {series: count.columns() for series, count in found.items()}

        def replace(connection: Connection) -> dict[Series, int]:
            known = _known_series(connection, self._series, rows)
            connection.execute(delete(ROLLUPS).where(ROLLUPS.c.span == span, ROLLUPS.c.at == at))
            if rows:
                values = [row | {"series": known[series], "span": span, "at": at} for series, row in rows.items()]
                connection.execute(insert(ROLLUPS), values)
            connection.execute(delete(STALE).where(STALE.c.span == span, STALE.c.at == at, STALE.c.marks == marks))
            if span == HOUR:
                counted_days = connection.scalar(select(ROLLED.c.until_at).where(ROLLED.c.span == DAY))
                if counted_days and at < counted_days:
                    stale.mark(connection, DAY, [begun(DAY, at)])
            return known

        self._series = await self._database.write(replace)


def kept(connection: Connection) -> Kept:
    """Return what figures there are."""
    rolled = connection.execute(select(ROLLED)).all()
    marks = connection.execute(select(STALE.c.span, STALE.c.at)).all()
    return Kept(
        until={row.span: row.until_at for row in rolled},
        since={row.span: row.since_at for row in rolled if row.since_at},
        stale=frozenset((row.span, row.at) for row in marks),
    )


def _advance(connection: Connection, span: str, until: datetime) -> None:
    """Note that every hour, or day, that is over now is to be counted, if anything was played in it."""
    row = connection.execute(select(ROLLED).where(ROLLED.c.span == span)).one_or_none()
    source = RUNS.c.started_at if span == HOUR else ROLLUPS.c.at
    first = select(func.min(source)) if span == HOUR else select(func.min(source)).where(ROLLUPS.c.span == HOUR)
    at = connection.scalar(first.where(source >= row.until_at) if row else first)
    while at is not None and at < until:
        stale.mark(connection, span, [begun(span, at)])
        at = connection.scalar(first.where(source >= begun(span, at) + LENGTH[span]))
    if row is None:
        connection.execute(insert(ROLLED).values(span=span, until_at=until))
    elif row.until_at < until:
        connection.execute(update(ROLLED).where(ROLLED.c.span == span).values(until_at=until))


def _counted(connection: Connection, span: str, at: datetime) -> tuple[int, dict[Series, Count]]:
    """Return how often *at* was marked, and what it comes to, both of one moment."""
    marks = connection.scalar(select(STALE.c.marks).where(STALE.c.span == span, STALE.c.at == at)) or 0
    if span == HOUR:
        return marks, counted(connection, at, at + LENGTH[HOUR], {})
    hours = [ROLLUPS.c.span == HOUR, ROLLUPS.c.at >= at, ROLLUPS.c.at < at + LENGTH[DAY]]
    found: dict[Series, Count] = {}
    _add_rows(connection, hours, found, {})
    return marks, found


def _found(connection: Connection, since: datetime, until: datetime, wanted: Wanted) -> list[tuple[Series, Count]]:
    parts = pieces(since, until, kept(connection))
    found: dict[Series, Count] = {}
    first, last = parts.days
    if first < last:
        days = [ROLLUPS.c.span == DAY, ROLLUPS.c.at >= first, ROLLUPS.c.at < last]
        _add_rows(connection, [*days, ROLLUPS.c.at.not_in(parts.but)] if parts.but else days, found, wanted)
    if parts.hours:
        _add_rows(connection, [ROLLUPS.c.span == HOUR, ROLLUPS.c.at.in_(parts.hours)], found, wanted)
    raw = [counted(connection, begin, end, wanted) for begin, end in parts.raw]
    return [*found.items(), *(one for part in raw for one in part.items())]


def _by_hour(connection: Connection, since: datetime, until: datetime, wanted: Wanted) -> list[tuple[datetime, Count]]:
    """Return what each hour comes to, those that were not counted yet out of their runs."""
    known, first = kept(connection), begun(HOUR, since)
    rolled_until = min(until, known.until.get(HOUR, first))
    again = {at for span, at in known.stale if span == HOUR}
    asked = select(SERIES.c.id).where(*(SERIES.c[name].in_(any_of(value)) for name, value in wanted.items()))
    of_hours = (ROLLUPS.c.span == HOUR, ROLLUPS.c.at >= first, ROLLUPS.c.at < rolled_until)
    counts: dict[datetime, Count] = {}
    for row in connection.execute(select(ROLLUPS).where(ROLLUPS.c.series.in_(asked), *of_hours)):
        if row.at not in again:
            counts.setdefault(row.at, Count()).add_row(row)
    left = select(RUNS.c.started_at).where(RUNS.c.started_at >= first, RUNS.c.started_at < until)
    played = {begun(HOUR, at) for at in connection.scalars(left.where(RUNS.c.started_at >= rolled_until))}
    for at in sorted(played | {one for one in again if first <= one < until}):
        found = counted(connection, at, min(at + LENGTH[HOUR], until), wanted)
        if found:
            counts[at] = _together(list(found.values()))
    return sorted(counts.items())


def _add_rows(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    found: dict[Series, Count],
    wanted: Wanted,
) -> None:
    """Add what rows of the *wanted* series have counted to what was *found*."""
    asked = select(SERIES.c.id, *_OF_SERIES).where(
        *(SERIES.c[name].in_(any_of(value)) for name, value in wanted.items())
    )
    named = {row[0]: tuple(row[1:]) for row in connection.execute(asked)}
    # Asked for by their ids: joined, SQLite reads all series of the time, and keeps few of them.
    ids = list(named)
    for start in range(0, len(ids), _AT_ONCE):
        rows = select(ROLLUPS).where(ROLLUPS.c.series.in_(ids[start : start + _AT_ONCE]), *conditions)
        for row in connection.execute(rows):
            found.setdefault(named[row.series], Count()).add_row(row)


def _together(counts: Sequence[Count]) -> Count:
    if len(counts) == 1:
        return counts[0]
    whole = Count()
    for count in counts:
        whole.add_count(count)
    return whole


def _known_series(
    connection: Connection, known: Mapping[Series, int], wanted: Mapping[Series, object]
) -> dict[Series, int]:
    """Return *known* with the ids of all that are *wanted*, new ones among them."""
    if wanted.keys() <= known.keys():
        return dict(known)
    every = {tuple(row[1:]): row[0] for row in connection.execute(select(SERIES.c.id, *_OF_SERIES))}
    for series in wanted.keys() - every.keys():
        values = dict(zip(DIMENSIONS, series, strict=True))
        made = connection.execute(insert(SERIES).values(values)).inserted_primary_key
        every[series] = int(made[0]) if made else 0
    return every
