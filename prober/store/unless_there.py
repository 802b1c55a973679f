"""Inserts a row unless its key is taken: one statement, so that of two who try at once only one does it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Table, bindparam, literal, select
from sqlalchemy.dialects import postgresql, sqlite


def insert_unless_there(
    connection: Connection, table: Table, row: Mapping[str, Any], *, only_if: ColumnElement[bool] | None = None
) -> bool:
    """
    Insert *row*, *only_if* that holds, and return whether it was inserted: nobody else did or will.

    *only_if* may name values of the row as parameters; it is one and the same object at each call.
    """
    return connection.execute(_insert(connection.dialect.name, table, tuple(row), only_if), row).rowcount == 1


@cache
def _insert(dialect: str, table: Table, columns: tuple[str, ...], only_if: ColumnElement[bool] | None) -> Executable:
    """Return the statement; to put it together costs more than to execute it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    values = [bindparam(name, type_=table.c[name].type) for name in columns]
    condition = literal(1) == literal(1) if only_if is None else only_if
    wanted = insert(table).from_select(list(columns), select(*values).where(condition))
    # PostgreSQL tells how many rows it inserted only if it is asked to.
    return wanted.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
