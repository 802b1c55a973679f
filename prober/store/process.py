"""Which process holds a row, and whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

_SILENT = timedelta(hours=1)


@dataclass(frozen=True)
class Process:
    """A process of one host. *start* tells it from a later one that was given the same pid."""

    host: str
    pid: int
    start: str

    def columns(self) -> dict[str, str | int]:
        """Return it as the columns of a row."""
        return {"host": self.host, "pid": self.pid, "process_start": self.start}

    def is_gone(self, seen_at: datetime) -> bool:
        """
        Return whether it lives no more.

        A process of another host cannot be seen from here: it is gone when its last sign of life, *seen_at*, lies an
        hour back. A run finishes its steps more often than that, and containers change their host's name.
        """
        if self.host != _host():
            return datetime.now(UTC) - seen_at > _SILENT
        return _start(self.pid) != self.start


def this_process() -> Process:
    """Return the process that asks."""
    return _this(os.getpid())


@cache
def _this(pid: int) -> Process:
    return Process(host=_host(), pid=pid, start=_start(pid) or "")


def _host() -> str:
    return socket.gethostname()


def _start(pid: int) -> str | None:
    """Return when *pid* started, as the kernel counts it; None if there is no such process."""
    if not Path("/proc/self/stat").exists():
        return _answers(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field, the name, may hold spaces and brackets; field 3 is the state, field 22 the start.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{_boot()}/{fields[18]}"


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _answers(pid: int) -> str | None:
    """Where the kernel does not say when a process started, being there has to do."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "running"
    return "running"
