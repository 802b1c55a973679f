"""Keep where items stand, what is normal for them, and what the gate said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant, Words

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "phases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("phases_pk")),
    )
    op.create_index(op.f("phases_by_item_id"), "phases", ["item", "id"])
    op.create_table(
        "baselines",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("item", "version", name=op.f("baselines_pk")),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("baseline", sa.Integer(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("verdicts_pk")),
    )
    op.create_index(op.f("verdicts_by_item_at"), "verdicts", ["item", "at"])
    op.create_index(op.f("verdicts_by_at"), "verdicts", ["at"])
