"""Keep planned starts and what they meant, incidents, and who was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant, Words

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.add_column("runs", sa.Column("probe", sa.String()))
    op.create_index(op.f("runs_by_probe_started_at"), "runs", ["probe", "started_at"])
    op.add_column("lease_requests", sa.Column("lane", sa.Integer(), server_default="0", nullable=False))
    _schedule()
    _incidents()
    _alarms()


def _schedule() -> None:
    op.create_table(
        "probe_results",
        sa.Column("probe", sa.String(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String()),
        sa.Column("channel", sa.String()),
        sa.Column("layer", sa.String()),
        sa.Column("step", Words()),
        sa.Column("what", Words(), nullable=False),
        sa.Column("maintenance", Words(), nullable=False),
        sa.Column("incident_id", sa.String()),
        sa.PrimaryKeyConstraint("probe", "planned_at", name=op.f("probe_results_pk")),
    )
    op.create_table(
        "leaders",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("leaders_pk")),
    )
    op.create_index(op.f("probe_results_by_at"), "probe_results", ["at"])
    op.create_index(op.f("probe_results_by_probe_at"), "probe_results", ["probe", "at"])
    op.create_table(
        "starts",
        sa.Column("probe", sa.String(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String()),
        sa.Column("missed", sa.String()),
        sa.Column("detail", Words(), server_default="", nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("probe", "planned_at", name=op.f("starts_pk")),
    )
    op.create_index(op.f("starts_by_missed_planned_at"), "starts", ["missed", "planned_at"])
    op.create_index(op.f("starts_by_planned_at"), "starts", ["planned_at"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("step", Words(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("what", Words(), nullable=False),
        sa.Column("worked", Words(), nullable=False),
        sa.Column("first_run", sa.String(), nullable=False),
        sa.Column("last_run", sa.String(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant()),
        sa.Column("acknowledged_at", Instant()),
        sa.Column("acknowledged_by", Words(), server_default="", nullable=False),
        sa.Column("snoozed_until", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("incidents_pk")),
    )
    op.create_index(op.f("incidents_by_closed_at"), "incidents", ["closed_at"])
    op.create_index(op.f("incidents_by_opened_at"), "incidents", ["opened_at"])
    op.create_index(
        "incidents_open_by_cause",
        "incidents",
        ["kind", "channel", "layer", "step"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "incident_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("happened", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("probe", sa.String()),
        sa.Column("run_id", sa.String()),
        sa.Column("text", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("incident_changes_incident_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_changes_pk")),
    )
    op.create_index(op.f("incident_changes_by_at"), "incident_changes", ["at"])
    op.create_index(op.f("incident_changes_by_incident_id"), "incident_changes", ["incident_id"])
    op.create_table(
        "incident_probes",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("probe", sa.String(), nullable=False),
        sa.Column("item", sa.String()),
        sa.Column("team", Words(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.Column("recovered_at", Instant()),
        sa.Column("first_run", sa.String(), nullable=False),
        sa.Column("last_run", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("incident_probes_incident_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "probe", name=op.f("incident_probes_pk")),
    )
    op.create_index(op.f("incident_probes_by_probe"), "incident_probes", ["probe"])


def _alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("change_id", sa.Integer()),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("instead_of", sa.Integer()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", Words(), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("alarms_incident_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("alarms_pk")),
    )
    op.create_index("alarms_once", "alarms", ["incident_id", "way", "reason", "number"], unique=True)
    op.create_index(op.f("alarms_by_state_due_at"), "alarms", ["state", "due_at"])
    op.create_table(
        "tickets",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", Words(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("tickets_incident_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "system", name=op.f("tickets_pk")),
    )
