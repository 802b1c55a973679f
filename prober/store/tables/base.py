"""
What all tables have in common, as docs/results.md describes it.

Instants are aware UTC (`*_at`), durations float seconds (`*_s`); NULL means: not measured. A change here needs a
migration beside it; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String

METADATA = MetaData(
    naming_convention={
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    }
)


def owner() -> list[Column[object]]:
    """Who holds a row: a process is known by its host, its pid and the moment it started (pids come again)."""
    return [
        Column("host", String, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("process_start", String, nullable=False),
    ]


def run_id(*, primary_key: bool = False) -> Column[str]:
    return Column("run_id", String, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False)


UNCHECKED = ("timings", "captures", "evidence")
"""
Tables whose `run_id` PostgreSQL does not check: looking each row's run up is a large part of what a step costs.

Their rows are written in one transaction with steps, whose own run is checked, and go with `removal.remove_runs`.
"""
