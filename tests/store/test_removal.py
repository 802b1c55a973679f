"""Runs are taken out whole, whatever the database checks by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, insert, select

from prober.model.run import Run, StepResult
from prober.store.integrity import verify
from prober.store.removal import remove_runs
from prober.store.store import Store
from prober.store.tables import METADATA, RUNS, STEPS, TIMINGS, UNCHECKED

OF_RUNS = (RUNS, STEPS, *(METADATA.tables[name] for name in UNCHECKED))


async def test_nothing_of_a_run_stays(
    store: Store, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Its steps, and all that hangs on them, go with it; another run keeps all of its own."""
    for name in ("run-1", "run-2"):
        run = a_run(name)
        await store.run_started(run)
        await store.step_finished(run, a_step())
    kept = rows(store)
    await store._database.write(lambda connection: remove_runs(connection, ["run-1", "unknown"]))
    assert rows(store) == {name: count // 2 for name, count in kept.items()}
    assert all(count for count in kept.values())
    assert store.queries.run("run-2") is not None


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has that is about runs."""

    def counted(table):
        return store._database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))

    return {table.name: counted(table) for table in OF_RUNS}


async def test_what_belongs_to_no_run_is_found(postgres_url: str, tmp_path: Path) -> None:
    """A server does not look up the run of such rows; `db verify` does."""
    store = Store.open(postgres_url)
    stray = {"run_id": "gone", "step": 0, "name": "ring_s", "position": 0, "took_s": 1.0}
    await store._database.write(lambda connection: connection.execute(insert(TIMINGS).values(stray)).close())
    store.close()
    found = verify(postgres_url, tmp_path, seen=lambda *_: None)
    assert [damage.what for damage in found.damages] == ["timings has rows of a run gone that is not there"]
