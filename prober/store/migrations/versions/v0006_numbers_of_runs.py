"""Keep with each run whose number it was played on: a line may get another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the tables up to this version. As far as is known, former runs were on the number their line has now."""
    op.add_column("runs", sa.Column("msisdn", sa.String()))
    op.execute("UPDATE runs SET msisdn = (SELECT lines.msisdn FROM lines WHERE lines.name = runs.line)")
