"""Keep with several missed starts in a row up to when they are told: a schedule that is changed later says nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.add_column("starts", sa.Column("until_at", Instant()))
