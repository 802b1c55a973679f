"""One database: connections, and the one thread that writes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from prober.store.broken import is_gone, told
from prober.store.engines import engines
from prober.store.place import Place, place_of

T = TypeVar("T")
Together = Callable[[Connection, Sequence[T]], None]
"""Writes several things of one kind at once."""

_AT_ONCE = 256
"""The most that is committed together: enough for any rush, and soon over for who waits."""


class Database:
    """
    Reads on any thread; writes on one thread, each in a transaction that is committed when `write` returns.

    What waits to be written when the thread comes free is committed together: a commit costs the same for one and for
    many. Readers never wait for the writer. *durable* survives a power cut too (a flush to disk at each commit);
    without it a killed process loses nothing, a power cut the last moments.
    """

    def __init__(self, place: Place, *, writing: Engine, reading: Engine, busy_timeout_s: float) -> None:
        self.place = place
        self._busy_timeout_s = busy_timeout_s
        self._writing, self._reading = writing, reading
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._awake = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")

    @classmethod
    def at(cls, url: str, *, durable: bool, busy_timeout_s: float) -> Database:
        """
        Return the database at *url*, not yet connected to.

        Raises:
            StoreBroken: It names none.
        """
        place = place_of(url)
        writing, reading = engines(place, durable=durable, busy_timeout_s=busy_timeout_s)
        return cls(place, writing=writing, reading=reading, busy_timeout_s=busy_timeout_s)

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """
        Queue *work* for the writer thread; its future is done when it is committed.

        It may be called again, after all it did was undone: where what it was to be committed with failed.
        """
        done: Future[T] = Future()
        self._queue(_Waiting(work, done))
        return done

    async def write(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* in one transaction and return when it is committed. A cancelled caller does not undo it.

        Raises:
            StoreBroken: It could not be kept; nothing of it was.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue(_Waiting(work, done))
        return await done

    async def put(self, together: Together[T], thing: T) -> None:
        """
        Write *thing* as `write` does; things that wait side by side for the same *together* are given to it at once.

        Raises:
            StoreBroken: It could not be kept; nothing of it was.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue(_Waiting(partial(_alone, together, thing), done, together, thing))
        await done

    def read(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* on a snapshot of the database. It blocks: from an event loop, call it through a thread.

        Raises:
            StoreBroken: The database cannot be read.
        """
        with told(str(self.place)), self._reading.connect() as connection:
            return work(connection)

    @property
    def waiting(self) -> int:
        """How many writes wait for the thread."""
        return len(self._waiting)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Safe to call twice."""
        self._thread.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()

    def _queue(self, waiting: _Waiting) -> None:
        with self._lock:
            if not self._awake:
                self._thread.submit(self._commit_waiting)
            self._awake = True
            self._waiting.append(waiting)

    def _taken(self) -> list[_Waiting]:
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            self._awake = bool(taken)
        return taken

    def _commit_waiting(self) -> None:
        """Commit what waits, until nothing does."""
        while taken := self._taken():
            if not self._commit(taken):
                for one in taken:
                    self._commit([one])

    def _commit(self, taken: Sequence[_Waiting]) -> bool:
        """Do what was *taken* in one transaction. False: nothing of it was done, for one of several is at fault."""
        try:
            with told(str(self.place)):
                results = self._within_patience(lambda connection: _done(connection, taken))
        except BaseException as exc:  # noqa: BLE001 - whoever waits for it is to have it
            if len(taken) > 1 and not isinstance(exc.__cause__, OperationalError):
                return False
            _tell([(one.done, None, exc) for one in taken])
        else:
            _tell([(one.done, result, None) for one, result in zip(taken, results, strict=True)])
        return True

    def _within_patience(self, work: Callable[[Connection], T]) -> T:
        """Do *work* in a transaction; wait for a server that is starting anew as long as for a lock."""
        give_up_s = time.monotonic() + self._busy_timeout_s
        while True:
            committing = False
            try:
                with self._writing.begin() as connection:
                    result = work(connection)
                    committing = True
            except DBAPIError as exc:
                # Of a commit that broke off nobody knows whether it was made.
                if committing or not is_gone(exc) or time.monotonic() > give_up_s:
                    raise
                time.sleep(_LOOK_S)
            else:
                return result


_LOOK_S = 0.2
_Done = Future[Any] | asyncio.Future[Any]
_End = tuple[_Done, Any, BaseException | None]


@dataclass(frozen=True, eq=False)
class _Waiting:
    """Something to be written. Where there is a *together*, *thing* may be given to it beside others."""

    work: Callable[[Connection], Any]
    done: _Done
    together: Together[Any] | None = None
    thing: Any = None


def _tell(ends: Sequence[_End]) -> None:
    """Tell everybody how it ended; each event loop is woken once."""
    loops: defaultdict[asyncio.AbstractEventLoop, list[_End]] = defaultdict(list)
    for end in ends:
        done = end[0]
        if isinstance(done, Future):
            _settle([end])
        else:
            loops[done.get_loop()].append(end)
    for loop, of_loop in loops.items():
        with contextlib.suppress(RuntimeError):  # it was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(_settle, of_loop)


def _settle(ends: Sequence[_End]) -> None:
    for done, result, exc in ends:
        # Nobody may take back what is told just now.
        if not done.set_running_or_notify_cancel() if isinstance(done, Future) else done.cancelled():
            continue
        if exc is None:
            done.set_result(result)
        else:
            done.set_exception(exc)


def _alone(together: Together[T], thing: T, connection: Connection) -> None:
    together(connection, [thing])


def _done(connection: Connection, taken: Sequence[_Waiting]) -> list[Any]:
    results: list[Any] = []
    for together, group in groupby(taken, key=lambda one: one.together):
        ones = list(group)
        if together is not None:
            together(connection, [one.thing for one in ones])
            results += [None] * len(ones)
        else:
            results += [one.work(connection) for one in ones]
    return results
