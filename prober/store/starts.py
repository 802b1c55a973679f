"""Planned starts: claimed before they are made, so that nobody makes one twice; those that were missed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, case, exists, func, select, update

from prober.model.probe import Missed, Start
from prober.store.database import Database
from prober.store.leadership import SCHEDULE
from prober.store.tables import LEADERS, RUNS, STARTS
from prober.store.unless_there import insert_unless_there

_NEVER_BEGUN = "the robot ended after it had claimed this start, and before it had made it"
_LEADS = exists().where(LEADERS.c.name == SCHEDULE, LEADERS.c.term == bindparam("term"))
_MADE = (
    update(STARTS)
    .where(STARTS.c.probe == bindparam("of"), STARTS.c.planned_at == bindparam("at"))
    .values(run_id=bindparam("run"), missed=None, detail="")
)
_LAST = select(STARTS).where(STARTS.c.probe == bindparam("of")).order_by(STARTS.c.planned_at.desc()).limit(1)
_NEXT = timedelta(microseconds=1)
_BACK = timedelta(hours=1)
"""How far before the latest start one may lie that was claimed and not yet made, if no probe's grace is longer."""


class Starts:
    """Keeps every planned start: one row each, but for several in a row that were missed for one reason."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, probe: str, planned_at: datetime, term: int) -> bool:
        """
        Claim the start of *probe* at *planned_at* for the leader of *term*: True for one caller, once and for all.

        False: it is claimed already, or another leads by now.
        """
        row = {"probe": probe, "planned_at": planned_at, "term": term}
        return await self._database.write(
            lambda connection: insert_unless_there(connection, STARTS, row, only_if=_LEADS)
        )

    async def made(self, probe: str, planned_at: datetime, run_id: str) -> None:
        """Note that the claimed start became the run *run_id*."""
        await self._database.put(_make, {"of": probe, "at": planned_at, "run": run_id})

    async def missed(self, start: Start, term: int) -> bool:
        """
        Keep that *start* was missed by the leader of *term*, and return whether it was; several in a row with the same
        reason and detail are one row.

        What became of a start is not changed any more; nor does one who was deposed say what was missed: who follows
        accounts for all that has no row.
        """
        return await self._database.write(lambda connection: _keep(connection, start, term))

    async def take_over(self, term: int, grace_s: float = 0.0) -> int:
        """
        Mark what earlier leaders claimed and never made, and return how many starts that were: until now nobody led.

        What they made without having come to note it is noted for them.

        *grace_s* is the longest that a claimed start may wait for what it needs.
        """
        back = max(_BACK, timedelta(seconds=grace_s))
        return await self._database.write(lambda connection: _mark_never_begun(connection, term, back))

    def last(self, probes: Iterable[str]) -> Mapping[str, Start]:
        """Return the last row of each of *probes* that has one. It blocks, for a look into the index a probe."""

        def read(connection: Connection) -> list[Start]:
            return [start for probe in probes if (start := last_of(connection, probe))]

        return {start.probe: start for start in self._database.read(read)}

    def missed_since(self, at: datetime) -> list[Start]:
        """Return what was missed from *at* on, in the order of its instants. It blocks."""
        wanted = select(STARTS).where(STARTS.c.missed.is_not(None), STARTS.c.planned_at >= at)
        ordered = wanted.order_by(STARTS.c.planned_at, STARTS.c.probe)
        rows = self._database.read(lambda connection: connection.execute(ordered).mappings().all())
        return [start_of(row) for row in rows]


def _make(connection: Connection, made: Sequence[Mapping[str, object]]) -> None:
    connection.execute(_MADE, list(made))


def _is_next(start: Start, row: Start) -> bool:
    """Return whether *start* was missed right after *row*, for its reason."""
    return start.planned_at > row.planned_at and (row.missed, row.detail) == (start.missed, start.detail)


def _keep(connection: Connection, start: Start, term: int) -> bool:
    """Count *start* with those in a row before it, else write it; return whether it was missed."""
    last = last_of(connection, start.probe)
    in_a_row = last is not None and _is_next(start, last) and _count(connection, start, last, term)
    return in_a_row or _miss(connection, start, term)


def _miss(connection: Connection, start: Start, term: int) -> bool:
    """
    Write a missed start over its own claim, or where it was not claimed; return whether it was.

    Where something became of the first of several, it is the others.
    """
    row = {"missed": _word(start), "detail": start.detail, "count": start.count, "until_at": start.until_at}
    open_ = (STARTS.c.run_id.is_(None), STARTS.c.missed.is_(None), STARTS.c.term == term)
    claimed = update(STARTS).where(*_key(start), *open_)
    if connection.execute(claimed.values(row)).rowcount:
        return True
    key = {"probe": start.probe, "planned_at": start.planned_at, "term": term}
    if insert_unless_there(connection, STARTS, key | row, only_if=_LEADS):
        return True
    if start.count == 1 or connection.scalar(select(LEADERS.c.term).where(_leads(term))) is None:
        return False
    return _miss(connection, replace(start, planned_at=start.planned_at + _NEXT, count=start.count - 1), term)


def _count(connection: Connection, start: Start, row: Start, term: int) -> bool:
    """Count *start* on *row*, if that is of *term* too, whose leader still leads."""
    counted = update(STARTS).where(*_key(row), STARTS.c.term == term, exists().where(_leads(term)))
    # Of a commit that broke off nobody knows whether it was made, so it is told again.
    count = row.count + (start.count if start.told_until_at != row.until_at else 0)
    until_at = max(row.told_until_at, start.told_until_at)
    return connection.execute(counted.values(count=count, until_at=until_at)).rowcount == 1


def _mark_never_begun(connection: Connection, term: int, back: timedelta) -> int:
    newest = connection.scalar(select(func.max(STARTS.c.planned_at)))
    if newest is None:
        return 0
    now = datetime.now(UTC)
    # Where the clock was set back, rows lie in the future, and what was claimed last does not.
    since = min(newest, now) - back
    open_ = (
        STARTS.c.planned_at > since,
        STARTS.c.run_id.is_(None),
        STARTS.c.missed.is_(None),
        STARTS.c.term < term,
    )
    became = select(RUNS.c.id).where(
        RUNS.c.probe == STARTS.c.probe,
        RUNS.c.started_at > since,
        RUNS.c.planned_at == STARTS.c.planned_at,
        RUNS.c.attempt == 1,
    )
    its_run = became.correlate(STARTS)
    connection.execute(update(STARTS).where(*open_, its_run.exists()).values(run_id=its_run.limit(1).scalar_subquery()))
    marked = update(STARTS).where(*open_)
    until_at = case((STARTS.c.planned_at < now, now))
    gone = {"missed": Missed.DOWN.name.lower(), "detail": _NEVER_BEGUN, "until_at": until_at}
    return connection.execute(marked.values(gone)).rowcount


def _leads(term: int) -> ColumnElement[bool]:
    return (LEADERS.c.name == SCHEDULE) & (LEADERS.c.term == term)


def _key(start: Start) -> list[ColumnElement[bool]]:
    return [STARTS.c.probe == start.probe, STARTS.c.planned_at == start.planned_at]


def _word(start: Start) -> str | None:
    return start.missed.name.lower() if start.missed else None


def last_of(connection: Connection, probe: str) -> Start | None:
    """Return the last row of *probe*; None if there is none."""
    row = connection.execute(_LAST, {"of": probe}).mappings().first()
    return start_of(row) if row else None


def start_of(row: RowMapping) -> Start:
    """Return the start that *row* of the table tells of."""
    missed = Missed[row["missed"].upper()] if row["missed"] else None
    return Start(row["probe"], row["planned_at"], row["run_id"], missed, row["detail"], row["count"], row["until_at"])
