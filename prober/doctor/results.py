"""Where results are kept: folders, room, and the database."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, inspect, text

from prober.doctor.finding import Finding, Patient, broken, good, warning
from prober.errors import StoreBroken
from prober.loading.config import Settings
from prober.store.broken import told
from prober.store.leadership import SCHEDULE, has_namesake
from prober.store.migrations import HEAD
from prober.store.place import Place, place_of

_PATIENCE_S = 1.0
_CLOCKS_DIFFER = timedelta(minutes=5)
_ANOTHERS = "another program's"
_AWAY = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "ceph", "glusterfs", "lustre")
"""File systems that programs on several machines share, or that map no memory: SQLite's WAL is not safe on them."""


def folders(patient: Patient) -> list[Finding]:
    """See that results and evidence can be written, and that there is room."""
    settings = _settings(patient)
    wanted = {"evidence": settings.evidence.path}
    if (file := place_of(settings.store.url).file) is not None:
        wanted = {"results": file.parent} | wanted
    return [_writable(what, folder, settings.serve.disk_free) for what, folder in wanted.items()]


def _settings(patient: Patient) -> Settings:
    assert patient.settings is not None  # noqa: S101 - a check that needs them is made where they are
    return patient.settings


def _writable(what: str, folder: Path, share_free: float) -> Finding:
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if not there.is_dir():
        return broken(f"{what}: {there} is no folder", "Move it away, or choose another folder in config.yaml.")
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"prober" * 1024)
            file.flush()
    except OSError as exc:
        cure = f"chown -R {_user()} {folder}, free some room, or choose another folder in config.yaml."
        return broken(f"{what}: {there} takes no files: {exc.strerror}", cure)
    room = shutil.disk_usage(there)
    free = room.free / room.total if room.total else 0.0
    said = f"{what}: {folder} can be written, {room.free / 2**30:.1f} GB are free ({free:.0%})"
    if free < share_free:
        return broken(f"{said}; serve.disk_free asks for {share_free:.0%}", "Free some, or prune: prober db prune.")
    return good(said if there == folder else f"{said}; it will be made")


def _user() -> str:
    return os.environ.get("USER") or str(os.getuid())


def database(patient: Patient) -> Finding:
    """See that the database opens, is no newer robot's, and can be written to; nothing is changed."""
    settings = _settings(patient)
    place = place_of(settings.store.url)
    if place.file is not None and not place.file.exists():
        return good(f"the database {place} is not there yet; the first run makes it")
    if place.file is not None and (refused := _refuses_writing(place.file)):
        return refused
    try:
        revision = _read_revision(place)
    except StoreBroken as exc:
        return broken(exc.what, exc.cure)
    return _of(revision, place)


def _refuses_writing(file: Path) -> Finding | None:
    """Return what keeps the robot from writing. A transaction is begun for it, and nothing written in it."""
    if not os.access(file, os.W_OK):
        return broken(f"the database {file} cannot be written to", f"chown {_user()} {file}, and its folder.")
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as exc:
        if getattr(exc, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            cure = "End the program that holds it (a database browser, a backup), or wait until it is done."
            return broken(f"the database {file} is locked by another program", cure)
    return None


@contextmanager
def _opened(place: Place) -> Iterator[Connection]:
    """Open the database for a look; it is not brought up to date."""
    patience = {"timeout": _PATIENCE_S} if place.file is not None else {"connect_timeout": 2 * round(_PATIENCE_S)}
    engine = create_engine(place.url, connect_args=patience, poolclass=NullPool)
    with told(str(place)), engine.connect() as connection:
        yield connection


def _read_revision(place: Place) -> str | None:
    """Return which tables the database has."""
    with _opened(place) as connection:
        revision = _revision(connection)
        if place.file is None and revision != _ANOTHERS:
            _write_and_take_back(connection, revision)
        return revision


def _write_and_take_back(connection: Connection, revision: str | None) -> None:
    """Write at a server what the robot's first transaction would, and roll it back. A standby, or no right, refuses."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(_PATIENCE_S * 1000)}")
    if revision == HEAD:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
    else:
        connection.exec_driver_sql("CREATE TABLE prober_doctor_was_here (word TEXT)")
    connection.rollback()


def _revision(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    return _ANOTHERS if tables else None


def _of(revision: str | None, place: Place) -> Finding:
    if revision is None:
        return good(f"the database {place} opens, and is empty yet")
    if revision == HEAD:
        return good(f"the database {place} opens; its tables are of this version ({HEAD})")
    if not revision.isdigit():
        return broken(f"the database {place} has tables of another program", "Choose another store.url.")
    if revision > HEAD:
        return broken(
            f"the database {place} was written by a newer version of the robot (tables {revision}, known are {HEAD})",
            "Update the robot, or choose another store.url in config.yaml.",
        )
    return warning(
        f"the database {place} has the tables of an older version ({revision}, now {HEAD})",
        "Nothing needs doing: the next run brings it up to date. Make a copy before: prober db backup.",
    )


def host_name(patient: Patient) -> list[Finding]:
    """See that no other machine at the same server has this one's name, as far as one of the two has led."""
    place = place_of(_settings(patient).store.url)
    if place.file is not None:
        return []
    try:
        with _opened(place) as connection:
            named = has_namesake(connection, SCHEDULE, since=_started_at())
    except StoreBroken:
        return []  # told with the database
    name = socket.gethostname()
    if named:
        cure = "Give each a name of its own (hostnamectl set-hostname, --hostname), then restart the robots."
        return [warning(f"another robot at this database is on a machine called {name}, as this one is", cure)]
    return [good(f"no other robot that led at this database is on a machine called {name}")]


def _started_at() -> datetime:
    """Return since when this machine is surely up, by any clock that is about right."""
    return datetime.now(UTC) - timedelta(seconds=time.monotonic()) + _CLOCKS_DIFFER


def write_ahead_log(patient: Patient) -> Finding:
    """See that the file system can do what SQLite's write-ahead log needs, by trying one beside the database."""
    file = place_of(_settings(patient).store.url).file
    if file is None:
        return good("the database is a server's, and needs no file system of ours")
    folder = next(one for one in file.parents if one.is_dir())
    kind = _file_system(folder)
    if kind.startswith(_AWAY):
        cure = "Put the database on a local disk (store.url); evidence may stay there."
        return broken(f"{folder} is on {kind}, where SQLite's write-ahead log loses data", cure)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".prober-doctor-") as made:
            _try_log(Path(made) / "wal.sqlite")
    except (sqlite3.Error, OSError) as exc:
        return broken(f"SQLite's write-ahead log does not work on {folder} ({kind}): {exc}", "Choose a local disk.")
    return good(f"SQLite's write-ahead log works on {kind}")


def _try_log(file: Path) -> None:
    with closing(sqlite3.connect(file)) as writing, closing(sqlite3.connect(file)) as reading:
        (mode,) = writing.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"the mode stays {mode}")
        writing.execute("CREATE TABLE kept (word TEXT)")
        writing.execute("INSERT INTO kept VALUES ('prober')")
        writing.commit()
        if reading.execute("SELECT word FROM kept").fetchone() != ("prober",):
            raise sqlite3.OperationalError("what one connection wrote, another does not read")


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds *folder*: the last mount of the longest point above it."""
    best, kind = -1, "an unknown file system"
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, found, *_ = line.split()
        point = point.replace("\\040", " ")
        if folder.resolve().is_relative_to(point) and len(point) >= best:
            best, kind = len(point), found
    return kind
