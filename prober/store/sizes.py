"""What the store weighs: by table, by kind of evidence and its age, and how fast it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text

from prober.store.database import Database
from prober.store.migrations import revision_of
from prober.store.tables import EVIDENCE, METADATA, RUNS

AGES_D = (1, 7, 30, 90, 365)
_GROWTH = timedelta(days=7)
_SQLITE = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_master s ON s.name = d.name GROUP BY 1"
_POSTGRES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"""


@dataclass(frozen=True)
class Table:
    """Rows of a table, and its bytes with those of its indexes."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Sizes:
    """
    What is kept.

    *evidence* is by kind: files and bytes. *ages* is the evidence by age: those of at most so many days (None: older)
    with files and bytes. *a_day* is what the last seven days brought in, per day: runs, files, bytes of evidence.
    """

    revision: str
    bytes: int
    tables: Sequence[Table]
    evidence: Mapping[str, tuple[int, int]]
    ages: Mapping[int | None, tuple[int, int]]
    oldest: datetime | None
    newest: datetime | None
    a_day: tuple[float, float, float]


def sizes(database: Database, now: datetime) -> Sizes:
    """
    Weigh everything. It reads the whole database, and changes nothing.

    Raises:
        StoreBroken: It cannot be read.
    """
    return database.read(lambda connection: _sizes(connection, now))


def _sizes(connection: Connection, now: datetime) -> Sizes:
    of_file = connection.dialect.name == "sqlite"
    by_table = {str(name): int(size) for name, size in connection.execute(text(_SQLITE if of_file else _POSTGRES))}
    tables = [
        Table(name, connection.scalar(select(func.count()).select_from(table)) or 0, by_table.get(name, 0))
        for name, table in METADATA.tables.items()
    ]
    whole = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    whole = whole if of_file else "SELECT pg_database_size(current_database())"
    oldest, newest = connection.execute(select(func.min(RUNS.c.started_at), func.max(RUNS.c.started_at))).one()
    weight = (func.count(EVIDENCE.c.path.distinct()), func.coalesce(func.sum(EVIDENCE.c.bytes), 0))
    kinds = connection.execute(select(EVIDENCE.c.kind, *weight).group_by(EVIDENCE.c.kind).order_by(EVIDENCE.c.kind))
    evidence = {str(kind): (int(files), int(size)) for kind, files, size in kinds}
    ages = {}
    until = now + timedelta(days=1)
    for age_d in (*AGES_D, None):
        since = now - timedelta(days=age_d) if age_d else None
        ages[age_d] = _between(connection, since, until)
        until = since or until
    week = RUNS.c.started_at >= now - _GROWTH
    runs = connection.scalar(select(func.count()).select_from(RUNS).where(week)) or 0
    files, size = _between(connection, now - _GROWTH, now + timedelta(days=1))
    return Sizes(
        revision=revision_of(connection) or "",
        bytes=int(connection.scalar(text(whole)) or 0),
        tables=sorted(tables, key=lambda table: -table.bytes),
        evidence=evidence,
        ages=ages,
        oldest=oldest,
        newest=newest,
        a_day=(runs / _GROWTH.days, files / _GROWTH.days, size / _GROWTH.days),
    )


def _between(connection: Connection, since: datetime | None, until: datetime) -> tuple[int, int]:
    weight = select(func.count(EVIDENCE.c.path.distinct()), func.coalesce(func.sum(EVIDENCE.c.bytes), 0))
    of_runs = weight.join(RUNS, RUNS.c.id == EVIDENCE.c.run_id).where(RUNS.c.started_at < until)
    files, size = connection.execute(of_runs if since is None else of_runs.where(RUNS.c.started_at >= since)).one()
    return int(files), int(size)
