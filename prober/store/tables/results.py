"""Runs and what hangs on them, and who speaks: lines, their leases, what they owe and ordered."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)
from sqlalchemy.types import JSON

from prober.store.tables.base import METADATA, owner, run_id
from prober.store.types import Facts, Instant, Words

LINES = Table(
    "lines",
    METADATA,
    Column("name", String, primary_key=True),
    Column("msisdn", String, nullable=False),
    Column("facts", Facts, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("title", Words, nullable=False),
    Column("item", String),
    Column("phase", String),
    Column("line", String, nullable=False),
    Column("msisdn", String),
    Column("probe", String),
    Column("attempt", Integer, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("waited_s", Float, nullable=False),
    Column("outcome", String),
    Column("interrupted", Boolean, nullable=False),
    Column("remark", Words, nullable=False, server_default=""),
    Column("scenario_sha256", String, nullable=False),
    Column("prompts_sha256", String, nullable=False),
    Column("config_sha256", String, nullable=False),
    *owner(),
    Index(None, "started_at"),
    Index(None, "scenario", "started_at"),
    Index(None, "item", "started_at"),
    Index(None, "probe", "started_at"),
    Index(None, "ended_at"),
)

STEPS = Table(
    "steps",
    METADATA,
    run_id(primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("name", Words, nullable=False),
    Column("channel", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("layer", String),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("within_s", Float),
    Column("warn_s", Float),
    Column("soft", Boolean, nullable=False),
    Column("waited_s", Float, nullable=False),
    Column("took_s", Float),
    Column("evidence_s", Float, nullable=False),
    Column("loop_lag_s", Float, nullable=False),
    Column("failure", Words),
    Column("expected", Words),
    Column("actual", Words),
    Column("failure_zh", Words),
    Column("facts", Facts, nullable=False),
    Index(
        "steps_failed",
        "started_at",
        sqlite_where=text("outcome IN ('failed', 'error')"),
        postgresql_where=text("outcome IN ('failed', 'error')"),
    ),
    sqlite_with_rowid=False,
)
"""Found by their runs, and runs by time: an index of steps by time, name or verb costs more than it brings."""

TIMINGS = Table(
    "timings",
    METADATA,
    run_id(primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("took_s", Float, nullable=False),
    sqlite_with_rowid=False,
)

CAPTURES = Table(
    "captures",
    METADATA,
    run_id(primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("text", Words, nullable=False),
    Column("value_text", Words),
    Column("value_number", BigInteger),
    sqlite_with_rowid=False,
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", Integer, primary_key=True),
    run_id(),
    Column("of_step", Integer),
    Column("step", Integer),
    Column("kind", String, nullable=False),
    Column("path", Words, nullable=False),
    Column("sha256", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index(None, "run_id"),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("line", String, primary_key=True),
    Column("run_id", String, nullable=False),
    *owner(),
    Column("leased_at", Instant, nullable=False),
    Index(None, "run_id"),
)

LEASE_REQUESTS = Table(
    "lease_requests",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("lane", Integer, nullable=False, server_default="0"),
    *owner(),
)

SILENCES = Table(
    "silences",
    METADATA,
    *owner(),
    Column("silent_s", Float, nullable=False),
    Column("looked_at", Instant, nullable=False),
    PrimaryKeyConstraint("host", "pid", "process_start"),
)
"""For how long processes that wait for a line, or cannot be seen, were silent. One that lives takes its row out."""

QUARANTINES = Table(
    "quarantines",
    METADATA,
    Column("msisdn", String, primary_key=True),
    Column("service", String, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
)

LATE_REPLIES = Table(
    "late_replies",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("msisdn", String, nullable=False),
    Column("service", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("text", Words, nullable=False),
    Index(None, "run_id"),
)

ORDERS = Table(
    "orders",
    METADATA,
    Column("run_id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("line", String, nullable=False),
    Column("msisdn", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("settled_at", Instant),
    *owner(),
    Index(None, "day"),
    Index(None, "state"),
)
