"""Writes runs and steps, many at once. Every function works inside the transaction it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Select, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from prober.model.line import Line
from prober.model.run import Run, StepResult
from prober.store import bulk, rows, stale
from prober.store.numbers import Numbers
from prober.store.process import this_process
from prober.store.tables import CAPTURES, EVIDENCE, LINES, RUNS, STEPS, TIMINGS

# A statement is built once: SQLAlchemy takes as long to know one again as SQLite does to carry it out.
_OF_RUNS: BindParameter[str] = bindparam("of_runs", expanding=True)
_RUNS_THERE = select(RUNS.c.id).where(RUNS.c.id.in_(_OF_RUNS))
_STEPS_COUNTED = select(STEPS.c.run_id, func.count()).where(STEPS.c.run_id.in_(_OF_RUNS)).group_by(STEPS.c.run_id)
_STEPS_THERE = select(STEPS.c.run_id, STEPS.c.step).where(STEPS.c.run_id.in_(_OF_RUNS))
_NO_EVIDENCE = delete(EVIDENCE).where(EVIDENCE.c.run_id.in_(_OF_RUNS), EVIDENCE.c.of_step.is_(None))


Numbered = tuple[Run, str | None]
"""A run, and the number of its line as it is kept, as far as is known."""


def put_runs(connection: Connection, runs: Sequence[Numbered]) -> None:
    """Write the rows of *runs*, new or changed, and every step of them that is not yet there."""
    if not runs:
        return
    latest = {run.id: (run, msisdn) for run, msisdn in runs}
    owner = this_process().columns()
    values = [rows.run_row(run) | owner | {"msisdn": msisdn} for run, msisdn in latest.values()]
    connection.execute(_put(RUNS, connection.dialect.name), values)
    if played := [run for run, _ in latest.values() if run.steps]:
        counted = dict(_rows_of(connection, _STEPS_COUNTED, played))
        if short := [run for run in played if counted.get(run.id, 0) < len(run.steps)]:
            there = set(_rows_of(connection, _STEPS_THERE, short))
            steps = [(run.id, step) for run in short for step in run.steps if (run.id, step.index) not in there]
            _put_steps(connection, steps)


def finish_steps(connection: Connection, finished: Sequence[tuple[Run, StepResult, bool]]) -> None:
    """Write finished steps, each with whether its run is known to be there; and runs where they are not."""
    if unsure := {run.id: run for run, _, is_there in finished if not is_there}:
        missing = unsure.keys() - set(connection.scalars(_RUNS_THERE, {"of_runs": list(unsure)}))
        put_runs(connection, [(replace(unsure[one], steps=()), None) for one in missing])
    _put_steps(connection, [(run.id, result) for run, result, _ in finished])


def finish_runs(connection: Connection, runs: Sequence[Numbered]) -> None:
    """Write how runs ended, with the evidence of the whole of them."""
    put_runs(connection, runs)
    latest = {run.id: run for run, _ in runs}
    connection.execute(_NO_EVIDENCE, {"of_runs": list(latest)})
    found = [row for run in latest.values() for row in rows.evidence_rows(run.id, run.evidence, of_step=None)]
    bulk.put(connection, EVIDENCE, found)
    stale.note_runs(connection, [run.started_at for run in latest.values()])


def put_lines(connection: Connection, lines: Iterable[Line], numbers: Numbers) -> dict[str, str]:
    """Write who the lines are, and return their numbers as they are kept, hashed; their secrets never are."""
    found: list[dict[str, Any]] = [
        {"name": line.name, "msisdn": numbers.kept(connection, line.msisdn), "facts": dict(line.facts)}
        for line in lines
    ]
    if found:
        connection.execute(_put(LINES, connection.dialect.name), found)
    return {line["name"]: line["msisdn"] for line in found}


def _put_steps(connection: Connection, finished: Iterable[tuple[str, StepResult]]) -> None:
    """Write finished steps of runs, by their ids, with all that hangs on them: one statement a table."""
    found: Mapping[Table, list[dict[str, Any]]] = {STEPS: [], TIMINGS: [], CAPTURES: [], EVIDENCE: []}
    for run_id, result in finished:
        found[STEPS].append(rows.step_row(run_id, result))
        found[TIMINGS].extend(rows.timing_rows(run_id, result))
        found[CAPTURES].extend(rows.capture_rows(run_id, result))
        found[EVIDENCE].extend(rows.evidence_rows(run_id, result.evidence, of_step=result.index))
    for table, values in found.items():
        bulk.put(connection, table, values)


def _rows_of(connection: Connection, asked: Select[Any], runs: Sequence[Run]) -> list[tuple[str, int]]:
    return [(run_id, number) for run_id, number in connection.execute(asked, {"of_runs": [run.id for run in runs]})]


@cache
def _put(table: Table, dialect: str) -> Executable:
    """Return what inserts a row, or replaces what is in it by what is new; who began it, and on which number, stays."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    fixed = {column.name for column in table.primary_key} | {"host", "pid", "process_start"}
    changed: dict[str, Any] = {
        column.name: statement.excluded[column.name] for column in table.columns if column.name not in fixed
    }
    if table is RUNS:
        changed["msisdn"] = func.coalesce(RUNS.c.msisdn, statement.excluded.msisdn)
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
