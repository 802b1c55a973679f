"""Takes evidence away: its rows first, its files then, so that no row ever tells of a file that is not there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, select

from prober.store.database import Database
from prober.store.tables import EVIDENCE, RUNS

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SETTLED = timedelta(days=2)
"""A folder of a day that long ago belongs to no run that is still played."""
_AT_ONCE = 200


async def drop(database: Database, folder: Path, run_ids: Sequence[str]) -> None:
    """Take away the evidence of these runs below *folder*: rows, files, and folders that are empty then."""

    def rows(connection: Connection) -> list[str]:
        of_runs = EVIDENCE.c.run_id.in_(run_ids)
        paths = list(connection.scalars(select(EVIDENCE.c.path).where(of_runs).distinct()))
        connection.execute(delete(EVIDENCE).where(of_runs))
        return paths

    paths = await database.write(rows)
    await asyncio.to_thread(remove, folder, [(folder / path, True) for path in paths])


async def leftovers(database: Database, folder: Path, now: datetime) -> list[tuple[Path, bool]]:
    """Return the files of former days that no row tells of, and the folders of runs that have none; True for a file."""
    before = f"{now - _SETTLED:%Y-%m-%d}"
    of_runs = await asyncio.to_thread(_folders, folder, before)
    found: list[tuple[Path, bool]] = []
    for start in range(0, len(of_runs), _AT_ONCE):
        some = {path.name: path for path in of_runs[start : start + _AT_ONCE]}

        def known(connection: Connection, names: Sequence[str] = tuple(some)) -> tuple[set[str], set[str]]:
            told_of = select(EVIDENCE.c.path).where(EVIDENCE.c.run_id.in_(names))
            under_way = select(RUNS.c.id).where(RUNS.c.id.in_(names), RUNS.c.ended_at.is_(None))
            return set(connection.scalars(told_of)), set(connection.scalars(under_way))

        told_of, under_way = await asyncio.to_thread(database.read, known)
        for name, path in some.items():
            if name not in under_way:
                inside = [one for one in path.rglob("*") if one.relative_to(folder).as_posix() not in told_of]
                found += [(one, not one.is_dir()) for one in sorted(inside, reverse=True)] + [(path, False)]
    return found


def remove(folder: Path, paths: Iterable[tuple[Path, bool]]) -> None:
    """Remove files, and folders that are empty, all below *folder*; what is gone already is gone."""
    root = folder.resolve()
    folders: set[Path] = set()
    for path, is_file in paths:
        if not path.resolve().is_relative_to(root):
            continue
        if is_file:
            path.unlink(missing_ok=True)
        folders.update((path.parent, path.parent.parent) if is_file else (path, path.parent))
    for one in sorted(folders, key=lambda path: -len(path.parts)):
        if one.resolve() != root and one.resolve().is_relative_to(root) and one.is_dir() and not any(one.iterdir()):
            one.rmdir()


def _folders(folder: Path, before: str) -> list[Path]:
    """Return the folders of runs of the days before *before*."""
    days = [day for day in folder.glob("*") if _DAY.fullmatch(day.name) and day.name < before and day.is_dir()]
    return sorted(run for day in days for run in day.iterdir() if run.is_dir())
