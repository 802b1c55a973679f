"""How each kind of database is connected to, and how its transactions begin."""

from __future__ import annotations

import time
from functools import partial
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from prober.store.place import Place

APPLICATION = "prober"
"""What the robot's connections are called at a server."""
WRITERS_LOCK = 7_068_298_210_001
"""The advisory lock whoever writes holds for the length of a transaction; any number that others do not use."""


def engines(place: Place, *, durable: bool, busy_timeout_s: float) -> tuple[Engine, Engine]:
    """
    Return what writes to *place*, and what reads it.

    A transaction of the first has the database to itself from its beginning on, as far as writing goes. One of the
    second sees the database as it was when it began.
    """
    if place.file is None:
        return _postgres(place.url, durable=durable, busy_timeout_s=busy_timeout_s)
    settings = {"synchronous": "FULL" if durable else "NORMAL", "foreign_keys": "ON"}
    writing = _sqlite(place.url, busy_timeout_s, begin="BEGIN IMMEDIATE", settings=settings)
    event.listen(writing, "connect", partial(_use_wal, busy_timeout_s))
    return writing, _sqlite(place.url, busy_timeout_s, begin="BEGIN", settings={"query_only": "ON"})


def _sqlite(url: URL, busy_timeout_s: float, *, begin: str, settings: dict[str, str]) -> Engine:
    engine = create_engine(url, connect_args={"timeout": busy_timeout_s, "check_same_thread": False})
    return begun_by(engine, begin, settings)


def begun_by(engine: Engine, begin: str, settings: dict[str, str]) -> Engine:
    """Let *engine* begin its transactions with *begin*, and its connections with *settings*; return it."""

    @event.listens_for(engine, "connect")
    def connected(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
        # Python's driver would begin transactions by itself, late and deferred; `begun` does it instead.
        connection.isolation_level = None
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> Any:
        connection.exec_driver_sql(begin)

    return engine


def _use_wal(busy_timeout_s: float, connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    """Change to WAL. Where two programs do it at once, one is refused in spite of its busy timeout (1 of 480 here)."""
    give_up_s = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except OperationalError as exc:
            if exc.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > give_up_s:
                raise
            time.sleep(0.01)
        else:
            return


def _postgres(url: URL, *, durable: bool, busy_timeout_s: float) -> tuple[Engine, Engine]:
    # Without a flush at each commit a killed robot still loses nothing: the server has what was committed.
    committed = "on" if durable else "off"
    wait_ms = max(1, int(busy_timeout_s * 1000))
    options = f"-c lock_timeout={wait_ms} -c synchronous_commit={committed} -c TimeZone=UTC"
    connecting = {
        "application_name": APPLICATION,
        "connect_timeout": max(2, round(busy_timeout_s)),
        "options": options,
        **_ALIVE,
    }
    # pre_ping: connections that a restarted server has forgotten are made anew.
    writing = create_engine(url, connect_args=connecting, pool_pre_ping=True, pool_size=1, max_overflow=0)

    @event.listens_for(writing, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")

    reading = create_engine(
        url,
        connect_args=connecting,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )

    @event.listens_for(reading, "connect")
    def connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.execute(_READ_AHEAD)
        connection.commit()

    return writing, reading


_READ_AHEAD = """
DO $$ BEGIN SET effective_io_concurrency = 64; EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$
"""
"""Pages of one question lie all over a table: fetched at once, where the server's machine can."""


_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A server that vanished without a word is noticed within half a minute."""
