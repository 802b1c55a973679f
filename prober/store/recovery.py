"""What a dead process left behind."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, select, update

from prober.model.run import Outcome
from prober.store import stale
from prober.store.leases import drop_held_by
from prober.store.orders import mark_standing
from prober.store.process import Process
from prober.store.silence import gone, held_by
from prober.store.tables import RUNS, STEPS


def mark_left_behind(connection: Connection) -> list[str]:
    """Mark the runs and orders of processes that live no more, free their lines, and return the runs' ids."""
    dead = gone(connection)
    interrupted = mark_interrupted(connection, dead)
    mark_standing(connection, dead)
    drop_held_by(connection, dead)
    return interrupted


def mark_interrupted(connection: Connection, dead: Collection[Process]) -> list[str]:
    """
    Mark every unfinished run of a *dead* process as interrupted, and return their ids.

    Such a run ended with its last finished step. It is FAILED if a step of it was: the channel did break its promise.
    Else it is ERROR: the robot could not ask to the end. It never counts as passed.
    """
    marked: list[str] = []
    for process in dead:
        unfinished = select(RUNS).where(RUNS.c.ended_at.is_(None), held_by(process, RUNS))
        for run in connection.execute(unfinished).mappings().all():
            _mark(connection, run)
            marked.append(run["id"])
    return marked


def _mark(connection: Connection, run: RowMapping) -> None:
    steps = connection.execute(select(STEPS.c.ended_at, STEPS.c.outcome).where(STEPS.c.run_id == run["id"])).all()
    ended_at = max((step.ended_at for step in steps), default=run["started_at"])
    failed = any(step.outcome == str(Outcome.FAILED) for step in steps)
    outcome = str(Outcome.FAILED if failed else Outcome.ERROR)
    ending = {"interrupted": True, "ended_at": ended_at, "outcome": outcome}
    connection.execute(update(RUNS).where(RUNS.c.id == run["id"]).values(ending))
    stale.note_runs(connection, [run["started_at"]])
