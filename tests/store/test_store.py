"""What is put into the store comes out of it."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from prober.model.line import Line
from prober.model.run import Evidence, Outcome, Run, StepResult
from prober.store.store import Store
from tests.store.conftest import NOON

Make = Callable[..., Run]
MakeStep = Callable[..., StepResult]


async def play(store: Store, run: Run) -> None:
    """Tell *store* of *run* as the runner does."""
    begun = replace(run, ended_at=None, outcome=None, steps=(), evidence=())
    await store.run_started(begun)
    for result in run.steps:
        await store.step_finished(begun, result)
    await store.run_finished(run)


def finished(run: Run, *steps: StepResult) -> Run:
    """Return *run* as it is when it came to its end."""
    ladder = Evidence("ladder", "2026-11-21/r/ladder.txt", "ef" * 32, 800)
    recording = Evidence("recording", "2026-11-21/r/call.wav", "01" * 32, 64_044, step=0)
    ended_at = run.started_at + timedelta(seconds=9)
    return replace(run, ended_at=ended_at, outcome=Outcome.FAILED, steps=steps, evidence=(recording, ladder))


async def test_a_run_comes_back_equal(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """Every field of a run, its steps, captures and evidence comes back as it was put in."""
    bare = a_step(1, layer=None, failure=None, within_s=None, warn_s=None, took_s=None, outcome=Outcome.PASSED)
    run = finished(a_run(), a_step(0), replace(bare, timings={}, facts={}, captures=(), evidence=()))
    await play(store, run)
    assert store.queries.run(run.id) == run


async def test_a_run_under_way_is_read_as_far_as_it_got(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """A run that has not ended shows its finished steps, and no end."""
    await store.run_started(a_run())
    await store.step_finished(a_run(), a_step(0))
    assert store.queries.run("run-1") == a_run(steps=(a_step(0),))


async def test_the_end_brings_the_steps_that_were_never_told(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """A run that is finished with more steps than were told one by one is kept whole, and once."""
    run = finished(a_run(), a_step(0), a_step(1))
    await store.step_finished(a_run(), a_step(0))
    await store.run_finished(run)
    await store.run_finished(run)
    assert store.queries.run(run.id) == run


async def test_types_of_facts_are_kept(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """True stays true and 1.0 stays a float: equality alone would not show it."""
    await play(store, finished(a_run(), a_step(0)))
    run = store.queries.run("run-1")
    assert run is not None
    facts = run.steps[0].facts
    assert (facts["barge_in"], type(facts["whole"]), type(facts["code"])) == (True, float, int)


async def test_what_no_database_takes_costs_no_step(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """Broken text of a page and figures that are none are replaced, and the step is kept."""
    odd = a_step(0, name="a\0b\ud800c", facts={"mos": math.nan, "title": "\udfff"}, timings={"lcp_s": math.inf})
    await play(store, finished(a_run(), odd))
    run = store.queries.run("run-1")
    assert run is not None
    kept = run.steps[0]
    assert (kept.name, kept.facts, kept.timings) == ("a\ufffdb?c", {"mos": None, "title": "?"}, {})


async def test_instants_come_back_in_utc(store: Store, a_run: Make) -> None:
    """An instant of any zone is the same instant afterwards; one without a zone is refused."""
    in_china = datetime(2026, 11, 21, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    await store.run_started(a_run(started_at=in_china))
    run = store.queries.run("run-1")
    assert run is not None
    assert run.started_at.isoformat() == "2026-11-21T12:00:00+00:00"
    with pytest.raises(Exception, match="no time zone"):
        await store.run_started(a_run(started_at=datetime(2026, 11, 21, 20, 0)))  # noqa: DTZ001 - the point of the test


async def test_runs_are_found_by_scenario_item_line_and_time(store: Store, a_run: Make) -> None:
    """Each filter leaves out what does not match; the latest run comes first."""
    start = a_run().started_at
    for number in range(4):
        at = start + timedelta(minutes=number)
        await store.run_started(a_run(f"run-{number}", started_at=at, line=f"demo-{number % 2}"))
    await store.run_started(a_run("other", scenario="other", item=None))

    def ids(**wanted: object) -> list[str]:
        return [run.id for run in store.queries.runs(**wanted)]  # type: ignore[arg-type]

    assert ids(scenario="balance-query", limit=2) == ["run-3", "run-2"]
    assert ids(item="balance-query", line="demo-0") == ["run-2", "run-0"]
    assert ids(since=start + timedelta(minutes=1), until=start + timedelta(minutes=3)) == ["run-2", "run-1"]
    assert len(ids()) == 5


async def test_lines_are_remembered_without_their_secrets(
    store: Store, store_url: str, contents: Callable[[], bytes]
) -> None:
    """A line's facts are kept and brought up to date; nothing of its secrets is in the file."""
    line = Line("demo-1", "13800000001", facts={"brand": "全球通"}, secrets={"service_password": "s3cr3t-246801"})
    await store.remember([line])
    await store.remember([replace(line, facts={"brand": "动感地带"})])
    store.close()
    content = contents()
    assert "动感地带".encode() in content or b"\\u52a8" in content
    assert b"s3cr3t-246801" not in content


