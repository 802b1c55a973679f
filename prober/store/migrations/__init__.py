"""Brings a database to the tables of this version when it is opened."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

HEAD = "0011"
"""The newest revision; a test holds it to the scripts."""


def migrate(connection: Connection, where: str) -> None:
    """
    Bring the database to this version's tables, inside the transaction of *connection*.

    Raises:
        StoreBroken: A newer robot wrote it, or it belongs to another program.
    """
    revision = revision_of(connection)
    if revision != HEAD:
        from prober.store.migrations.upgrading import upgrade  # noqa: PLC0415 - most starts do without Alembic

        upgrade(connection, revision, where)


def revision_of(connection: Connection) -> str | None:
    """Return which version's tables the database has; None if it has none of the robot's."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
