"""A database that can only be read, as a copy in memory: there it takes the marks and tables of this version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from prober.store.broken import told
from prober.store.database import Database
from prober.store.engines import begun_by, engines
from prober.store.place import place_of


def snapshot(url: str, *, busy_timeout_s: float) -> Database:
    """
    Return what the database at *url* holds now. Nothing is written where it lies.

    Of a server's database that is not a copy, but what may be read of it: its tables must be of this version.

    Raises:
        StoreBroken: It cannot be read.
    """
    place = place_of(url)
    if place.file is None:
        _, reading = engines(place, durable=False, busy_timeout_s=busy_timeout_s)
        return Database(place, writing=reading, reading=reading, busy_timeout_s=busy_timeout_s)
    engine = copied(place.file, busy_timeout_s=busy_timeout_s)
    return Database(place, writing=engine, reading=engine, busy_timeout_s=busy_timeout_s)


def copied(file: Path, *, busy_timeout_s: float) -> Engine:
    """
    Return a copy in memory of the database in *file*.

    Raises:
        StoreBroken: It cannot be read.
    """
    with told(str(file)):
        copy = _copied(file, busy_timeout_s)
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    return begun_by(engine, "BEGIN", {"foreign_keys": "ON"})


def opened_to_read(file: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Return a connection to the database in *file* that reads it, also where nothing can be written beside it."""
    source = _opened("mode=ro", file, busy_timeout_s)
    try:
        _begin_reading(source)
    except sqlite3.OperationalError as exc:
        source.close()
        # Even to read a database in WAL mode SQLite makes files beside it. Where it cannot, and nobody's writing waits
        # in such a file, the database is as it was closed.
        log = file.with_name(f"{file.name}-wal")
        if exc.sqlite_errorcode == sqlite3.SQLITE_BUSY or (log.exists() and log.stat().st_size):
            raise
        source = _opened("immutable=1", file, busy_timeout_s)
        _begin_reading(source)
    source.execute("COMMIT")
    return source


def _copied(file: Path, busy_timeout_s: float) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        with closing(opened_to_read(file, busy_timeout_s)) as source:
            # A backup waits for ever, and in C, where readers are locked out; reading waits as long as it is told to.
            _begin_reading(source)
            source.backup(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def _opened(mode: str, file: Path, busy_timeout_s: float) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None)


def _begin_reading(source: sqlite3.Connection) -> None:
    source.execute("BEGIN")
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
