"""Keep what happened in Chinese, too: who is told in Chinese need not read the judge's English."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from prober.store.types import Words

revision = "0005"
down_revision = "0004"

_COLUMNS = (("steps", "failure_zh"), ("probe_results", "what_zh"), ("incidents", "what_zh"), ("incidents", "worked_zh"))


def upgrade() -> None:
    """Bring the tables up to this version."""
    for table, name in _COLUMNS:
        op.add_column(table, sa.Column(name, Words()))
