"""What a dead process left behind."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select, update

from prober.model.run import Outcome
from prober.store import stale
from prober.store.leases import drop_left_behind, of_another, own_columns
from prober.store.orders import mark_left_standing
from prober.store.process import Process
from prober.store.tables import LEASES, RUNS, STEPS

_UNFINISHED = (
    select(RUNS, LEASES.c.seen_at)
    .join(LEASES, LEASES.c.run_id == RUNS.c.id, isouter=True)
    .where(RUNS.c.ended_at.is_(None), of_another(RUNS))
)


def mark_left_behind(connection: Connection) -> list[str]:
    """Mark the runs and orders of processes that live no more, free their lines, and return the runs' ids."""
    interrupted = mark_interrupted(connection)
    mark_left_standing(connection)
    # The last: a line that is held is a sign of life.
    drop_left_behind(connection)
    return interrupted


def mark_interrupted(connection: Connection) -> list[str]:
    """
    Mark every unfinished run of a dead process as interrupted, and return their ids.

    Such a run ended with its last finished step. It is FAILED if a step of it was: the channel did break its promise.
    Else it is ERROR: the robot could not ask to the end. It never counts as passed.
    """
    unfinished = connection.execute(_UNFINISHED, own_columns()).mappings().all()
    return [run["id"] for run in unfinished if _mark_if_gone(connection, run)]


def _mark_if_gone(connection: Connection, run: RowMapping) -> bool:
    steps = connection.execute(select(STEPS.c.ended_at, STEPS.c.outcome).where(STEPS.c.run_id == run["id"])).all()
    ended_at = max((step.ended_at for step in steps), default=run["started_at"])
    if not Process(run["host"], run["pid"], run["process_start"]).is_gone(ended_at, run["seen_at"]):
        return False
    failed = any(step.outcome == str(Outcome.FAILED) for step in steps)
    outcome = str(Outcome.FAILED if failed else Outcome.ERROR)
    ending = {"interrupted": True, "ended_at": ended_at, "outcome": outcome}
    connection.execute(update(RUNS).where(RUNS.c.id == run["id"]).values(ending))
    stale.note_runs(connection, [run["started_at"]])
    return True