async def test_a_step_is_kept_within_milliseconds(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """Keeping a step costs a run little: a median of a few milliseconds, on a busy machine too."""
    await store.run_started(a_run())
    took_s = []
    for index in range(60):
        begun_s = time.perf_counter()
        await store.step_finished(a_run(), a_step(index))
        took_s.append(time.perf_counter() - begun_s)
    assert statistics.median(took_s) < 0.05


async def test_a_cancelled_caller_does_not_undo_a_step(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """Ctrl-C between the step and its commit loses nothing."""
    await store.run_started(a_run())
    keeping = asyncio.ensure_future(store.step_finished(a_run(), a_step(0)))
    await asyncio.sleep(0)
    keeping.cancel()
    store.close()
    assert [step.index for step in (store.queries.run("run-1") or a_run()).steps] == [0]


@pytest.mark.parametrize(("durable", "synchronous"), [(False, ("1", "off")), (True, ("2", "on"))])
async def test_durable_flushes_every_commit(store_url: str, durable: bool, synchronous: tuple[str, str]) -> None:
    """A durable store has each commit flushed to disk, any other has not."""
    store = Store.open(store_url, durable=durable)
    of_file = store._database.place.file is not None
    asked, said = ("PRAGMA synchronous", synchronous[0]) if of_file else ("SHOW synchronous_commit", synchronous[1])
    assert str(store._database.submit(lambda connection: connection.exec_driver_sql(asked).scalar()).result()) == said
    store.close()


def test_a_file_is_written_ahead(sqlite_url: str) -> None:
    """SQLite keeps a log beside the database, so that readers never wait."""
    store = Store.open(sqlite_url)
    mode = store._database.submit(lambda connection: connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    assert mode.result() == "wal"
    store.close()


async def test_what_waits_together_is_kept_together(store: Store, a_run: Make, a_step: MakeStep) -> None:
    """Steps that come in a rush are all kept, in their order, and one that cannot be costs none of the others."""
    await store.run_started(a_run())
    steps = [a_step(index) for index in range(300)]
    steps[150] = a_step(149)
    done = await asyncio.gather(*(store.step_finished(a_run(), one) for one in steps), return_exceptions=True)
    assert [index for index, one in enumerate(done) if one is not None] == [150]
    run = store.queries.run("run-1")
    assert run is not None
    assert [step.index for step in run.steps] == [index for index in range(300) if index != 150]


async def test_bare_runs_are_judged_as_whole_ones(store: Store, a_run: Callable[..., Run]) -> None:
    """What is left out of them is what nobody judges by: failures, facts, timings, captures, evidence."""
    for number in range(3):
        await store.run_finished(a_run(f"run-{number}", started_at=NOON + timedelta(minutes=number)))
    whole = store.queries.runs(scenario="balance-query")
    bare = store.queries.bare_runs("balance-query", since=NOON + timedelta(minutes=1))
    left_out = {"failure": None, "waited_s": 0.0, "evidence_s": 0.0, "loop_lag_s": 0.0}
    empty = {"timings": {}, "facts": {}, "captures": (), "evidence": ()}
    expected = [
        replace(run, evidence=(), steps=tuple(replace(step, **left_out, **empty) for step in run.steps))
        for run in whole[:2]
    ]
    assert bare == expected
    assert store.queries.bare_runs("balance-query", since=NOON, until=NOON) == []
    assert len(store.queries.bare_runs("balance-query", since=NOON, limit=1)) == 1
