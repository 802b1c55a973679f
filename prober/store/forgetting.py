"""
Takes a customer's number out of all that was kept, and looks again whether anything is left.

1. What belongs to the customer goes whole: runs on that number, whatever their line has now, with steps, captures and
   evidence; runs whose rows speak of it; what the number owed and ordered; late replies; the line.
2. In what others need (incidents, alarms, results, figures, others' late replies) the number is blanked.
3. Files of evidence that speak of it go, be it that their run does not.
4. SQLite writes its file anew, so that nothing is left in pages that were given back.
5. Everything is searched again: rows, files, and SQLite's own file byte by byte.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeDecorator

from prober.errors import RobotBroken, StoreBroken
from prober.model.order import OrderState
from prober.store import spent_evidence
from prober.store.broken import told
from prober.store.database import Database
from prober.store.numbers import HASHED, Numbers
from prober.store.removal import remove_runs
from prober.store.tables import EVIDENCE, KEYS, LEASES, LINES, METADATA, ORDERS, ROLLED, RUNS, STALE, STEPS
from prober.store.traces_of import Traces, traces_of

BLANK = "•••"
_OF_RUNS = {RUNS, STEPS, EVIDENCE, METADATA.tables["timings"], METADATA.tables["captures"]}
_OPEN = (str(OrderState.CLAIMED), str(OrderState.STANDING))
_AT_ONCE = 200
Opened = Callable[[bytes], bytes]


@dataclass
class Forgotten:
    """What was done. *left* is where something is left, which should be nowhere; *unread*: why a file could not be."""

    runs: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)
    files: int = 0
    left: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether nothing spoke of the number."""
        return not (self.runs or self.rows or self.blanked or self.files)


class Forgetting:
    """Forgets numbers. What it searches for, it never writes down."""

    def __init__(self, database: Database, numbers: Numbers) -> None:
        self._database = database
        self._numbers = numbers

    async def forget(
        self, msisdn: str, evidence: Path, *, opened: Opened = bytes, told_of: Callable[[str], None] = lambda _: None
    ) -> Forgotten:
        """
        Forget *msisdn*, and return what was done; *opened* opens evidence that is encrypted.

        Raises:
            RobotBroken: A run is under way on its line, or an order may still stand on it: nothing was done.
        """
        done = Forgotten()
        traces = self._database.read(lambda connection: self._traces(connection, msisdn))
        self._database.read(lambda connection: _refuse(connection, traces))
        told_of("runs")
        run_ids = self._database.read(lambda connection: _runs_of(connection, traces))
        for start in range(0, len(run_ids), _AT_ONCE):
            some = run_ids[start : start + _AT_ONCE]
            done.files += self._database.read(lambda connection, some=some: _files_of(connection, some))  # type: ignore[misc]
            await spent_evidence.drop(self._database, evidence, some)
            await self._database.write(lambda connection, some=some: remove_runs(connection, some))  # type: ignore[misc]
        done.runs = len(run_ids)
        told_of("rows")
        await self._database.write(lambda connection: _clean_rows(connection, traces, done))
        told_of("evidence")
        await self._clean_evidence(traces, evidence, opened, done)
        told_of("what is left")
        self._write_anew()
        done.left = self._left(traces, evidence, opened)
        return done

    def _traces(self, connection: Connection, msisdn: str) -> Traces:
        plain = traces_of(msisdn, ())
        spellings = dict.fromkeys((msisdn, plain.number, f"86{plain.number}", f"+86{plain.number}"))
        marks = [self._numbers.kept(connection, one).partition("#")[2] for one in spellings]
        return traces_of(msisdn, marks)

    async def _clean_evidence(self, traces: Traces, folder: Path, opened: Opened, done: Forgotten) -> None:
        for path in _speaking(traces, folder, opened, done.unread):
            name = path.relative_to(folder).as_posix()
            gone = delete(EVIDENCE).where(EVIDENCE.c.path == name)
            await self._database.write(lambda connection, gone=gone: connection.execute(gone).close())  # type: ignore[misc]
            spent_evidence.remove(folder, [(path, True)])
            done.files += 1

    def _write_anew(self) -> None:
        file = self._database.place.file
        if file is None:
            return
        with told(str(file)), closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _left(self, traces: Traces, folder: Path, opened: Opened) -> list[str]:
        left = self._database.read(lambda connection: [place for place, _ in _hits(connection, traces)])
        left += [path.relative_to(folder).as_posix() for path in _speaking(traces, folder, opened, {})]
        file = self._database.place.file
        for path in (file, file.with_name(f"{file.name}-wal")) if file else ():
            if path.exists() and traces.in_database(path):
                left.append(path.name)
        return left


