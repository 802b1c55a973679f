"""Keep with several missed starts in a row up to when they are told: a schedule that is changed later says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from prober.store.types import Instant

revision = "0007"
down_revision = "0006"


_STARTS = sa.table(
    "starts",
    sa.column("probe", sa.String()),
    sa.column("planned_at", Instant()),
    sa.column("count", sa.Integer()),
    sa.column("until_at", Instant()),
)
_LEADERS = sa.table("leaders", sa.column("seen_at", Instant()))


def upgrade() -> None:
    """Bring the tables up to this version; several missed starts are told up to the next one, or till a robot led."""
    op.add_column("starts", sa.Column("until_at", Instant()))
    connection, starts, after = op.get_bind(), _STARTS.c, _STARTS.alias().c
    led_at = connection.scalar(sa.select(sa.func.max(_LEADERS.c.seen_at))) or datetime.now(UTC)
    following = sa.select(sa.func.min(after.planned_at))
    following = following.where(after.probe == starts.probe, after.planned_at > starts.planned_at)
    several = sa.update(_STARTS).where(starts.count > 1, starts.planned_at < led_at)
    until_at = sa.func.coalesce(following.scalar_subquery(), led_at)
    connection.execute(several.values(until_at=until_at))
