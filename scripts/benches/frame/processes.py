"""What the kernel tells of processes: read from /proc, for nothing else needs a library for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One process. *start* tells it from a later one with the same pid."""

    pid: int
    parent: int
    start: str
    name: str

    @property
    def lives(self) -> bool:
        """Whether it still runs; one that only waits for its parent to hear of its end does not."""
        return process(self.pid) == self

    @property
    def buried(self) -> bool:
        """Whether nothing of it is left: where it had threads, some may be there when it does not live any more."""
        return not Path(f"/proc/{self.pid}").exists()

    @property
    def forked_by_server(self) -> bool:
        """Whether Python's forkserver forked it: a line process, where only calls are made."""
        return b"multiprocessing.forkserver" in _told(self.parent, "cmdline")

    def open_files(self) -> tuple[int, int]:
        """Return how many files it has open, and how many of them are sockets; 0 of one that is gone."""
        targets = list(_targets(Path(f"/proc/{self.pid}/fd")))
        return len(targets), sum(target.startswith("socket:") for target in targets)

    def resident_bytes(self) -> int:
        """Return its resident memory; 0 of one that is gone."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES
        except OSError:
            return 0

    def own_bytes(self) -> int:
        """Return its proportional set size: what it has alone, and its share of what it shares; 0 of one gone."""
        try:
            told = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("Pss:")), 0)


def process(pid: int) -> Process | None:
    """Return the process *pid*; None if it is gone, or dead and not yet buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name may hold spaces and brackets; the state follows it, then the parent; the start is field 22.
    before, _, after = stat.rpartition(")")
    state, parent, *fields = after.split()
    return None if state in "ZX" else Process(pid, int(parent), fields[17], before.partition("(")[2])


def all_processes() -> list[Process]:
    """Return every process there is."""
    return [found for entry in Path("/proc").iterdir() if entry.name.isdigit() and (found := process(int(entry.name)))]


def family(pid: int) -> list[Process]:
    """Return the process *pid* and all that descend from it."""
    children: dict[int, list[Process]] = {}
    for one in all_processes():
        children.setdefault(one.parent, []).append(one)
    first = process(pid)
    found = [first] if first else []
    for one in found:
        found += children.get(one.pid, [])
    return found


def marked(marker: str) -> list[Process]:
    """Return the processes that were started with *marker* in their environment, whoever is their parent now."""
    return [one for one in all_processes() if marker.encode() in _told(one.pid, "environ")]


def _told(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def _targets(folder: Path) -> Iterator[str]:
    try:
        entries: Iterable[Path] = list(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            yield str(entry.readlink())
        except OSError:
            continue
