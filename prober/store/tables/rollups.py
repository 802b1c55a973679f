"""Figures by the hour and by the day, which outlive the steps they were counted from."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from prober.store.tables.base import METADATA
from prober.store.types import Instant, Words

SERIES = Table(
    "series",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("item", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("line", String, nullable=False),
    Column("step", Words, nullable=False),
    Column("channel", String, nullable=False),
    Column("verb", String, nullable=False),
    Index("series_once", "scenario", "item", "phase", "line", "step", "channel", "verb", unique=True),
    Index(None, "item"),
)
"""What figures are of: a step of a scenario on a line, or, where *step* is "", the whole run. None is ""."""

ROLLUPS = Table(
    "rollups",
    METADATA,
    Column("series", Integer, ForeignKey("series.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("span", String, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("passed", Integer, nullable=False),
    Column("slow", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("error", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("flaky", Integer, nullable=False),
    Column("timed", Integer, nullable=False),
    Column("sum_s", Float, nullable=False),
    Column("min_s", Float),
    Column("max_s", Float),
    Column("sketch", LargeBinary, nullable=False),
    Index(None, "span", "at"),
    sqlite_with_rowid=False,
)
"""
One row a series, span (`hour`, `day`) and its beginning, by the start of the run.

*sketch* holds the latencies, so that percentiles of many rows can be merged; *timed* is how many it holds.
"""

ROLLED = Table(
    "rolled",
    METADATA,
    Column("span", String, primary_key=True),
    Column("until_at", Instant, nullable=False),
    Column("since_at", Instant),
)
"""From when (what is older was pruned) up to when each span has figures; the span `run` is the runs themselves."""

STALE = Table(
    "stale",
    METADATA,
    Column("span", String, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("marks", Integer, nullable=False),
)
"""Hours and days whose figures are not those of their runs any more, and how often that was noted."""

KEYS = Table(
    "keys",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""What numbers are hashed with: a `salt`, and the `check` that tells whether a key is the right one."""
