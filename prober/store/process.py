"""Which process holds a row, and whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process of one host. *start* tells it from a later one that was given the same pid."""

    host: str
    pid: int
    start: str

    def columns(self) -> dict[str, str | int]:
        """Return it as the columns of a row."""
        return {"host": self.host, "pid": self.pid, "process_start": self.start}

    def is_gone(self) -> bool:
        """Return whether it certainly lives no more. Of another host's processes nothing is certain."""
        return self.host == _host() and _start(self.pid) != self.start


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
