"""Brings a database to the tables of this version, step by step. It imports Alembic, which takes most of a second."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect

from prober.errors import StoreBroken


def upgrade(connection: Connection, revision: str | None, where: str) -> None:
    """
    Bring the database from *revision* (None: a new one) to this version's tables, in *connection*'s transaction.

    Raises:
        StoreBroken: A newer robot wrote it, or it belongs to another program.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    if revision is None:
        _refuse_foreign(connection, where)
    else:
        _refuse_newer(ScriptDirectory.from_config(config), revision, where)
    command.upgrade(config, "head")


def _refuse_foreign(connection: Connection, where: str) -> None:
    if tables := inspect(connection).get_table_names():
        raise StoreBroken(
            f"{where} belongs to another program: it has tables of its own ({', '.join(tables[:3])})",
            cure="Choose another store.url in config.yaml.",
        )


def _refuse_newer(scripts: ScriptDirectory, revision: str, where: str) -> None:
    try:
        scripts.get_revision(revision)
    except CommandError as exc:
        raise StoreBroken(
            f"the results database {where} was written by a newer version of the robot (its tables are {revision}, "
            f"this version knows them up to {scripts.get_current_head()})",
            cure="Update the robot, or choose another store.url in config.yaml.",
        ) from exc
