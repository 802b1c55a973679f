"""What the database says when it will not, as a sentence with a cure."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from prober.errors import StoreBroken

SENTENCES = {
    "SQLITE_BUSY": (
        "is locked by another program",
        "End the program that holds it (a database browser, a backup), or wait until it is done.",
    ),
    "SQLITE_LOCKED": ("is locked by this program", "Start the robot again."),
    "SQLITE_READONLY": (
        "cannot be written to",
        "Give the file and its folder to the user who runs the robot, or choose another store.url in config.yaml.",
    ),
    "SQLITE_CANTOPEN": (
        "cannot be opened or made",
        "See that its folder exists and belongs to the user who runs the robot (store.url in config.yaml).",
    ),
    "SQLITE_FULL": ("has no room: the disk is full", "Free some disk space."),
    "SQLITE_IOERR": (
        "cannot be written or read: the disk refused",
        "See whether the disk is full, over a quota or failing.",
    ),
    "SQLITE_NOTADB": (
        "is not a database",
        "Choose another store.url in config.yaml, or move the file away: a new one is then made.",
    ),
    "SQLITE_CORRUPT": (
        "is damaged",
        "Restore a copy, or move the file away: a new one is then made.",
    ),
}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the database raises inside into StoreBroken; *where* names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as exc:
        what, cure = _sentence(exc)
        raise StoreBroken(f"the results database {where} {what}", cure=cure) from exc


def _sentence(exc: SQLAlchemyError | sqlite3.Error) -> tuple[str, str]:
    cause = getattr(exc, "orig", exc)
    name = getattr(cause, "sqlite_errorname", "") if isinstance(cause, sqlite3.Error) else ""
    # Extended codes are longer: SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED.
    kinds = (sentence for kind, sentence in SENTENCES.items() if name.startswith(kind))
    return next(kinds, (f"failed: {cause or exc}", "Look at what it says; docs/results.md describes the tables."))
