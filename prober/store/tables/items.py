"""Where items stand, what is normal for them, and what the gate said."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table

from prober.store.tables.base import METADATA
from prober.store.types import Instant, Words

PHASES = Table(
    "phases",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("why", Words, nullable=False),
    Index(None, "item", "id"),
)
"""Every change of an item's phase; it stands where the last one says."""

BASELINES = Table(
    "baselines",
    METADATA,
    Column("item", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("phase", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("samples", JSON, nullable=False),
)
"""What is normal. *samples* hold the latencies themselves, so that a baseline outlives its runs."""

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("decision", String, nullable=False),
    Column("since", Instant),
    Column("until", Instant),
    Column("baseline", Integer),
    Column("reasons", JSON, nullable=False),
    Column("runs", JSON, nullable=False),
    Index(None, "item", "at"),
    Index(None, "at"),
)
"""What the gate, or the watch after a launch, said, with every reason."""
