"""Figures of any window are those of its runs, whatever was counted beforehand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from prober.model.figures import Figures
from prober.model.run import Outcome, Run, StepResult
from prober.store import stale
from prober.store.sketches import merged, quantiles, sketch
from prober.store.store import Store
from prober.store.tables import ROLLUPS, STALE

FIRST = datetime(2026, 11, 18, 20, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 9, 10, tzinfo=UTC)
Make = Callable[..., Run]
MakeStep = Callable[..., StepResult]


@pytest.fixture
async def played(store: Store, a_run: Make, a_step: MakeStep) -> list[Run]:
    """Two and a half days of runs on two lines."""
    chance = random.Random(7)  # noqa: S311
    runs = []
    for number in range(120):
        at = FIRST + timedelta(seconds=chance.uniform(0, (NOW - FIRST).total_seconds()))
        runs.append(a_played(a_run, a_step, f"run-{number}", at, chance))
    for run in runs:
        await store.run_finished(run)
    return runs


def a_played(a_run: Make, a_step: MakeStep, name: str, at: datetime, chance: random.Random) -> Run:
    outcome = chance.choice([Outcome.PASSED, Outcome.PASSED, Outcome.SLOW, Outcome.FAILED, Outcome.ERROR])
    bare = {"timings": {}, "captures": (), "evidence": (), "started_at": at, "ended_at": at}
    steps = tuple(
        a_step(index, name=f"step {index}", took_s=chance.lognormvariate(0, 1), outcome=outcome, **bare)
        for index in range(3)
    )
    ended = {"started_at": at, "ended_at": at + timedelta(seconds=30), "outcome": outcome}
    return a_run(name, line=chance.choice(["demo-1", "demo-2"]), attempt=chance.choice([1, 2]), steps=steps, **ended)


def expected(runs: list[Run], since: datetime, until: datetime, step: int | None) -> tuple[int, ...]:
    inside = [run for run in runs if since <= run.started_at < until]
    outcomes = [run.outcome if step is None else run.steps[step].outcome for run in inside]
    return tuple(outcomes.count(one) for one in Outcome)


def counts(figures: Figures) -> tuple[int, ...]:
    return (figures.passed, figures.slow, figures.failed, figures.error, figures.skipped)


async def test_any_window_is_counted_right(store: Store, played: list[Run]) -> None:
    """Before and after rolling up; for windows that begin and end anywhere; for runs and for a step."""
    chance = random.Random(8)  # noqa: S311
    windows = [sorted(FIRST + timedelta(hours=chance.uniform(-2, 62)) for _ in range(2)) for _ in range(25)]
    for rolled in (False, True):
        if rolled:
            assert await store.rollups.roll(NOW) > 40
        for since, until in windows:
            of_runs = store.rollups.figures(since, until, scenario="balance-query").get((), Figures())
            assert counts(of_runs) == expected(played, since, until, None)
            of_step = store.rollups.figures(since, until, step="step 1").get((), Figures())
            assert counts(of_step) == expected(played, since, until, 1)
            took = [run.steps[1].took_s or 0 for run in played if since <= run.started_at < until]
            if took:
                assert (of_step.max_s, of_step.mean_s) == (max(took), pytest.approx(sum(took) / len(took)))
                assert of_step.p50_s == pytest.approx(np.quantile(took, 0.5, method="lower"), rel=0.011)
                assert of_step.p95_s == pytest.approx(np.quantile(took, 0.95, method="lower"), rel=0.011)


async def test_figures_are_told_by_what_is_asked(store: Store, played: list[Run]) -> None:
    """By line, by step; flaky runs are those that passed on a second attempt; a run that broke off is not timed."""
    await store.rollups.roll(NOW)
    by_line = store.rollups.figures(FIRST, NOW, by=("line",))
    for line in ("demo-1", "demo-2"):
        of = [run for run in played if run.line == line]
        right = [run for run in of if run.outcome in (Outcome.PASSED, Outcome.SLOW)]
        one = by_line[line,]
        assert (counts(one), one.timed) == (expected(of, FIRST, NOW, None), len(right))
        assert one.flaky == sum(run.attempt == 2 for run in right)
        assert one.max_s == pytest.approx(max(run.took_s for run in right))
        assert one.success == len(right) / sum(run.outcome is not Outcome.ERROR for run in of)
    assert set(store.rollups.figures(FIRST, NOW, by=("step", "verb"))) == {(f"step {n}", "hear") for n in range(3)}
    assert store.rollups.figures(FIRST, NOW, item="nothing") == {}


@pytest.mark.parametrize("rolled", [False, True])
async def test_a_timeline_is_its_hours_together(store: Store, played: list[Run], *, rolled: bool) -> None:
    """Whether they were counted beforehand or not, by the hour of the day or by the day; the last one in part."""
    if rolled:
        await store.rollups.roll(NOW - timedelta(hours=20))
    since, until = NOW - timedelta(hours=50, minutes=10), NOW - timedelta(minutes=20)
    by_hour = store.rollups.timeline(since, until, lambda at: at.hour, scenario=["balance", "balance-query"])
    whole = [run for run in played if since.replace(minute=0) <= run.started_at < until]
    for hour, figures in by_hour.items():
        runs = [run for run in whole if run.started_at.hour == hour]
        assert counts(figures) == expected(runs, FIRST, NOW, None), hour
    assert sum(figures.n + figures.error for figures in by_hour.values()) == len(whole) > 50
    by_day = store.rollups.timeline(since, until, lambda at: at.date(), line="demo-1", step="step 1")
    ours = [run for run in whole if run.line == "demo-1"]
    assert {day: sum(counts(figures)) for day, figures in by_day.items()} == {
        day: sum(run.started_at.date() == day for run in ours)
        for day in sorted({run.started_at.date() for run in ours})
    }


async def test_figures_are_of_any_of_some_values(store: Store, played: list[Run]) -> None:
    """Percentiles are of all of them together, not means of means."""
    both = store.rollups.figures(FIRST, NOW, line=["demo-1", "demo-2"])[()]
    assert both == store.rollups.figures(FIRST, NOW)[()]
    assert store.rollups.figures(FIRST, NOW, line=["nobody"]) == {}
    right = [run.took_s for run in played if run.outcome in (Outcome.PASSED, Outcome.SLOW)]
    assert both.p50_s == pytest.approx(float(np.quantile(right, 0.5)), rel=0.05)


@pytest.mark.parametrize("rolled", [False, True])
async def test_steps_of_one_name_are_two_series(store: Store, a_run: Make, a_step: MakeStep, *, rolled: bool) -> None:
    """The second time the menu is heard is another step; its failures are found under the name its figures have."""
    bare = {"name": "hear menu", "timings": {}, "captures": (), "evidence": (), "started_at": FIRST, "ended_at": FIRST}
    ended = {"started_at": FIRST, "ended_at": FIRST + timedelta(seconds=30), "outcome": Outcome.FAILED}
    told = ((0, 0.1, Outcome.PASSED), (1, 3.9, Outcome.FAILED))
    for name in ("b", "a"):
        steps = tuple(a_step(place, took_s=took_s, outcome=outcome, **bare) for place, took_s, outcome in told)
        await store.run_finished(a_run(name, steps=steps, **ended))
    if rolled:
        await store.rollups.roll(NOW)
    found = store.rollups.figures(FIRST, NOW, by=("step",))
    assert {step: (one.n, one.min_s, one.max_s) for (step,), one in found.items()} == {
        "hear menu": (2, 0.1, 0.1),
        "hear menu (2)": (2, 3.9, 3.9),
    }
    assert {one.name for one in store.queries.failures(FIRST, NOW)} == {"hear menu (2)"}


async def test_rolling_again_changes_nothing(store: Store, store_url: str, played: list[Run]) -> None:
    """Nor does another robot that does it too, nor one that was killed in the middle."""

    def rows() -> list[object]:
        wanted = select(ROLLUPS).order_by(ROLLUPS.c.span, ROLLUPS.c.at, ROLLUPS.c.series)
        return list(store._database.read(lambda connection: connection.execute(wanted).all()))

    other = Store.open(store_url)
    await store.rollups.roll(NOW)
    before = rows()
    assert await store.rollups.roll(NOW) == 0
    assert await other.rollups.roll(NOW) == 0
    at = FIRST.replace(minute=0)
    await store._database.write(lambda connection: stale_by_hand(connection, at))
    assert await other.rollups.roll(NOW) == 2
    assert rows() == before
    other.close()


def stale_by_hand(connection, at):
    stale.mark(connection, "hour", [at])


async def test_a_run_that_ends_late_is_counted(store: Store, played: list[Run], a_run: Make, a_step: MakeStep) -> None:
    """Its hour was counted already: figures are right at once, and after the next rolling up."""
    begun = a_run("late", started_at=FIRST + timedelta(hours=20))
    await store.run_started(begun)
    await store.rollups.roll(NOW)
    window = (FIRST, NOW)
    before = counts(store.rollups.figures(*window)[()])
    await store.run_finished(replace(begun, ended_at=NOW, outcome=Outcome.FAILED))
    for _ in range(2):
        now = counts(store.rollups.figures(*window)[()])
        assert [b - a for a, b in zip(before, now, strict=True)] == [0, 0, 1, 0, 0]
        assert await store.rollups.roll(NOW) in (0, 2)
    assert store._database.read(lambda connection: connection.execute(select(STALE)).all()) == []


async def test_a_run_that_ends_while_its_hour_is_counted_is_counted_again(
    store: Store, played: list[Run], a_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the hour and the writing of its figures, nothing is lost."""
    begun = a_run("between", started_at=FIRST + timedelta(hours=20))
    await store.run_started(begun)
    write, ending = store._database.write, replace(begun, ended_at=NOW, outcome=Outcome.FAILED)

    async def late(work):
        await store.run_finished(ending)
        return await write(work)

    await store.rollups.roll(NOW - timedelta(days=9))
    await write(lambda connection: stale_by_hand(connection, FIRST.replace(minute=0)))
    await store.rollups.roll(NOW)
    await write(lambda connection: stale_by_hand(connection, begun.started_at.replace(minute=0)))
    monkeypatch.setattr(store._database, "write", late)
    await store.rollups._count_anew("hour", begun.started_at.replace(minute=0, second=0, microsecond=0))
    monkeypatch.undo()
    assert counts(store.rollups.figures(FIRST, NOW)[()]) == expected([*played, ending], FIRST, NOW, None)


def test_sketches_are_merged_without_loss() -> None:
    """Many sketches put together tell what one of all of them would; nothing at all is known of none."""
    values = [random.Random(3).lognormvariate(0, 1) for _ in range(5000)] + [0.0]  # noqa: S311
    parts = [sketch(values[start : start + 100]) for start in range(0, len(values), 100)]
    assert merged(parts) == sketch(values)
    assert quantiles(b"".join(parts), [0.5]) == quantiles(sketch(values), [0.5])
    assert quantiles(b"", [0.5, 0.9]) == [None, None]
