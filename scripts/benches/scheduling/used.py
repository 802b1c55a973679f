"""What a process uses while it works: the share of a core, and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.benches.frame.processes import family

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """
    What was used, with all that it started.

    *cores* is the share of one core, *memory_mb* what was resident at the end; *own_mb* leaves out of it what processes
    share, but for their share.
    """

    cores: float
    memory_mb: float
    own_mb: float


class Using:
    """Counts from here on what the process *pid* and its children use."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic(), self._cpu_s()

    def told(self) -> Used:
        """Return what was used up to now."""
        lasted_s, used_s = time.monotonic() - self._began[0], self._cpu_s() - self._began[1]
        now = family(self._pid)
        resident, own = sum(one.resident_bytes() for one in now), sum(one.own_bytes() for one in now)
        return Used(used_s / lasted_s, resident / 1e6, own / 1e6)

    def _cpu_s(self) -> float:
        return sum(_cpu_s(one.pid) for one in family(self._pid))


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def share(values: Iterable[float], of: float) -> float | None:
    """Return what *of* all *values* are not above; None if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * of))] if ordered else None
