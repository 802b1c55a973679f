"""Takes evidence away: its rows first, its files then, so that no row ever tells of a file that is not there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
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


async def sweep(database: Database, folder: Path, now: datetime, *, dry_run: bool) -> int:
    """
    Remove the files of former days that belong to runs of this database and that no row of it tells of: count them.

    A folder whose run is not known here is left alone: the database may be a backup of yesterday, or a new one, and
    then whatever lies there is another's only proof.
    """
    swept = 0
    batches = _folders(folder, f"{now - _SETTLED:%Y-%m-%d}")
    while some := await asyncio.to_thread(next, batches, None):
        swept += await asyncio.to_thread(_swept, database, folder, some, dry_run)
    return swept


def _swept(database: Database, folder: Path, of_runs: Sequence[Path], dry_run: bool) -> int:
    names = [path.name for path in of_runs]

    def known(connection: Connection) -> tuple[set[str], set[str]]:
        over = select(RUNS.c.id).where(RUNS.c.id.in_(names), RUNS.c.ended_at.is_not(None))
        told_of = select(EVIDENCE.c.path).where(EVIDENCE.c.run_id.in_(names))
        return set(connection.scalars(over)), set(connection.scalars(told_of))

    over, told_of = database.read(known)
    found: list[tuple[Path, bool]] = []
    for path in (path for path in of_runs if path.name in over):
        inside = [one for one in path.rglob("*") if one.relative_to(folder).as_posix() not in told_of]
        found += [(one, not one.is_dir()) for one in sorted(inside, reverse=True)] + [(path, False)]
    if not dry_run:
        remove(folder, found)
    return sum(1 for _, is_file in found if is_file)


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


def _folders(folder: Path, before: str) -> Iterator[Sequence[Path]]:
    """Yield the folders of runs of the days before *before*, some at a time: of years there may be millions."""
    days = [day for day in folder.glob("*") if _DAY.fullmatch(day.name) and day.name < before and day.is_dir()]
    for day in sorted(days):
        of_runs = sorted(run for run in day.iterdir() if run.is_dir())
        for start in range(0, len(of_runs), _AT_ONCE):
            yield of_runs[start : start + _AT_ONCE]
