"""One SQLite database: connections, and the one thread that writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from prober.errors import StoreBroken
from prober.store.broken import told

T = TypeVar("T")


class Database:
    """
    Reads on any thread; writes on one thread, each in a transaction of its own that is committed when `write` returns.

    WAL, so that readers never wait for the writer. *durable* survives a power cut too (a flush to disk at each
    commit); without it a killed process loses nothing, a power cut the last moments.
    """

    def __init__(self, url: str, *, durable: bool, busy_timeout_s: float) -> None:
        self.path = path_of(url)
        settings = {"synchronous": "FULL" if durable else "NORMAL", "foreign_keys": "ON"}
        self._writing = _engine(url, busy_timeout_s, begin="BEGIN IMMEDIATE", settings=settings)
        event.listen(self._writing, "connect", partial(_use_wal, busy_timeout_s))
        self._reading = _engine(url, busy_timeout_s, begin="BEGIN", settings={"query_only": "ON"})
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Queue *work* for the writer thread; its future is done when it is committed."""
        return self._thread.submit(self._commit, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* in one transaction and return when it is committed. A cancelled caller does not undo it.

        Raises:
            StoreBroken: It could not be kept; nothing of it was.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(work)))

    def read(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* on a snapshot of the database. It blocks: from an event loop, call it through a thread.

        Raises:
            StoreBroken: The database cannot be read.
        """
        with told(str(self.path)), self._reading.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Safe to call twice."""
        self._thread.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()

    def _commit(self, work: Callable[[Connection], T]) -> T:
        with told(str(self.path)), self._writing.begin() as connection:
            return work(connection)


def path_of(url: str) -> Path:
    """
    Return the file that *url* names.

    Raises:
        StoreBroken: It names none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    file = parsed.database if parsed and parsed.get_backend_name() == "sqlite" else None
    if not file or file.startswith(("file:", ":memory:")):
        raise StoreBroken(
            f"store.url is {url!r}, which names no database that results can be kept in",
            cure="Write sqlite:///FILE, as in sqlite:///results_db/prober.sqlite.",
        )
    return Path(file)


def _engine(url: str, busy_timeout_s: float, *, begin: str, settings: dict[str, str]) -> Engine:
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
