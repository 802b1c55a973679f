"""Inserts a row unless its key is taken: one statement, so that of two who try at once only one does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, literal, select
from sqlalchemy.dialects import postgresql, sqlite


def insert_unless_there(
    connection: Connection, table: Table, row: Mapping[str, Any], *, only_if: ColumnElement[bool] | None = None
) -> bool:
    """Insert *row*, *only_if* that holds, and return whether it was inserted: nobody else did or will."""
    values = [literal(value, table.c[name].type) for name, value in row.items()]
    condition = literal(1) == literal(1) if only_if is None else only_if
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    wanted = insert(table).from_select(list(row), select(*values).where(condition))
    # PostgreSQL tells how many rows it inserted only if it is asked to.
    asked = wanted.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return connection.execute(asked).rowcount == 1
