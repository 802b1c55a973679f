"""Writes runs and steps. Every function works inside the transaction it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from prober.model.line import Line
from prober.model.run import Run, StepResult
from prober.store import rows
from prober.store.process import this_process
from prober.store.tables import CAPTURES, EVIDENCE, LEASES, LINES, RUNS, STEPS, TIMINGS


def put_run(connection: Connection, run: Run) -> None:
    """Write the row of *run*, new or changed, and every step of it that is not yet there."""
    row = rows.run_row(run)
    if connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(row)).rowcount == 0:
        connection.execute(insert(RUNS).values(row | this_process().columns()))
    kept = set(connection.scalars(select(STEPS.c.step).where(STEPS.c.run_id == run.id)))
    for result in run.steps:
        if result.index not in kept:
            put_step(connection, run.id, result)


def put_step(connection: Connection, run_id: str, result: StepResult) -> None:
    """Write a finished step with all that hangs on it."""
    connection.execute(insert(STEPS).values(rows.step_row(run_id, result)))
    _insert(connection, TIMINGS, rows.timing_rows(run_id, result))
    _insert(connection, CAPTURES, rows.capture_rows(run_id, result))
    _insert(connection, EVIDENCE, rows.evidence_rows(run_id, result.evidence, of_step=result.index))


def finish_step(connection: Connection, run: Run, result: StepResult) -> None:
    """Write a finished step, and that its run still holds its line."""
    if connection.scalar(select(RUNS.c.id).where(RUNS.c.id == run.id)) is None:
        put_run(connection, run)
    put_step(connection, run.id, result)
    connection.execute(update(LEASES).where(LEASES.c.run_id == run.id).values(seen_at=result.ended_at))


def finish_run(connection: Connection, run: Run) -> None:
    """Write how a run ended, with the evidence of the whole of it."""
    put_run(connection, run)
    connection.execute(delete(EVIDENCE).where(EVIDENCE.c.run_id == run.id, EVIDENCE.c.of_step.is_(None)))
    _insert(connection, EVIDENCE, rows.evidence_rows(run.id, run.evidence, of_step=None))


def put_lines(connection: Connection, lines: Iterable[Line]) -> None:
    """Write who the lines are; their secrets are never kept."""
    for line in lines:
        row = {"name": line.name, "msisdn": line.msisdn, "facts": dict(line.facts)}
        if connection.execute(update(LINES).where(LINES.c.name == line.name).values(row)).rowcount == 0:
            connection.execute(insert(LINES).values(row))


def _insert(connection: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    if values:
        connection.execute(insert(table), values)
