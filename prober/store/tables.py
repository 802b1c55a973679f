"""
The tables, as docs/results.md describes them.

Instants are aware UTC (`*_at`), durations float seconds (`*_s`); NULL means: not measured. A change here needs a
migration beside it; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.types import JSON

from prober.store.types import Facts, Instant, Words

METADATA = MetaData(
    naming_convention={
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    }
)


def _owner() -> list[Column[object]]:
    """Who holds a row: a process is known by its host, its pid and the moment it started (pids come again)."""
    return [
        Column("host", String, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("process_start", String, nullable=False),
    ]


def _run_id(*, primary_key: bool = False) -> Column[str]:
    return Column("run_id", String, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False)


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
    *_owner(),
    Index(None, "started_at"),
    Index(None, "scenario", "started_at"),
    Index(None, "item", "started_at"),
    Index(None, "ended_at"),
)

STEPS = Table(
    "steps",
    METADATA,
    _run_id(primary_key=True),
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
    Column("facts", Facts, nullable=False),
    Index(None, "started_at"),
    Index(None, "channel", "verb", "started_at"),
    Index(None, "name", "started_at"),
)

TIMINGS = Table(
    "timings",
    METADATA,
    _run_id(primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("took_s", Float, nullable=False),
    Index(None, "name"),
)

CAPTURES = Table(
    "captures",
    METADATA,
    _run_id(primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("text", Words, nullable=False),
    Column("value_text", Words),
    Column("value_number", BigInteger),
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run_id(),
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
    *_owner(),
    Column("leased_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index(None, "run_id"),
)

LEASE_REQUESTS = Table(
    "lease_requests",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("lines", JSON, nullable=False),
    *_owner(),
    Column("expires_at", Instant, nullable=False),
)

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
    *_owner(),
    Index(None, "day"),
    Index(None, "state"),
)
