"""One database: connections, and the one thread that writes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
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
        return self._queued(_Waiting(work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* in one transaction and return when it is committed. A cancelled caller does not undo it.

        Raises:
            StoreBroken: It could not be kept; nothing of it was.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(work)))

    async def put(self, together: Together[T], thing: T) -> None:
        """
        Write *thing* as `write` does; things that wait side by side for the same *together* are given to it at once.

        Raises:
            StoreBroken: It could not be kept; nothing of it was.
        """
        waiting = _Waiting(partial(_alone, together, thing), together, thing)
        await asyncio.shield(asyncio.wrap_future(self._queued(waiting)))

    def read(self, work: Callable[[Connection], T]) -> T:
        """
        Do *work* on a snapshot of the database. It blocks: from an event loop, call it through a thread.

        Raises:
            StoreBroken: The database cannot be read.
        """
        with told(str(self.place)), self._reading.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Safe to call twice."""
        self._thread.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()

    def _queued(self, waiting: _Waiting) -> Future[Any]:
        self._waiting.append(waiting)
        self._thread.submit(self._commit_waiting)
        return waiting.future

    def _commit_waiting(self) -> None:
        """Commit what waits. Each that was queued calls this; the first takes the others' work along."""
        taken: list[_Waiting] = []
        while self._waiting and len(taken) < _AT_ONCE:
            taken.append(self._waiting.popleft())
        taken = [one for one in taken if one.future.set_running_or_notify_cancel()]
        if len(taken) > 1 and self._commit(taken):
            return
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
            for one in taken:
                one.future.set_exception(exc)
            return True
        for one, result in zip(taken, results, strict=True):
            one.future.set_result(result)
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


@dataclass(eq=False)
class _Waiting:
    """Something to be written. Where there is a *together*, *thing* may be given to it beside others."""

    work: Callable[[Connection], Any]
    together: Together[Any] | None = None
    thing: Any = None
    future: Future[Any] = field(default_factory=Future)


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
