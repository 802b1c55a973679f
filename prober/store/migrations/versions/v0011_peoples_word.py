"""Keep what people say of items, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant, Words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("comment", Words(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("reviews_pk")),
    )
    op.create_index(op.f("reviews_by_item_id"), "reviews", ["item", "id"])
    op.create_table(
        "opinions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("quality", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("comment", Words(), nullable=False),
        sa.Column("source", Words(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("opinions_pk")),
    )
    op.create_index(op.f("opinions_once"), "opinions", ["key"], unique=True)
    op.create_index(op.f("opinions_by_item_at"), "opinions", ["item", "at"])
    op.create_table(
        "improvements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("what", Words(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("owner", Words(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("scenarios", sa.JSON(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("improvements_pk")),
    )
    op.create_index(op.f("improvements_by_item_id"), "improvements", ["item", "id"])
    op.create_index(op.f("improvements_by_stage"), "improvements", ["stage"])
    op.create_table(
        "improvement_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("improvement_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("text", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["improvement_id"],
            ["improvements.id"],
            name=op.f("improvement_changes_improvement_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("improvement_changes_pk")),
    )
    op.create_index(op.f("improvement_changes_by_improvement_id_id"), "improvement_changes", ["improvement_id", "id"])