def _refuse(connection: Connection, traces: Traces) -> None:
    mine = or_(*(_holds(ORDERS.c.msisdn, mark) for mark in traces.marks))
    order = connection.execute(select(ORDERS.c.run_id).where(mine, ORDERS.c.state.in_(_OPEN))).scalar()
    if order:
        cure = f"Undo it, then ‘prober db orders settle {order}’; forget the number afterwards."
        raise RobotBroken(f"an order of run {order} may still stand on this number", cure=cure)
    lines = select(LINES.c.name).where(or_(*(_holds(LINES.c.msisdn, mark) for mark in traces.marks)))
    of_number = select(RUNS.c.id).where(or_(*(_holds(RUNS.c.msisdn, mark) for mark in traces.marks)))
    on_it = or_(LEASES.c.line.in_(lines), LEASES.c.run_id.in_(of_number))
    run_id = connection.execute(select(LEASES.c.run_id).where(on_it)).scalar()
    if run_id:
        raise RobotBroken(f"the run {run_id} is under way on this number", cure="Wait for its end, or stop the robot.")


def _runs_of(connection: Connection, traces: Traces) -> Sequence[str]:
    lines = select(LINES.c.name).where(or_(*(_holds(LINES.c.msisdn, mark) for mark in traces.marks)))
    # A line may have had another number when it was played on: the run itself knows, but for the oldest ones.
    found = set(connection.scalars(select(RUNS.c.id).where(RUNS.c.msisdn.is_(None), RUNS.c.line.in_(lines))))
    for table in _OF_RUNS:
        key = table.c.id if table is RUNS else table.c.run_id
        for column in _texts(table):
            found |= set(connection.scalars(select(key).where(_speaks(column, traces)).distinct()))
    return sorted(found)


def _files_of(connection: Connection, run_ids: Sequence[str]) -> int:
    wanted = select(func.count(EVIDENCE.c.path.distinct())).where(EVIDENCE.c.run_id.in_(run_ids))
    return connection.scalar(wanted) or 0


def _clean_rows(connection: Connection, traces: Traces, done: Forgotten) -> None:
    for table in HASHED:
        if gone := connection.execute(delete(table).where(_speaks(table.c.msisdn, traces))).rowcount:
            done.rows[table.name] = gone
    for table in METADATA.sorted_tables:
        if table in _OF_RUNS or table in (KEYS, ROLLED, STALE):
            continue
        for column in (one for one in _texts(table) if not _hashed(one)):
            if changed := _blank(connection, table, column, traces):
                done.blanked[f"{table.name}.{column.name}"] = changed


def _blank(connection: Connection, table: Table, column: Column[Any], traces: Traces) -> int:
    """Blank the number in a column; what is JSON stays so, for only letters within its texts are replaced."""
    changed = 0
    for form in _in_columns(traces):
        blanked = func.replace(cast(column, Text), form, BLANK)
        value = cast(blanked, column.type) if connection.dialect.name == "postgresql" else blanked
        changed += connection.execute(update(table).where(_holds(column, form)).values({column.name: value})).rowcount
    return changed


def _hits(connection: Connection, traces: Traces) -> Iterator[tuple[str, Any]]:
    for table in METADATA.sorted_tables:
        for column in _texts(table):
            if connection.execute(select(column).where(_speaks(column, traces)).limit(1)).first():
                yield f"{table.name}.{column.name}", column


def _texts(table: Table) -> list[Column[Any]]:
    """Return the columns of *table* that hold texts, those written as JSON among them."""
    return [
        column
        for column in table.columns
        if isinstance(column.type.impl if isinstance(column.type, TypeDecorator) else column.type, String | JSON)
    ]


def _speaks(column: Column[Any], traces: Traces) -> ColumnElement[bool]:
    """Return whether *column* holds the number; where it is hashed, one that is masked alike is another's."""
    return or_(*(_holds(column, form) for form in (traces.marks if _hashed(column) else _in_columns(traces))))


def _hashed(column: Column[Any]) -> bool:
    return column.name == "msisdn"


def _in_columns(traces: Traces) -> list[str]:
    escaped = [json.dumps(text)[1:-1] for text in traces.texts if not text.isascii()]
    return [*traces.spoken, *escaped]


def _holds(column: Column[Any], form: str) -> ColumnElement[bool]:
    """Return whether *column* holds *form*; LIKE would take some of its letters for others."""
    text = cast(column, Text)
    return func.replace(text, form, "") != text


def _speaking(traces: Traces, folder: Path, opened: Opened, unread: dict[str, str]) -> list[Path]:
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            content = opened(path.read_bytes())
        except (OSError, RobotBroken) as exc:
            if isinstance(exc, StoreBroken):
                raise
            why = exc.what if isinstance(exc, RobotBroken) else exc.strerror
            unread[path.relative_to(folder).as_posix()] = why or "it cannot be read"
            continue
        if traces.within(path.name.encode()) or traces.within(content):
            found.append(path)
    return found
