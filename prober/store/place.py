"""Where results are kept: what `store.url` names."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from prober.errors import StoreBroken


@dataclass(frozen=True)
class Place:
    """One database. *file* is where SQLite keeps it; None for a server's."""

    url: URL
    file: Path | None

    def __str__(self) -> str:
        """Name it for a person, without a password."""
        return str(self.file or self.url.render_as_string(hide_password=True))


def place_of(url: str) -> Place:
    """
    Return the database that *url* names.

    Raises:
        StoreBroken: It names none, or one that this installation cannot speak to.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed and parsed.get_backend_name() == "postgresql" and parsed.database:
        return _server(parsed)
    file = parsed.database if parsed and parsed.get_backend_name() == "sqlite" else None
    if not parsed or not file or file.startswith(("file:", ":memory:")):
        shown = parsed.render_as_string(hide_password=True) if parsed else url
        raise StoreBroken(
            f"store.url is {shown!r}, which names no database that results can be kept in",
            cure="Write sqlite:///FILE, as in sqlite:///results_db/prober.sqlite, or postgresql://USER@HOST/DATABASE.",
        )
    return Place(parsed, Path(file))


def password_in(url: str) -> str:
    """Return the password that the database URL *url* holds; "" if none."""
    try:
        return str(make_url(url).password or "")
    except ArgumentError:
        return ""


def _server(url: URL) -> Place:
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise StoreBroken(
            f"store.url names the driver {url.drivername!r}, which the robot does not speak",
            cure="Write postgresql://USER@HOST/DATABASE.",
        )
    if importlib.util.find_spec("psycopg") is None:
        raise StoreBroken(
            "store.url names a PostgreSQL server, and the library that speaks to one is not installed",
            cure="Install it: pip install 'prober[postgres]'.",
        )
    return Place(url.set(drivername="postgresql+psycopg"), None)
