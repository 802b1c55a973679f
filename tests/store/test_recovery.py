"""A killed process loses no finished step, and its run is never taken for a pass."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from prober.errors import StoreBroken
from prober.model.run import Outcome, Run, StepResult
from prober.store.store import Store

PLAY = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from prober.model.run import Outcome, Run, StepResult
from prober.store.store import Store

async def main(url, outcome):
    store = Store.open(url)
    now = datetime.now(UTC)
    run = Run(id="killed", scenario="s", title="t", line="demo-1", planned_at=now, started_at=now,
              scenario_sha256="", prompts_sha256="", config_sha256="")
    await store.leases.lease(["demo-1"], "killed", 0)
    await store.run_started(run)
    for index in itertools.count():
        await store.step_finished(run, StepResult(
            index=index, name="n", channel="ivr", verb="hear", outcome=Outcome(outcome), started_at=now,
            ended_at=datetime.now(UTC), timings={"a_s": 0.1}))
        print(index, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def kill_while_playing(url: str, outcome: str) -> list[int]:
    """Kill a process in the middle of its steps; return the steps it was told are kept."""
    process = subprocess.Popen([sys.executable, "-c", PLAY, url, outcome], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(40)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().splitlines()]
    process.wait()
    process.stdout.close()
    return told


@pytest.mark.parametrize(("step", "run"), [("passed", Outcome.ERROR), ("failed", Outcome.FAILED)])
async def test_kill_9_loses_no_finished_step(store_url: str, step: str, run: Outcome) -> None:
    """Every acknowledged step is there; the run is interrupted, and FAILED only if the channel had failed."""
    told = kill_while_playing(store_url, step)
    store = Store.open(store_url)
    kept = store.queries.run("killed")
    assert kept is not None
    assert {result.index for result in kept.steps} >= set(told)
    assert (kept.interrupted, kept.outcome, kept.ended_at) == (True, run, kept.steps[-1].ended_at)
    assert await store.leases.lease(["demo-1"], "next", 0) is not None, "the dead run still holds its line"
    store.close()


async def test_a_run_of_a_living_process_is_left_alone(
    store: Store, store_url: str, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Opening the store again, in this or another process, does not touch runs that are under way."""
    await store.run_started(a_run())
    await store.step_finished(a_run(), a_step(0))
    Store.open(store_url).close()
    run = store.queries.run("run-1")
    assert run is not None
    assert (run.interrupted, run.outcome, run.ended_at) == (False, None, None)


async def test_a_run_without_a_step_ends_where_it_began(
    store: Store, store_url: str, a_run: Callable[..., Run]
) -> None:
    """A run killed before its first step ended when it started, and was ERROR."""
    await store.run_started(a_run())
    await store._database.write(lambda connection: connection.exec_driver_sql("UPDATE runs SET pid = 0").close())
    Store.open(store_url).close()
    run = store.queries.run("run-1")
    assert run is not None
    assert (run.interrupted, run.outcome, run.ended_at) == (True, Outcome.ERROR, run.started_at)


async def test_how_a_run_ended_is_written_when_the_store_takes_it(
    sqlite_url: str, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """A database that was locked at that moment leaves no run under way, and loses no step of it."""
    store = Store.open(sqlite_url, busy_timeout_s=0.1)
    await store.run_started(a_run())
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("begin immediate")
    ended = a_run(steps=(a_step(0),), ended_at=datetime.now(UTC), outcome=Outcome.FAILED)
    with pytest.raises(StoreBroken):
        await store.run_finished(ended)
    assert await store.catch_up() == []
    holder.execute("rollback")
    holder.close()
    assert await store.catch_up() == ["run-1"]
    assert await store.catch_up() == []
    kept = store.queries.run("run-1")
    assert kept is not None
    assert (kept.outcome, len(kept.steps)) == (Outcome.FAILED, 1)
    store.close()
