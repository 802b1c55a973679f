"""Brings a database to the tables of this version when it is opened."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

HEAD = "0003"
"""The newest revision; a test holds it to the scripts."""


def migrate(connection: Connection, where: str) -> None:
    """
    Bring the database to this version's tables, inside the transaction of *connection*.

    Raises:
        StoreBroken: A newer robot wrote it, or it belongs to another program.
    """
    revision = None
    if inspect(connection).has_table("alembic_version"):
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != HEAD:
        from prober.store.migrations.upgrading import upgrade  # noqa: PLC0415 - most starts do without Alembic

        upgrade(connection, revision, where)
