"""What the machine tells of itself. Everything here blocks for some milliseconds; what it cannot tell is None."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")
_TIMEX_BYTES = 256
"""More than `struct timex` has anywhere."""
_STA_UNSYNC = 0x40


@dataclass(frozen=True)
class Disk:
    """The room on a disk."""

    free_bytes: int
    total_bytes: int

    @property
    def free(self) -> float:
        """The free share; an empty disk without any room counts as full."""
        return self.free_bytes / self.total_bytes if self.total_bytes else 0.0


@dataclass(frozen=True)
class Memory:
    """The resident memory of the robot and of the processes it started; what they share counts in each of them."""

    robot_bytes: int
    children_bytes: int
    available: float | None
    """The share of the machine's memory, or of what its container may use, that is to be had."""


def disk(place: Path) -> Disk | None:
    """Return the room on the disk where *place* is, or will be."""
    there = next((folder for folder in (place, *place.parents) if folder.exists()), None)
    if there is None:
        return None
    try:
        usage = shutil.disk_usage(there)
    except OSError:
        return None
    return Disk(usage.free, usage.total)


def memory(pid: int | None = None) -> Memory | None:
    """Return the memory of the process *pid*, by default this one, and of all that descend from it."""
    own = pid or os.getpid()
    resident = _resident_bytes(own)
    if resident is None:
        return None
    children = sum(_resident_bytes(child) or 0 for child in _descendants(own))
    shares = [share for share in (_machine_available(), _container_available()) if share is not None]
    return Memory(resident, children, min(shares, default=None))


def synchronised() -> bool | None:
    """Return whether the kernel takes its clock for synchronised (by NTP or PTP)."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0:
            return None
    except (OSError, AttributeError):
        return None
    # struct timex: modes, then offset, freq, maxerror, esterror as longs (aligned), then status.
    status_at = 5 * ctypes.sizeof(ctypes.c_long)
    return not ctypes.c_int.from_buffer(timex, status_at).value & _STA_UNSYNC


def _resident_bytes(pid: int) -> int | None:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None


def _descendants(pid: int) -> Iterator[int]:
    children = defaultdict(list)
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                # The name of a program stands in brackets, and may hold any of them, and spaces.
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                children[int(parent)].append(int(folder.name))
    waiting = children[pid]
    while waiting:
        child = waiting.pop()
        yield child
        waiting += children[child]


def _machine_available() -> float | None:
    told = _numbers(_lines(_PROC / "meminfo"))
    total = told.get("MemTotal:")
    return told.get("MemAvailable:", 0) / total if total else None


def _container_available() -> float | None:
    """Return the share of what the container's group of processes may still use, if it has a limit."""
    try:
        most = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no such group, or "max"
        return None
    # The kernel gives back what it keeps of files that nobody uses just now.
    idle = _numbers(_lines(_CGROUP / "memory.stat")).get("inactive_file", 0)
    return max(0.0, 1 - (used - idle) / most) if most else None


def _numbers(lines: Iterable[str]) -> dict[str, int]:
    words = (line.split() for line in lines)
    return {pair[0]: int(pair[1]) for pair in words if len(pair) > 1 and pair[1].isdigit()}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
