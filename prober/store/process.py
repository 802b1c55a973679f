"""Which process holds a row, and whether it still lives."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from prober.processes import namespace, started

SILENT_S = 60.0
"""After so long without a new sign of life, by the clock of who waits for one, a process of another host is gone."""
_LONG_AGO = timedelta(hours=1)
"""A sign of life that is so old needs no waiting for the next: no two hosts' clocks are that far apart."""
_LOOKS_S = 15.0
"""Who looks less often than that does not know what it missed, nor whether anybody could have said anything."""
_NEAR = timedelta(seconds=15)
"""Rows of one process whose last signs are no further apart go together: were it alive, both were a minute newer."""
_MOST = 10_000
"""So many signs of life are remembered at most."""
_Signs = tuple[datetime | None, ...]
_NEVER = datetime.min.replace(tzinfo=UTC)
_HOSTS_OWN = 4026531836
"""The number the kernel gives the process namespace of the machine itself."""


@dataclass(frozen=True)
class Process:
    """
    A process of one host. *start* tells it from a later one that was given the same pid.

    A container with process ids of its own is a host of its own, though it may have the machine's name.
    """

    host: str
    pid: int
    start: str

    def columns(self) -> dict[str, str | int]:
        """Return it as the columns of a row."""
        return {"host": self.host, "pid": self.pid, "process_start": self.start}

    def is_gone(self, *signs: datetime | None) -> bool:
        """
        Return whether it lives no more.

        A process of another host cannot be seen from here: it is gone when its *signs* of life, instants of its own
        clock, have not changed for `SILENT_S` by the clock of here, so that clocks that disagree change nothing; or
        when the last of them is an hour old.
        """
        if self.host != _host():
            return datetime.now(UTC) - _last(signs) > _LONG_AGO or _WATCH.is_silent(self, signs)
        return self.has_ended()

    def has_ended(self) -> bool:
        """Return whether it is known to have ended, for it was one of this host."""
        return self.host == _host() and _start(self.pid) != self.start


@dataclass
class Watch:
    """
    Remembers for how long the signs of life of processes have been what they are.

    A time in which nobody looked, for the store was gone, is no silence: those who live could not say so either.
    """

    clock_s: Callable[[], float] = time.monotonic
    _seen: dict[tuple[Process, _Signs], tuple[float, float]] = field(default_factory=dict)
    _gone: dict[Process, datetime] = field(default_factory=dict)

    def is_silent(self, process: Process, signs: _Signs) -> bool:
        """Return whether *process* was seen for long with *signs*, or with later ones: its rows go together."""
        last_at = _last(signs)
        if process in self._gone and last_at <= self._gone[process] + _NEAR:
            return True
        if self._silent_s(process, signs) < SILENT_S:
            return False
        self._gone[process] = last_at
        if len(self._gone) > _MOST:
            del self._gone[next(iter(self._gone))]
        return True

    def _silent_s(self, process: Process, signs: _Signs) -> float:
        now_s = self.clock_s()
        silent_s, looked_s = self._seen.pop((process, signs), (0.0, now_s))
        silent_s += min(now_s - looked_s, _LOOKS_S)
        # The last that was looked at is the last to be forgotten.
        self._seen[process, signs] = silent_s, now_s
        if len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]
        return silent_s


_WATCH = Watch()


def _last(signs: _Signs) -> datetime:
    return max((sign for sign in signs if sign is not None), default=_NEVER)


def this_process() -> Process:
    """Return the process that asks."""
    return _this(os.getpid())


@cache
def _this(pid: int) -> Process:
    return Process(host=_host(), pid=pid, start=_start(pid) or "")


def _host() -> str:
    return socket.gethostname() + _namespace()


@cache
def _namespace() -> str:
    """Return what tells containers that share their machine's name apart; "" on the machine itself."""
    space = namespace()
    return "" if space in (0, _HOSTS_OWN) else f" pid:[{space}]"


def _start(pid: int) -> str | None:
    """Return when *pid* started, since which start of the machine; None if there is no such process."""
    start = started(pid)
    return start and f"{_boot()}/{start}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
