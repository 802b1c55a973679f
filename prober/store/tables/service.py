"""What the robot keeps of its work round the clock: planned starts, what they meant, incidents, who was told."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, text

from prober.store.tables.base import METADATA, owner
from prober.store.types import Instant, Words

LEADERS = Table(
    "leaders",
    METADATA,
    Column("name", String, primary_key=True),
    Column("term", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    *owner(),
)
"""Who leads: of several robots on one store, one keeps the schedule. *term* counts the changes of leader."""

STARTS = Table(
    "starts",
    METADATA,
    Column("probe", String, primary_key=True),
    Column("planned_at", Instant, primary_key=True),
    Column("term", Integer, nullable=False),
    Column("run_id", String),
    Column("missed", String),
    Column("detail", Words, nullable=False, server_default=""),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("until_at", Instant),
    Index(None, "planned_at"),
    Index(None, "missed", "planned_at"),
)
"""
Every planned start, made (*run_id*) or *missed*; inserting it claims it, so that nobody makes it twice.

*until_at*: of several that were missed in a row, up to when they are told; of one nobody began, when a robot led again.
"""

PROBE_RESULTS = Table(
    "probe_results",
    METADATA,
    Column("probe", String, primary_key=True),
    Column("planned_at", Instant, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("standing", String, nullable=False),
    Column("runs", JSON, nullable=False),
    Column("kind", String),
    Column("channel", String),
    Column("layer", String),
    Column("step", Words),
    Column("what", Words, nullable=False),
    Column("what_zh", Words),
    Column("maintenance", Words, nullable=False),
    Column("incident_id", String),
    Index(None, "probe", "at"),
    Index(None, "at"),
)
"""What each planned playing meant, once its second attempt was over."""

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("layer", String, nullable=False),
    Column("step", Words, nullable=False),
    Column("severity", String, nullable=False),
    Column("what", Words, nullable=False),
    Column("what_zh", Words),
    Column("worked", Words, nullable=False),
    Column("worked_zh", Words),
    Column("first_run", String, nullable=False),
    Column("last_run", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Words, nullable=False, server_default=""),
    Column("snoozed_until", Instant),
    Index(
        "incidents_open_by_cause",
        *("kind", "channel", "layer", "step"),
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(None, "opened_at"),
    Index(None, "closed_at"),
)
"""At most one incident of a cause is open: the database itself sees to it."""

INCIDENT_PROBES = Table(
    "incident_probes",
    METADATA,
    Column("incident_id", String, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("probe", String, primary_key=True),
    Column("item", String),
    Column("team", Words, nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("recovered_at", Instant),
    Column("first_run", String, nullable=False),
    Column("last_run", String, nullable=False),
    Index(None, "probe"),
)
"""The probes of an incident. One that has recovered and fails again has *recovered_at* NULL again."""

INCIDENT_CHANGES = Table(
    "incident_changes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("incident_id", String, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("happened", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("probe", String),
    Column("run_id", String),
    Column("text", Words, nullable=False),
    Index(None, "incident_id"),
    Index(None, "at"),
)

ALARMS = Table(
    "alarms",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("incident_id", String, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("change_id", Integer),
    Column("way", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("instead_of", Integer),
    Column("state", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("text", Words, nullable=False),
    Index("alarms_once", "incident_id", "way", "reason", "number", unique=True),
    Index(None, "state", "due_at"),
)
"""The outbox: what is to be told, by which way, and what became of it. *number* counts reminders of one reason."""

TICKETS = Table(
    "tickets",
    METADATA,
    Column("incident_id", String, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("system", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("number", Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Words, nullable=False),
)
"""Incidents handed over to other systems."""
