"""Whether what was kept is still what was kept: the database is whole, and each file the one its row tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, RowMapping, create_engine, exists, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from prober.store.broken import is_damage, told
from prober.store.engines import engines
from prober.store.place import Place, place_of
from prober.store.snapshot import opened_to_read
from prober.store.tables import EVIDENCE, METADATA, RUNS, UNCHECKED

_PATIENCE_S = 5.0


class Harm(StrEnum):
    """What can have happened to what was kept."""

    DATABASE = "database"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    SIZE = "size"
    CONTENT = "content"


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was kept: a file at *path* below the evidence folder, or the database (no path)."""

    harm: Harm
    what: str
    path: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class Verification:
    """What was looked at and found. *orphans* are files below the evidence folder that no row tells of."""

    files: int
    size_bytes: int
    damages: tuple[Damage, ...]
    orphans: tuple[str, ...]


def verify(url: str, evidence: Path, *, seen: Callable[[int, int], None]) -> Verification:
    """
    Look at everything that was kept, and change nothing.

    *seen* hears after each file how many of how many there are.

    Raises:
        StoreBroken: The database cannot be read at all, or is none of the robot's.
    """
    broken, rows = _rows(place_of(url))
    damages = [Damage(Harm.DATABASE, what) for what in broken]
    for number, row in enumerate(rows, 1):
        damages += _looked_at(row, evidence)
        seen(number, len(rows))
    known = {row["path"] for row in rows}
    orphans = tuple(sorted(path for path in _files_below(evidence) if path not in known))
    return Verification(len(rows), sum(row["bytes"] for row in rows), tuple(damages), orphans)


def _rows(place: Place) -> tuple[list[str], list[RowMapping]]:
    """Return what the database finds wrong with itself, and the rows of the evidence; each path once."""
    broken: list[str] = []
    with told(str(place)), looking(place) as engine:
        try:
            with engine.connect() as connection:
                broken += _checks_of_sqlite(connection) if place.file is not None else _checks_of_server(connection)
                found = connection.execute(select(EVIDENCE).order_by(EVIDENCE.c.id)).mappings().all()
        except DatabaseError as exc:
            if not is_damage(exc):
                raise
            return [*_harms(broken), f"it is damaged: {exc.orig}"], []
    return _harms(broken), list({row["path"]: row for row in found}.values())


@contextmanager
def looking(place: Place) -> Iterator[Engine]:
    """Yield what reads the database at *place* and can change nothing there."""
    if place.file is None:
        engine = engines(place, durable=False, busy_timeout_s=_PATIENCE_S)[1]
    else:
        open_it = partial(opened_to_read, place.file, _PATIENCE_S)
        engine = create_engine("sqlite://", creator=open_it, poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _checks_of_sqlite(connection: Connection) -> list[str]:
    """Return what SQLite finds when it is asked to look."""
    broken = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    strays = connection.execute(text("PRAGMA foreign_key_check"))
    return broken + [f"row {row[1]} of {row[0]} belongs to a row of {row[2]} that is not there" for row in strays]


def _checks_of_server(connection: Connection) -> list[str]:
    """Return what a server does not see to by itself: it checks each page that it reads, and its foreign keys."""
    broken = []
    for table in (METADATA.tables[name] for name in UNCHECKED):
        of_none = select(table.c.run_id).where(~exists().where(RUNS.c.id == table.c.run_id)).distinct()
        broken += [
            f"{table.name} has rows of a run {run_id} that is not there" for run_id in connection.scalars(of_none)
        ]
    return broken


def _harms(broken: list[str]) -> list[str]:
    return [what for what in broken if what != "ok"]


def _looked_at(row: RowMapping, evidence: Path) -> Iterator[Damage]:
    path = evidence / row["path"]
    harm, what = _compared(path, row) if _inside(path, evidence) else (Harm.MISSING, "its path leads out of the folder")
    if harm is not None:
        yield Damage(harm, what, row["path"], row["run_id"])


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _compared(path: Path, row: RowMapping) -> tuple[Harm | None, str]:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size_bytes = file.tell()
    except FileNotFoundError:
        return Harm.MISSING, "it is not there"
    except OSError as exc:
        return Harm.UNREADABLE, f"it cannot be read: {exc.strerror}"
    if size_bytes != row["bytes"]:
        return Harm.SIZE, f"it has {size_bytes} bytes; {row['bytes']} were kept"
    if sha256 != row["sha256"]:
        return Harm.CONTENT, f"its content was changed: sha256 {sha256[:16]}…; {row['sha256'][:16]}… was kept"
    return None, ""


def _files_below(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
