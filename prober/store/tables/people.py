"""What people say of items, and what came of it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table

from prober.store.tables.base import METADATA
from prober.store.types import Instant, Words

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("comment", Words, nullable=False),
    Column("runs", JSON, nullable=False),
    Index(None, "item", "id"),
)
"""One person's experience of an item."""

OPINIONS = Table(
    "opinions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("item", String, nullable=False),
    Column("survey", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("quality", String),
    Column("score", Float, nullable=False),
    Column("channel", String, nullable=False),
    Column("comment", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("row", Integer, nullable=False),
    Index("opinions_once", "key", unique=True),
    Index(None, "item", "at"),
)
"""What a row of a survey says. *key* is made of it, so that what is imported twice is kept once."""

IMPROVEMENTS = Table(
    "improvements",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("item", String, nullable=False),
    Column("what", Words, nullable=False),
    Column("category", String, nullable=False),
    Column("owner", Words, nullable=False),
    Column("due", Date),
    Column("channel", String, nullable=False),
    Column("blocks", Boolean, nullable=False),
    Column("scenarios", JSON, nullable=False),
    Column("passes", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("stage", String, nullable=False),
    Column("since", Instant, nullable=False),
    Index(None, "item", "id"),
    Index(None, "stage"),
)
"""What is to become better, and where it stands."""

IMPROVEMENT_CHANGES = Table(
    "improvement_changes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("improvement_id", Integer, ForeignKey("improvements.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("stage", String),
    Column("text", Words, nullable=False),
    Index(None, "improvement_id", "id"),
)
"""What happened to an improvement: *stage* is the one it came to, NULL where somebody only said something."""
