"""What is kept no longer goes, failures last, and what is left can be verified at every moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from prober.loading.config_service import RetentionSettings
from prober.model.run import Evidence, Outcome, Run, StepResult
from prober.store.integrity import verify
from prober.store.retention import Pruned
from prober.store.store import Store
from prober.store.tables import CAPTURES, INCIDENTS, METADATA, STEPS
from tests.store.conftest import NOON

DAY_S = 86400.0
KEEP = RetentionSettings.model_validate(
    {"steps": "100d", "evidence": "10d", "failures": "50d", "texts": "30d", "hourly": "200d"}
)
AGES = (1, 20, 40, 60, 150)


@pytest.fixture
async def kept(store: Store, tmp_path: Path, a_run: Callable[..., Run], a_step: Callable[..., StepResult]) -> Path:
    """A run that passed and one that failed for each of several ages, each with a file of 1000 bytes."""
    folder = tmp_path / "evidence"
    for age in AGES:
        for outcome in (Outcome.PASSED, Outcome.FAILED):
            await store.run_finished(a_kept(folder, a_run, a_step, f"{outcome}-{age}", age=age, outcome=outcome))
    return folder


def a_kept(folder, a_run, a_step, name, *, age, outcome):
    at = NOON - timedelta(days=age)
    path = f"{at:%Y-%m-%d}/{name}/call.wav"
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_bytes(b"x" * 1000)
    evidence = Evidence("recording", path, hashlib.sha256(b"x" * 1000).hexdigest(), 1000)
    step = replace(a_step(0, outcome=outcome, started_at=at, ended_at=at), evidence=())
    ended = {"started_at": at, "ended_at": at, "outcome": outcome}
    return a_run(name, steps=(step,), evidence=(evidence,), **ended)


def files(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.rglob("call.wav")}


def clean(store_url: str, folder: Path) -> bool:
    found = verify(store_url, folder, seen=lambda *_: None)
    return not found.damages and not found.orphans


async def test_each_class_has_its_time(store: Store, store_url: str, kept: Path) -> None:
    """Evidence of passes goes first, of failures later; then what was captured, then runs; figures stay."""
    before = store.rollups.figures(NOON - timedelta(days=160), NOON)
    pruned = await store.retention.prune(kept, KEEP, now=NOON)
    assert files(kept) == {"passed-1", "failed-1", "failed-20", "failed-40"}
    assert {run.id for run in store.queries.runs()} == {f"{o}-{age}" for o in ("passed", "failed") for age in AGES[:-1]}
    assert (pruned.files, pruned.bytes, pruned.runs) == (6, 6000, 2)
    captures = store._database.read(lambda db: set(db.scalars(select(CAPTURES.c.run_id))))
    assert captures == {f"{outcome}-{age}" for outcome in ("passed", "failed") for age in (1, 20)}
    assert store._database.read(lambda db: db.scalar(select(func.count()).select_from(STEPS))) == 8
    assert clean(store_url, kept)
    assert store.rollups.figures(NOON - timedelta(days=160), NOON) == before
    assert (await store.retention.prune(kept, KEEP, now=NOON)).nothing


async def test_a_dry_run_frees_nothing_and_says_the_same(store: Store, kept: Path) -> None:
    """What would be freed is what is freed then."""
    would = await store.retention.prune(kept, KEEP, now=NOON, dry_run=True)
    assert (len(files(kept)), len(store.queries.runs())) == (10, 10)
    assert await store.retention.prune(kept, KEEP, now=NOON) == would


async def test_evidence_that_weighs_too_much_goes_oldest_first_failures_last(store: Store, kept: Path) -> None:
    """Passes of any age go before the oldest failure."""
    keep = KEEP.model_copy(update={"evidence": 900 * DAY_S, "failures": 900 * DAY_S, "steps": 900 * DAY_S})
    await store.retention.prune(kept, keep.model_copy(update={"evidence_size": 7500}), now=NOON)
    assert files(kept) == {"passed-1", "passed-20", *(f"failed-{age}" for age in AGES)}
    await store.retention.prune(kept, keep.model_copy(update={"evidence_size": 3000}), now=NOON)
    assert files(kept) == {"failed-1", "failed-20", "failed-40"}


async def test_what_an_open_incident_points_to_stays(store: Store, kept: Path) -> None:
    """Its runs, their evidence, and itself, however old; once it is closed they go their way."""
    row = {"id": "i1", "first_run": "failed-150", "last_run": "failed-60", "opened_at": NOON - timedelta(days=5000)}
    row |= dict.fromkeys(("kind", "channel", "layer", "step", "severity", "what", "worked"), "")
    await store._database.write(lambda connection: connection.execute(insert(INCIDENTS).values(row)).close())
    await store.retention.prune(kept, KEEP, now=NOON)
    assert {"failed-150", "failed-60"} <= files(kept)
    assert store.queries.run("failed-150") is not None
    closed = INCIDENTS.update().values(closed_at=NOON - timedelta(days=4000))
    await store._database.write(lambda connection: connection.execute(closed).close())
    assert (await store.retention.prune(kept, KEEP, now=NOON)).incidents == 1
    assert files(kept) == {"passed-1", "failed-1", "failed-20", "failed-40"}


async def test_what_an_open_incident_holds_keeps_its_texts(store: Store, kept: Path) -> None:
    """The balance that was wrong is what the incident is about, however long it is open."""
    row = {"id": "i1", "first_run": "failed-40", "last_run": "failed-1", "opened_at": NOON - timedelta(days=40)}
    row |= dict.fromkeys(("kind", "channel", "layer", "step", "severity", "what", "worked"), "")
    await store._database.write(lambda connection: connection.execute(insert(INCIDENTS).values(row)).close())
    await store.retention.prune(kept, KEEP, now=NOON)
    captures = store._database.read(lambda db: set(db.scalars(select(CAPTURES.c.run_id))))
    assert captures == {"failed-40", *(f"{outcome}-{age}" for outcome in ("passed", "failed") for age in (1, 20))}


async def test_what_a_killed_robot_left_is_swept(store: Store, kept: Path) -> None:
    """Files of runs of former days that no row tells of; a person's, and another database's, are left alone."""
    (kept / "notes.txt").write_text("a person's")
    of_run = kept / f"{NOON - timedelta(days=20):%Y-%m-%d}/failed-20"
    for name in ("call.wav.sealing", "trace/trace.zip"):
        (of_run / name).parent.mkdir(exist_ok=True)
        (of_run / name).write_bytes(b"x")
    assert (await store.retention.prune(kept, KEEP, now=NOON, dry_run=True)).leftovers == 2
    pruned = await store.retention.prune(kept, KEEP, now=NOON)
    assert pruned.leftovers == 2
    assert [path.name for path in of_run.iterdir()] == ["call.wav"]
    assert (kept / "notes.txt").exists()


async def test_evidence_of_runs_that_this_database_does_not_know_stays(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    """A backup of yesterday that was restored, or a new database, has nothing to say about it."""
    new = Store.open(f"sqlite:///{tmp_path}/new.sqlite")
    pruned = await new.retention.prune(kept, KEEP, now=NOON)
    new.close()
    assert pruned.nothing
    assert len(files(kept)) == 2 * len(AGES)


async def test_the_robot_goes_on_beside_it(
    store: Store, kept: Path, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Steps that are finished while old runs go are kept."""
    pruning = asyncio.ensure_future(store.retention.prune(kept, KEEP, now=NOON))
    now = a_run("now")
    await store.run_started(now)
    for index in range(50):
        await store.step_finished(now, a_step(index))
    await pruning
    assert len((store.queries.run("now") or now).steps) == 50


async def test_an_empty_store_has_nothing_to_free(store: Store, tmp_path: Path) -> None:
    """Nor does a folder that was never made."""
    assert await store.retention.prune(tmp_path / "none", KEEP, now=NOON) == Pruned()
    assert METADATA.tables.keys() >= {"runs", "rollups"}
