"""What the database says when it will not, as a sentence with a cure."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from prober.errors import StoreBroken

_LOCKED = (
    "is locked by another program",
    "End the program that holds it (a database browser, a backup), or wait until it is done.",
)
_FULL = ("has no room: the disk is full", "Free some disk space.")
_REFUSED = ("cannot be written or read: the disk refused", "See whether the disk is full, over a quota or failing.")
_DAMAGED = ("is damaged", "Restore a copy (‘prober db restore’), or move it away: a new one is then made.")
SQLITE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": ("is locked by this program", "Start the robot again."),
    "SQLITE_READONLY": (
        "cannot be written to",
        "Give the file and its folder to the user who runs the robot, or choose another store.url in config.yaml.",
    ),
    "SQLITE_CANTOPEN": (
        "cannot be opened or made",
        "See that its folder exists and belongs to the user who runs the robot (store.url in config.yaml).",
    ),
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _REFUSED,
    "SQLITE_NOTADB": (
        "is not a database",
        "Choose another store.url in config.yaml, or move the file away: a new one is then made.",
    ),
    "SQLITE_CORRUPT": _DAMAGED,
}
_PASSWORD = (
    "does not let the robot in: user or password is wrong",
    "Look at store.url in config.yaml, and at pg_hba.conf of the server.",
)
_MISSING = ("is not there", "Make it at the server: createdb NAME; or choose another store.url in config.yaml.")
_GONE = (
    "is out of reach: its server is gone or does not answer",
    "See that the server runs, and that host and port of store.url in config.yaml are right.",
)
_FORBIDDEN = (
    "does not let the robot write",
    "Grant its user CREATE on the schema, or give it a database of its own.",
)
POSTGRES = {
    "53100": _FULL,
    "53200": ("has no memory left", "See what else runs on the server."),
    "53300": ("takes no more connections", "Raise max_connections of the server, or end what else holds them."),
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "28": _PASSWORD,
    "3D": _MISSING,
    "25006": ("can only be read: its server is a standby, or set so", "Name the server that takes writing."),
    "42501": _FORBIDDEN,
    "58": _REFUSED,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
    "57P": _GONE,
    "08": _GONE,
}
"""By SQLSTATE, whole or its beginning."""
_SAID: Mapping[str, tuple[str, str]] = {
    "password authentication failed": _PASSWORD,
    "no password supplied": _PASSWORD,
    "no pg_hba.conf entry": _PASSWORD,
    'role "': _PASSWORD,
    "认证失败": _PASSWORD,
    'database "': _MISSING,
    '数据库 "': _MISSING,
    "角色": _PASSWORD,
    "too many clients": POSTGRES["53300"],
}
"""What a server says before anybody is let in comes without a code, in the server's own language."""


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the database raises inside into StoreBroken; *where* names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as exc:
        what, cure = _sentence(exc)
        raise StoreBroken(f"the results database {where} {what}", cure=cure) from exc


def is_gone(exc: DBAPIError) -> bool:
    """Return whether the server went away or is not yet there; a database in a file never does."""
    return not isinstance(exc.orig, sqlite3.Error) and _of_server(exc.orig) is _GONE


def is_damage(exc: DBAPIError) -> bool:
    """Return whether the database found its own pages broken."""
    return _sentence(exc) is _DAMAGED


def _sentence(exc: SQLAlchemyError | sqlite3.Error) -> tuple[str, str]:
    cause = getattr(exc, "orig", exc)
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        # Extended codes are longer: SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED.
        found = next((sentence for kind, sentence in SQLITE.items() if name.startswith(kind)), None)
    else:
        found = _of_server(cause)
    return found or (f"failed: {cause or exc}", "Look at what it says; docs/results.md describes the tables.")


def _of_server(cause: object) -> tuple[str, str] | None:
    """Return what an error of psycopg means; it is known by what it holds, for the library may not be installed."""
    state = getattr(cause, "sqlstate", None)
    if state:
        return next((sentence for kind, sentence in POSTGRES.items() if state.startswith(kind)), None)
    if type(cause).__name__ not in ("OperationalError", "ConnectionTimeout"):
        return None
    said = str(cause)
    refused = said.partition("FATAL:")[2] or said.partition("致命错误:")[2]
    return next((sentence for words, sentence in _SAID.items() if words in refused), _GONE)
