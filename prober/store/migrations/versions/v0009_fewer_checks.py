"""Let PostgreSQL not look up the run of what hangs on steps: it is written with them, and removed with the run."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Bring the tables up to this version. SQLite's are as they were: to it such a look costs next to nothing."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("timings", "captures", "evidence"):
            op.drop_constraint(op.f(f"{table}_run_id_fk"), table, type_="foreignkey")
