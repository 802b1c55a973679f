"""Run by Alembic: migrates on the connection, and in the transaction, that `migrate` was given."""

from __future__ import annotations

from alembic import context

from prober.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
