"""Takes runs out of the store, with all that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from prober.store.tables import METADATA, RUNS, UNCHECKED


def remove_runs(connection: Connection, run_ids: Sequence[str]) -> None:
    """Delete runs and everything of theirs but its files; steps go by the database's own rule, the rest by name."""
    for table in (METADATA.tables[name] for name in UNCHECKED):
        connection.execute(delete(table).where(table.c.run_id.in_(run_ids)))
    connection.execute(delete(RUNS).where(RUNS.c.id.in_(run_ids)))
