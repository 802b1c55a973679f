"""What a dead process left behind."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, func, select, update

from prober.model.run import Outcome
from prober.store.process import Process
from prober.store.tables import RUNS, STEPS


def mark_interrupted(connection: Connection) -> int:
    """
    Mark every unfinished run of a dead process of this host as interrupted, and return how many there were.

    Such a run ended with its last finished step. It is FAILED if a step of it was: the channel did break its promise.
    Else it is ERROR: the robot could not ask to the end. It never counts as passed.
    """
    unfinished = connection.execute(
        select(RUNS.c.id, RUNS.c.started_at, RUNS.c.host, RUNS.c.pid, RUNS.c.process_start).where(
            RUNS.c.ended_at.is_(None)
        )
    ).mappings()
    left = [run for run in unfinished if Process(run["host"], run["pid"], run["process_start"]).is_gone()]
    for run in left:
        _mark(connection, run)
    return len(left)


def _mark(connection: Connection, run: RowMapping) -> None:
    of_run = STEPS.c.run_id == run["id"]
    last = connection.scalar(select(STEPS.c.ended_at).where(of_run).order_by(STEPS.c.step.desc()).limit(1))
    failed = connection.scalar(select(func.count()).where(of_run, STEPS.c.outcome == str(Outcome.FAILED)))
    connection.execute(
        update(RUNS)
        .where(RUNS.c.id == run["id"], RUNS.c.ended_at.is_(None))
        .values(
            interrupted=True,
            ended_at=last or run["started_at"],
            outcome=str(Outcome.FAILED if failed else Outcome.ERROR),
        )
    )
