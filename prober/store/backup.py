"""
A copy of everything that was kept, made beside a robot at work, and put back.

    FOLDER/manifest.json        what is in it, with the hash of every file
    FOLDER/prober.sqlite        the database (of a server: prober.dump)
    FOLDER/evidence/…           the evidence, as it lies: what is encrypted stays so
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text

from prober.errors import BadInput, Problem, RobotBroken, StoreBroken
from prober.store import postgres_tools
from prober.store.broken import told
from prober.store.engines import APPLICATION
from prober.store.integrity import looking
from prober.store.migrations import revision_of
from prober.store.place import Place, place_of
from prober.store.snapshot import opened_to_read
from prober.store.tables import EVIDENCE, RUNS

MANIFEST = "manifest.json"
_PATIENCE_S = 5.0
_PAGES = 2048
"""Pages of SQLite copied at a time: between them somebody is told how far it is."""

Seen = Callable[[str, int, int], None]
"""Hears what is being done, and how far it is of how much."""


@dataclass(frozen=True)
class Backup:
    """What is in a backup. *files* are the pieces of evidence by their paths, *missing* those that were not as kept."""

    made_at: str
    of: str
    revision: str
    database: str
    sha256: str
    bytes: int
    runs: int
    files: Mapping[str, str]
    missing: tuple[str, ...]
    version: int = 1


def back_up(url: str, evidence: Path | None, target: Path, *, seen: Seen) -> Backup:
    """
    Copy the database at *url*, and what is below *evidence* if that is given, into the new folder *target*.

    The copy is of one moment; a robot goes on meanwhile. It is read back and compared before this returns, and a
    folder that was not finished is not left behind.

    Raises:
        RobotBroken: It cannot be read or written.
    """
    place = place_of(url)
    partial = target.with_name(f"{target.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        made = _made(place, evidence, partial, seen)
        (partial / MANIFEST).write_text(json.dumps(asdict(made), ensure_ascii=False, indent=1), encoding="utf-8")
        verify_backup(partial, seen=seen)
        partial.rename(target)
    except OSError as exc:
        raise RobotBroken(f"no backup can be written to {target}: {exc.strerror}", cure="Name another folder.") from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made


def verify_backup(folder: Path, *, seen: Seen) -> Backup:
    """
    Return what is in the backup in *folder*, every file of it compared with its hash.

    Raises:
        BadInput: It is none.
        RobotBroken: A file of it is not as it was.
    """
    cure = "Take another backup: this one cannot be relied on."
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        backup = Backup(**read | {"missing": tuple(read["missing"])})
    except (OSError, ValueError, TypeError, KeyError) as exc:
        what, hint = "it holds no backup", "name a folder that ‘prober db backup’ made"
        raise BadInput([Problem(folder, 0, 0, what, hint)]) from exc
    files = {backup.database: backup.sha256} | {f"evidence/{path}": sha for path, sha in backup.files.items()}
    for number, (name, sha256) in enumerate(files.items(), 1):
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise RobotBroken(f"the backup {folder} lacks {name}", cure=cure)
        if _sha256(path) != sha256:
            raise RobotBroken(f"{name} in the backup {folder} is not what it was", cure=cure)
        seen("verifying", number, len(files))
    return backup


def restore(folder: Path, url: str, evidence: Path, *, replace: bool, seen: Seen) -> Backup:
    """
    Put the backup in *folder* back to *url* and *evidence*, and return what it holds.

    The database that was there is kept beside it as `….before-restore` (of a server: it is gone).

    Raises:
        BadInput: There is no backup in *folder*.
        RobotBroken: The backup is damaged or of another kind of database; there is a database already and *replace* is
            not said; or a robot has it open.
    """
    place = place_of(url)
    backup = verify_backup(folder, seen=seen)
    if (place.file is None) != backup.database.endswith(".dump"):
        raise RobotBroken(
            f"the backup is of another kind of database ({backup.of}) than {place}",
            cure="Name a store.url of the same kind in config.yaml.",
        )
    _refuse_used(place, replace=replace)
    seen("database", 0, 1)
    if place.file is None:
        postgres_tools.load(place.url, str(folder / backup.database))
    else:
        _put_file(folder / backup.database, place.file)
    seen("database", 1, 1)
    for number, (path, sha256) in enumerate(backup.files.items(), 1):
        _put_evidence(folder / "evidence" / path, evidence / path, sha256)
        seen("evidence", number, len(backup.files))
    return backup


def _made(place: Place, evidence: Path | None, target: Path, seen: Seen) -> Backup:
    name = "prober.dump" if place.file is None else "prober.sqlite"
    if place.file is None:
        seen("database", 0, 1)
        postgres_tools.dump(place.url, str(target / name))
    else:
        _copy_sqlite(place.file, target / name, seen)
    # Of a file, what the copy says; of a server, what it says now: it may have more, and never has less.
    source = place if place.file is None else place_of(f"sqlite:///{target / name}")
    revision, runs, rows = _contents(source)
    files, missing = _copy_evidence(rows if evidence else {}, evidence or target, target / "evidence", seen)
    return Backup(
        made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        of="postgresql" if place.file is None else "sqlite",
        revision=revision,
        database=name,
        sha256=_sha256(target / name),
        bytes=(target / name).stat().st_size,
        runs=runs,
        files=files,
        missing=tuple(missing),
    )


def _copy_sqlite(file: Path, target: Path, seen: Seen) -> None:
    with (
        told(str(file)),
        closing(opened_to_read(file, _PATIENCE_S)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: seen("database", total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")
        broken = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if broken != ["ok"]:
        raise StoreBroken(f"the results database {file} is damaged: {broken[0]}", cure="Restore an older backup.")


def _contents(place: Place) -> tuple[str, int, dict[str, str]]:
    """Return the revision of a database, how many runs it has, and the hash of each piece of evidence."""
    with told(str(place)), looking(place) as engine, engine.connect() as connection:
        runs = connection.scalar(select(func.count()).select_from(RUNS)) or 0
        rows = connection.execute(select(EVIDENCE.c.path, EVIDENCE.c.sha256)).all()
        return revision_of(connection) or "", int(runs), {row.path: row.sha256 for row in rows}


def _copy_evidence(rows: Mapping[str, str], source: Path, target: Path, seen: Seen) -> tuple[dict[str, str], list[str]]:
    files, missing = {}, []
    for number, (path, sha256) in enumerate(sorted(rows.items()), 1):
        file, inside = source / path, (target / path).resolve().is_relative_to(target.resolve())
        try:
            same = inside and file.is_file() and _sha256(file) == sha256
        except OSError:
            same = False
        if same:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)
            files[path] = sha256
        else:
            missing.append(path)
        seen("evidence", number, len(rows))
    return files, missing


def _refuse_used(place: Place, *, replace: bool) -> None:
    if place.file is None:
        taken, used = _server_used(place)
    else:
        taken, used = place.file.exists(), _file_used(place.file)
    if used:
        raise RobotBroken(f"{place} is in use: a robot has it open", cure="Stop it first: prober serve, prober run.")
    if taken and not replace:
        raise RobotBroken(
            f"there are results at {place} already", cure="Say --replace to put the backup in their place."
        )


def _file_used(file: Path) -> bool:
    """Whether another program has the database open: only who is alone may take it out of WAL mode."""
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:
            return False  # it is damaged: that is what backups are for
    return False


def _server_used(place: Place) -> tuple[bool, bool]:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND application_name = :name"
    )
    with told(str(place)), looking(place) as engine, engine.connect() as connection:
        used = connection.scalar(others, {"name": APPLICATION}) or 0
        return revision_of(connection) is not None, bool(used)


def _put_file(source: Path, file: Path) -> None:
    beside = file.with_name(f"{file.name}.restoring")
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, beside)
    with beside.open("rb") as copied:
        os.fsync(copied.fileno())
    if file.exists():
        file.replace(file.with_name(f"{file.name}.before-restore"))
    for name in (f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
    beside.replace(file)


def _put_evidence(source: Path, file: Path, sha256: str) -> None:
    if file.is_file() and _sha256(file) == sha256:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
