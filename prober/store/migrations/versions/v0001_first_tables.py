"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Facts, Instant, Words

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    _lines_and_leases()
    _quarantines()
    _runs()
    _steps()
    _parts_of_steps()


def _lines_and_leases() -> None:
    op.create_table(
        "lines",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("msisdn", sa.String(), nullable=False),
        sa.Column("facts", Facts(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("lines_pk")),
    )
    op.create_table(
        "leases",
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.Column("leased_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("line", name=op.f("leases_pk")),
    )
    op.create_index(op.f("leases_by_run_id"), "leases", ["run_id"])
    op.create_table(
        "lease_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("lease_requests_pk")),
    )


def _quarantines() -> None:
    op.create_table(
        "quarantines",
        sa.Column("msisdn", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("msisdn", "service", name=op.f("quarantines_pk")),
    )
    op.create_table(
        "late_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("msisdn", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("late_replies_pk")),
    )
    op.create_index(op.f("late_replies_by_run_id"), "late_replies", ["run_id"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("item", sa.String()),
        sa.Column("phase", sa.String()),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("waited_s", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String()),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("scenario_sha256", sa.String(), nullable=False),
        sa.Column("prompts_sha256", sa.String(), nullable=False),
        sa.Column("config_sha256", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("runs_pk")),
    )
    op.create_index(op.f("runs_by_ended_at"), "runs", ["ended_at"])
    op.create_index(op.f("runs_by_item_started_at"), "runs", ["item", "started_at"])
    op.create_index(op.f("runs_by_scenario_started_at"), "runs", ["scenario", "started_at"])
    op.create_index(op.f("runs_by_started_at"), "runs", ["started_at"])


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("layer", sa.String()),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("within_s", sa.Float()),
        sa.Column("warn_s", sa.Float()),
        sa.Column("soft", sa.Boolean(), nullable=False),
        sa.Column("waited_s", sa.Float(), nullable=False),
        sa.Column("took_s", sa.Float()),
        sa.Column("evidence_s", sa.Float(), nullable=False),
        sa.Column("loop_lag_s", sa.Float(), nullable=False),
        sa.Column("failure", Words()),
        sa.Column("expected", Words()),
        sa.Column("actual", Words()),
        sa.Column("facts", Facts(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("steps_run_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("steps_pk")),
    )
    op.create_index(op.f("steps_by_channel_verb_started_at"), "steps", ["channel", "verb", "started_at"])
    op.create_index(op.f("steps_by_name_started_at"), "steps", ["name", "started_at"])
    op.create_index(op.f("steps_by_started_at"), "steps", ["started_at"])


def _parts_of_steps() -> None:
    op.create_table(
        "timings",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("timings_run_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "step", "name", name=op.f("timings_pk")),
    )
    op.create_index(op.f("timings_by_name"), "timings", ["name"])
    op.create_table(
        "captures",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("value_text", Words()),
        sa.Column("value_number", sa.BigInteger()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("captures_run_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "step", "position", name=op.f("captures_pk")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("of_step", sa.Integer()),
        sa.Column("step", sa.Integer()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", Words(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("evidence_run_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("evidence_pk")),
    )
    op.create_index(op.f("evidence_by_run_id"), "evidence", ["run_id"])
