"""Note the silence of processes that cannot be seen, instead of asking clocks that disagree when one was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "silences",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.String(), nullable=False),
        sa.Column("silent_s", sa.Float(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("host", "pid", "process_start", name=op.f("silences_pk")),
    )
    for table, column in (("leases", "seen_at"), ("lease_requests", "expires_at")):
        with op.batch_alter_table(table) as changed:  # not every SQLite drops columns
            changed.drop_column(column)
