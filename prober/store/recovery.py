"""What a dead process left behind."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select, update

from prober.model.run import Outcome
from prober.store import stale
from prober.store.process import Process
from prober.store.tables import RUNS, STEPS


def mark_interrupted(connection: Connection) -> int:
    """
    Mark every unfinished run of a dead process as interrupted, and return how many there were.

    Such a run ended with its last finished step. It is FAILED if a step of it was: the channel did break its promise.
    Else it is ERROR: the robot could not ask to the end. It never counts as passed.
    """
    unfinished = connection.execute(select(RUNS).where(RUNS.c.ended_at.is_(None))).mappings().all()
    return sum(_mark_if_gone(connection, run) for run in unfinished)


def _mark_if_gone(connection: Connection, run: RowMapping) -> bool:
    steps = connection.execute(select(STEPS.c.ended_at, STEPS.c.outcome).where(STEPS.c.run_id == run["id"])).all()
    ended_at = max((step.ended_at for step in steps), default=run["started_at"])
    if not Process(run["host"], run["pid"], run["process_start"]).is_gone(ended_at):
        return False
    failed = any(step.outcome == str(Outcome.FAILED) for step in steps)
    outcome = str(Outcome.FAILED if failed else Outcome.ERROR)
    ending = {"interrupted": True, "ended_at": ended_at, "outcome": outcome}
    connection.execute(update(RUNS).where(RUNS.c.id == run["id"]).values(ending))
    stale.note_runs(connection, [run["started_at"]])
    return True
