"""Keep figures by the hour and day, hash the numbers of test customers, and keep steps in half the room."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from prober.store.numbers import salted
from prober.store.types import Facts, Instant, Words

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the tables up to this version."""
    _rollups()
    _numbers()
    op.drop_index("steps_by_channel_verb_started_at", "steps")
    op.drop_index("steps_by_name_started_at", "steps")
    op.drop_index("steps_by_started_at", "steps")
    op.drop_index("timings_by_name", "timings")
    if op.get_bind().dialect.name == "sqlite":
        _without_rowid()
    failed = sa.text("outcome IN ('failed', 'error')")
    op.create_index("steps_failed", "steps", ["started_at"], sqlite_where=failed, postgresql_where=failed)


def _rollups() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("step", Words(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("series_pk")),
    )
    every = ["scenario", "item", "phase", "line", "step", "channel", "verb"]
    op.create_index("series_once", "series", every, unique=True)
    op.create_index(op.f("series_by_item"), "series", ["item"])
    op.create_table(
        "rollups",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("slow", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("error", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("flaky", sa.Integer(), nullable=False),
        sa.Column("timed", sa.Integer(), nullable=False),
        sa.Column("sum_s", sa.Float(), nullable=False),
        sa.Column("min_s", sa.Float()),
        sa.Column("max_s", sa.Float()),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name=op.f("rollups_series_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series", "span", "at", name=op.f("rollups_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("rollups_by_span_at"), "rollups", ["span", "at"])
    op.create_table(
        "rolled",
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("since_at", Instant()),
        sa.PrimaryKeyConstraint("span", name=op.f("rolled_pk")),
    )
    op.create_table(
        "stale",
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("span", "at", name=op.f("stale_pk")),
    )


def _numbers() -> None:
    keys = op.create_table(
        "keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("keys_pk")),
    )
    salt = secrets.token_hex(16)
    connection = op.get_bind()
    connection.execute(sa.insert(keys).values(name="salt", value=salt))
    for name in ("lines", "quarantines", "orders", "late_replies"):
        table = sa.table(name, sa.column("msisdn", sa.String()))
        for (number,) in connection.execute(sa.select(table.c.msisdn).distinct()).all():
            changed = sa.update(table).where(table.c.msisdn == number).values(msisdn=salted(salt, number))
            connection.execute(changed)


def _without_rowid() -> None:
    """Make the large tables anew, each as one tree by its primary key instead of a tree and an index beside it."""
    _anew(
        "steps",
        _of_step(),
        sa.Column("name", Words(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("layer", sa.String()),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("within_s", sa.Float()),
        sa.Column("warn_s", sa.Float()),
        sa.Column("soft", sa.Boolean(), nullable=False),
        sa.Column("waited_s", sa.Float(), nullable=False),
        sa.Column("took_s", sa.Float()),
        sa.Column("evidence_s", sa.Float(), nullable=False),
        sa.Column("loop_lag_s", sa.Float(), nullable=False),
        sa.Column("failure", Words()),
        sa.Column("expected", Words()),
        sa.Column("actual", Words()),
        sa.Column("facts", Facts(), nullable=False),
    )
    _anew(
        "timings",
        (*_of_step(), sa.Column("name", sa.String(), nullable=False)),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("took_s", sa.Float(), nullable=False),
    )
    _anew(
        "captures",
        (*_of_step(), sa.Column("position", sa.Integer(), autoincrement=False, nullable=False)),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("value_text", Words()),
        sa.Column("value_number", sa.BigInteger()),
    )


def _of_step() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
    )


def _anew(name: str, key: tuple[sa.Column[object], ...], *columns: sa.Column[object]) -> None:
    names = [column.name for column in (*key, *columns)]
    made = op.create_table(
        f"{name}_anew",
        *key,
        *columns,
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f(f"{name}_run_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*(column.name for column in key), name=op.f(f"{name}_pk")),
        sqlite_with_rowid=False,
    )
    old = sa.table(name, *(sa.column(one) for one in names))
    rows = sa.select(*(old.c[one] for one in names)).order_by(*(old.c[column.name] for column in key))
    op.execute(sa.insert(made).from_select(names, rows))
    op.drop_table(name)
    op.rename_table(f"{name}_anew", name)
