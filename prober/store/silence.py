"""
Which processes that hold rows live no more.

Those of another machine, or of another container, cannot be seen from here. Whoever looks at what they hold notes for
how long they were silent, in a row that a living one takes out again. It is kept in the store, for who looks may not
stay: it may be a command of a second. Of those that are seen it is noted while they wait for a line: one that is
stopped, or hangs, would have it kept free for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from prober.model.order import OrderState
from prober.store.process import Process, this_process
from prober.store.tables import LEASE_REQUESTS, LEASES, ORDERS, RUNS, SILENCES

SILENT_S = 60.0
"""A process that cannot be seen, and was silent for so long, is gone; one that is seen waits for nothing any more."""
_LOOKS_S = 15.0
"""Who looks less often than that does not know what it missed, nor whether anybody could have said anything."""
_AGAIN_S = 1.0
"""Looks that follow each other faster are not noted."""


def gone(connection: Connection) -> set[Process]:
    """
    Return the processes that hold rows and live no more.

    One that would be seen from here is gone when it is not; another when it was silent for `SILENT_S`. Each look adds
    what passed since the last of anybody, by the one clock of the database, and never more than `_LOOKS_S`: neither
    hosts whose clocks disagree, nor a clock that is set, nor a time in which nobody could reach the database makes a
    living process a dead one.
    """
    found = connection.execute(_OTHERS, _own()).all()
    owners, waiting = {Process(*row[:-1]) for row in found}, {Process(*row[:-1]) for row in found if row.waits}
    one_machine = connection.dialect.name == "sqlite"
    ended = {owner for owner in owners if owner.has_ended(one_machine=one_machine)}
    far = {owner for owner in owners - ended if not owner.is_near}
    looked_at = far | (waiting - ended)
    return ended | (_silent(connection, looked_at) & far) if looked_at else ended


def is_silent(table: Table) -> ColumnElement[bool]:
    """What of *table* is a process's that was silent for `SILENT_S`, as far as was noted."""
    its = (column == table.c[column.name] for column in _owner(SILENCES))
    return exists().where(*its, SILENCES.c.silent_s >= SILENT_S)


def speak(connection: Connection) -> None:
    """Say that this process lives: when it first holds something, and then more often than every `SILENT_S`."""
    connection.execute(_SPEAK, _own())


def held_by(owner: Process, table: Table) -> ColumnElement[bool]:
    """What of *table* is *owner*'s."""
    return and_(*(table.c[name] == value for name, value in owner.columns().items()))


def _silent(connection: Connection, looked_at: set[Process]) -> set[Process]:
    now = _now(connection)
    known = {Process(row.host, row.pid, row.process_start): row for row in connection.execute(select(SILENCES))}
    for owner in known.keys() - looked_at:
        connection.execute(delete(SILENCES).where(held_by(owner, SILENCES)))
    return {owner for owner in looked_at if _silent_s(connection, owner, known.get(owner), now) >= SILENT_S}


def _silent_s(connection: Connection, owner: Process, known: Row[tuple[object, ...]] | None, now: datetime) -> float:
    """Return for how long *owner* was silent, and note it."""
    if known is None:
        connection.execute(insert(SILENCES).values(silent_s=0.0, looked_at=now, **owner.columns()))
        return 0.0
    passed_s = (now - known.looked_at).total_seconds()
    silent_s: float = known.silent_s + min(max(passed_s, 0.0), _LOOKS_S)
    if not 0 <= passed_s < _AGAIN_S:
        noted = update(SILENCES).where(held_by(owner, SILENCES))
        connection.execute(noted.values(silent_s=silent_s, looked_at=now))
    return silent_s


def _now(connection: Connection) -> datetime:
    """Return the time by a clock that all who look share: of the server, or of the machine that has the file."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.scalars(select(func.clock_timestamp())).one()
    return now


def _own() -> dict[str, str | int]:
    return {f"my_{name}": value for name, value in this_process().columns().items()}


def _owner(table: Table) -> list[Column[Any]]:
    return [table.c[name] for name in _OWNER]


def _others(table: Table, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Return who else holds something of *table*: a busy robot holds most itself, and knows that it lives."""
    another = or_(*(column != bindparam(f"my_{column.name}") for column in _owner(table)))
    waits = literal(table is LEASE_REQUESTS).label("waits")
    return select(*_owner(table), waits).where(another, *conditions)


_OWNER = ("host", "pid", "process_start")
_OTHERS = union_all(
    _others(RUNS, RUNS.c.ended_at.is_(None)),
    _others(ORDERS, ORDERS.c.state == str(OrderState.CLAIMED)),
    _others(LEASES),
    _others(LEASE_REQUESTS),
)
_SPEAK = delete(SILENCES).where(*(column == bindparam(f"my_{column.name}") for column in _owner(SILENCES)))
