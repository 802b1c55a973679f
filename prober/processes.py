"""What tells one process from every other: pids are given anew, and each container has its own."""

from __future__ import annotations

import os
from pathlib import Path


def started(pid: int) -> str | None:
    """
    Return when *pid* started, in letters and digits; None if there is no such process.

    In ticks of the kernel since the machine started; where the kernel does not say, being there has to do.

    Raises:
        OSError: Nobody can look: this process may have no file left to open.
    """
    if not Path("/proc/self/stat").exists():
        return _answers(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the name, may hold spaces and brackets; field 3 is the state, field 22 the start.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


def namespace() -> int:
    """Return which processes can be seen from here, as a number; 0 where the system has no namespaces."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _answers(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "running"
    return "running"
