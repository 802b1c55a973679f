"""Keep what was ordered, and a remark on each run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.add_column("runs", sa.Column("remark", Words(), nullable=False, server_default=""))
    op.create_table(
        "orders",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("msisdn", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("settled_at", Instant()),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("orders_pk")),
    )
    op.create_index(op.f("orders_by_day"), "orders", ["day"])
    op.create_index(op.f("orders_by_state"), "orders", ["state"])
