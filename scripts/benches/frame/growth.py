"""What a robot holds as it goes on from run to run, and whether that grows."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

from scripts.benches.frame.bench import Figure
from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import Robot, Site

HELD_S = 0.3
"""The robot is stopped for so long before it is looked at: what the run that ended had then lets go."""
WARM_UP = 0.1
LAST = 1
"""While the last run ends, the robot closes already."""
_COUNTS = ("processes", "open_files", "sockets", "temporary_files")
BOUNDS: Mapping[str, str] = {f"{what}_grown": "<= 0" for what in _COUNTS}
"""Of the figures of `grown`."""


@dataclass(frozen=True)
class Sample:
    """
    What the robot and all it started held at the end of a run, *at_s* seconds after its start.

    *memory* is resident bytes, by whose they are.
    """

    at_s: float
    processes: int
    open_files: int
    sockets: int
    temporary_files: int
    wal_bytes: int
    memory: Mapping[str, int]


def sampled(
    robot: Robot, site: Site, whose: Callable[[Process], str], *, unopened: frozenset[str] = frozenset()
) -> Sample:
    """Stop the robot for a moment, and return what it holds; the open files of whose is *unopened* are not counted."""
    with robot.held():
        time.sleep(HELD_S)
        mine = robot.family()
        files = [one.open_files() for one in mine if whose(one) not in unopened]
        memory: dict[str, int] = defaultdict(int)
        for one in mine:
            memory[whose(one)] += one.resident_bytes()
    wal = site.database.with_name(site.database.name + "-wal")
    return Sample(
        at_s=time.monotonic() - robot.began_s,
        processes=len(mine),
        open_files=sum(opened for opened, _ in files),
        sockets=sum(sockets for _, sockets in files),
        temporary_files=_temporary_files(site.temporary),
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        memory=dict(memory),
    )


def _temporary_files(folder: Path) -> int:
    """Count what lies in *folder*, but for the browser's housekeeping in its profile, which goes on for minutes."""
    count = 0
    for here, folders, files in os.walk(folder):  # which, unlike rglob, minds no folder that vanishes under it
        count += len(folders) + len(files)
        if Path(here) == folder:
            folders[:] = [name for name in folders if not name.startswith("playwright_chromiumdev_profile")]
    return count


def steady(samples: Sequence[Sample], settled_s: float = 0.0) -> Sequence[Sample]:
    """Return the samples after the warm-up (the first tenth, and *settled_s* at least), but for the last."""
    settled = sum(sample.at_s < settled_s for sample in samples)
    return samples[max(1, settled, round(len(samples) * WARM_UP)) : -LAST]


def grown(samples: Sequence[Sample]) -> dict[str, Figure]:
    """Return by how much each thing that is counted has grown over *samples*."""
    return {f"{what}_grown": growth([getattr(sample, what) for sample in samples]) for what in _COUNTS}


def growth(counts: Sequence[int]) -> int | None:
    """Return the least of the last fifth (half, of fewer than 50) less that of the first; None of fewer than four."""
    if len(counts) < 4:
        return None
    part = len(counts) // (5 if len(counts) >= 50 else 2)
    return min(counts[-part:]) - min(counts[:part])


def slope(values: Sequence[float]) -> float | None:
    """Return the median of the slopes between all pairs, a step apart each; None of fewer than four (Theil, Sen)."""
    if len(values) < 4:
        return None
    return median((later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(enumerate(values), 2))


def slope_kb(held: Sequence[int], *, runs: int = 1) -> float | None:
    """Return by how many kilobytes a run memory grew of which a sample was *held* every so many *runs*."""
    found = slope(held)
    return None if found is None else round(found / runs / 1000, 1)
