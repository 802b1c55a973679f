"""Figures by the hour and by the day, which outlive the steps they were counted from."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, String, Table

from prober.store.tables.base import METADATA
from prober.store.types import Instant, Words

ROLLUPS = Table(
    "rollups",
    METADATA,
    Column("span", String, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("scenario", String, primary_key=True),
    Column("phase", String, primary_key=True),
    Column("line", String, primary_key=True),
    Column("step", Words, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("verb", String, primary_key=True),
    Column("item", String),
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
    Column("sketch", LargeBinary),
)
"""
One row a span (`hour`, `day`), its beginning, scenario, phase, line and step; *step* `""` is the whole run.

*sketch* holds the latencies, so that percentiles of many rows can be merged; *timed* is how many it holds.
"""

ROLLED = Table(
    "rolled",
    METADATA,
    Column("span", String, primary_key=True),
    Column("until_at", Instant, nullable=False),
)
"""Up to when each span has been rolled up."""
