"""Planned starts: claimed before they are made, so that nobody makes one twice; those that were missed, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, exists, func, select, update

from prober.model.probe import Missed, Start
from prober.store.database import Database
from prober.store.leadership import SCHEDULE
from prober.store.tables import LEADERS, STARTS
from prober.store.unless_there import insert_unless_there

_NEVER_BEGUN = "the robot ended after it had claimed this start, and before it had made it"
_LEADS = exists().where(LEADERS.c.name == SCHEDULE, LEADERS.c.term == bindparam("term"))
_MADE = (
    update(STARTS)
    .where(STARTS.c.probe == bindparam("of"), STARTS.c.planned_at == bindparam("at"))
    .values(run_id=bindparam("run"))
)
_BACK = timedelta(hours=1)
"""How far before the latest start one may lie that was claimed and not yet made."""


class Starts:
    """Keeps every planned start: one row each, but for several in a row that were missed for one reason."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_a_row: dict[str, Start] = {}

    async def claim(self, probe: str, planned_at: datetime, term: int) -> bool:
        """
        Claim the start of *probe* at *planned_at* for the leader of *term*: True for one caller, once and for all.

        False: it is claimed already, or another leads by now.
        """
        row = {"probe": probe, "planned_at": planned_at, "term": term}
        claimed = await self._database.write(
            lambda connection: insert_unless_there(connection, STARTS, row, only_if=_LEADS)
        )
        if claimed:
            self._in_a_row.pop(probe, None)
        return claimed

    async def made(self, probe: str, planned_at: datetime, run_id: str) -> None:
        """Note that the claimed start became the run *run_id*."""
        await self._database.put(_make, {"of": probe, "at": planned_at, "run": run_id})

    async def missed(self, start: Start) -> None:
        """Keep that *start* was missed. Several in a row with the same reason and detail are one row."""
        first = self._in_a_row.get(start.probe)
        if first and (first.missed, first.detail) == (start.missed, start.detail):
            await self._database.write(lambda connection: _count(connection, first, start.count))
            return
        await self._database.write(lambda connection: _miss(connection, start))
        self._in_a_row[start.probe] = start

    async def take_over(self, term: int) -> int:
        """Mark what earlier leaders claimed and never made, and return how many starts that were."""
        self._in_a_row.clear()
        return await self._database.write(lambda connection: _mark_never_begun(connection, term))

    def last(self) -> Mapping[str, Start]:
        """Return the last row of every probe. It blocks."""
        newest = select(STARTS.c.probe, func.max(STARTS.c.planned_at).label("at")).group_by(STARTS.c.probe).subquery()
        both = (STARTS.c.probe == newest.c.probe) & (STARTS.c.planned_at == newest.c.at)
        return {start.probe: start for start in self._read(select(STARTS).join(newest, both))}

    def latest(self) -> Mapping[str, datetime]:
        """Return the instant of the last row of every probe. It blocks."""
        return {name: start.planned_at for name, start in self.last().items()}

    def missed_since(self, at: datetime) -> list[Start]:
        """Return what was missed from *at* on, in the order of its instants. It blocks."""
        wanted = select(STARTS).where(STARTS.c.missed.is_not(None), STARTS.c.planned_at >= at)
        ordered = wanted.order_by(STARTS.c.planned_at, STARTS.c.probe)
        return self._read(ordered)

    def _read(self, wanted: Select[Any]) -> list[Start]:
        rows = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [_start(row) for row in rows]


def _make(connection: Connection, made: Sequence[Mapping[str, object]]) -> None:
    connection.execute(_MADE, list(made))


def _miss(connection: Connection, start: Start) -> None:
    """Write a missed start over its claim, if it was claimed. One that was made stays made."""
    row = {"missed": _word(start), "detail": start.detail, "count": start.count}
    mine = update(STARTS).where(*_key(start.probe, start.planned_at))
    if connection.execute(mine.where(STARTS.c.run_id.is_(None)).values(row)).rowcount:
        return
    term = connection.scalar(select(LEADERS.c.term).where(LEADERS.c.name == SCHEDULE)) or 0
    key = {"probe": start.probe, "planned_at": start.planned_at, "term": term}
    if not insert_unless_there(connection, STARTS, key | row) and start.count > 1:
        # The first of them was made after all; the others were not.
        _miss(connection, replace(start, planned_at=start.planned_at + timedelta(microseconds=1)))


def _count(connection: Connection, first: Start, more: int) -> None:
    counted = update(STARTS).where(*_key(first.probe, first.planned_at))
    connection.execute(counted.values(count=STARTS.c.count + more))


def _mark_never_begun(connection: Connection, term: int) -> int:
    newest = connection.scalar(select(func.max(STARTS.c.planned_at)))
    if newest is None:
        return 0
    open_ = (STARTS.c.planned_at > newest - _BACK, STARTS.c.run_id.is_(None), STARTS.c.missed.is_(None))
    marked = update(STARTS).where(*open_, STARTS.c.term < term)
    return connection.execute(marked.values(missed=Missed.DOWN.name.lower(), detail=_NEVER_BEGUN)).rowcount


def _key(probe: str, planned_at: datetime) -> list[ColumnElement[bool]]:
    return [STARTS.c.probe == probe, STARTS.c.planned_at == planned_at]


def _word(start: Start) -> str | None:
    return start.missed.name.lower() if start.missed else None


def _start(row: RowMapping) -> Start:
    missed = Missed[row["missed"].upper()] if row["missed"] else None
    return Start(row["probe"], row["planned_at"], row["run_id"], missed, row["detail"], row["count"])
