"""Many runs at a glance: figures are of what was measured, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from prober.model.run import Outcome, Run
from prober.reports.html import page_name, render_index
from prober.reports.overview import overview, spread
from prober.reports.words import Mark


@pytest.fixture
def many(runs: list[Run]) -> list[Run]:
    """Three days of two scenarios."""
    return [
        replace(run, id=f"{run.id}-{day}", scenario=name, started_at=run.started_at + timedelta(days=day))
        for day in range(3)
        for name in ("balance-query", "bill-query")
        for run in runs
    ]


def test_every_run_is_in_one_slot_and_one_row(many: list[Run]) -> None:
    """The pillars hold as many runs as there are; the list begins with the latest."""
    told = overview(many)
    for one in told.scenarios:
        assert sum(sum(slot.counts.values()) for slot in one.slots) == one.number == 21
        assert one.slots[0].counts
        assert one.slots[-1].counts
    assert [row.run.started_at for row in told.rows] == sorted((run.started_at for run in many), reverse=True)
    assert told.lines == ("demo-1", "demo-2", "demo-3")


@pytest.mark.parametrize("between_s", [0.0, 0.1, 1.0, 4.0, 3600.0])
def test_runs_fill_the_time_from_the_first_to_the_last(passed: Run, between_s: float) -> None:
    """However quick they were, the first run is in the first slot and the last in the last, which choose just them."""
    starts = [passed.started_at + timedelta(seconds=number * between_s) for number in range(9)]
    (row,) = overview([replace(passed, id=f"run-{at}", started_at=at) for at in starts]).scenarios
    assert row.slots[0].counts
    assert row.slots[-1].counts
    for slot in row.slots:
        assert sum(slot.counts.values()) == sum(slot.start <= at < slot.end for at in starts)


def test_a_scenario_tells_where_it_breaks_and_how_long_it_takes(many: list[Run], passed: Run) -> None:
    """Only whole runs have a journey's latency; robot errors and skipped runs are not the channel's failures."""
    one = overview(many).scenarios[0]
    assert one.counts[Mark.ERROR] == 3
    assert one.well == pytest.approx(6 / 12)
    assert dict(one.breaks_at) == {"same ivr_balance, web_balance, sms_balance": 3, "balance": 3, "/login": 3}
    assert (one.took.number, one.took.p50_s) == (6, pytest.approx(passed.took_s + (2.74 - 0.412) / 2))
    welcome = next(step for step in one.steps if step.name == "welcome")
    assert (welcome.counts[Mark.SLOW], welcome.spread.number, welcome.spread.max_s) == (3, 18, 2.74)


def test_nothing_measured_is_no_figure(passed: Run) -> None:
    """A scenario that never asked has no rate; no latency is not nought."""
    assert spread([None, None]).p50_s is None
    (one,) = overview([replace(passed, outcome=Outcome.SKIPPED, steps=())]).scenarios
    assert (one.well, one.took.number, one.steps) == (None, 0, ())


def test_the_index_leads_to_every_run(many: list[Run]) -> None:
    """Every run has a link to its own page, whose name is a plain file name whatever the id is."""
    page = render_index(many, title="t", folder="runs")
    assert all(f'href="runs/{page_name(run.id)}"' in page for run in many)
    assert page_name("../a b/<c>") == ".._a_b__c_.html"


def test_an_index_of_nothing_can_be_read() -> None:
    """No runs give a page without runs."""
    assert "0 次运行" in render_index([], title="t", folder="runs")


def test_the_index_reads_as_it_was_approved(runs: list[Run], approve: Callable[[str, str], None]) -> None:
    """The index of runs of every kind stays as it is."""
    page = render_index(runs, title="余额查询：上线前检查", folder="runs")
    approve("index.html", page[page.index("<main>") : page.index("</main>")])


def test_steps_of_one_name_are_two_rows(passed: Run) -> None:
    """What is heard twice in a run is told apart, in figures and where it broke, whatever else is called that."""
    heard = replace(passed.steps[0], name="menu", took_s=0.1)
    named, again = replace(heard, name="menu (2)", took_s=0.2), replace(heard, took_s=3.9, outcome=Outcome.FAILED)
    (one,) = overview([replace(passed, steps=(heard, named, again), outcome=Outcome.FAILED)]).scenarios
    assert [(row.name, row.spread.max_s) for row in one.steps] == [("menu", 0.1), ("menu (2)", 0.2), ("menu (3)", 3.9)]
    assert one.breaks_at == (("menu (3)", 1),)
