"""The page of a launch: its course, its limits, and what is to become of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest

from prober.judge.gate import watching
from prober.judge.gate.watching import Look
from prober.model.item import Item, PhaseChange, Sample, Terms
from prober.model.run import Outcome, Phase, Run, StepResult
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.reports import charts, launch_page
from prober.reports.launch_page import Course

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
ITEM = Item("balance", "余额查询", "", ("ivr",), ("balance",))
BEFORE = {"balance": Sample("balance", n=60, passed=60, journeys={"ivr": (3.0, 4.0) * 30})}
PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def launched(outcomes: list[Outcome]) -> Course:
    """The course of a launch whose runs ended so, one a minute."""
    watch, looks = watching.watch(BEFORE, Terms()), []
    for number, outcome in enumerate(outcomes):
        at = NOON + timedelta(minutes=number)
        step = StepResult(0, "hear", "ivr", "hear", outcome, at, at, took_s=3.5)
        run = Run(f"run-{number}", "balance", "", "demo-1", at, at, "0", "0", "0", outcome=outcome, steps=(step,))
        watch = watch.seen(run)
        looks.append(Look(run.id, "balance", at, outcome, watch.evidence))
    begun = PhaseChange("balance", Phase.LAUNCH, NOON, "<发布经理>", "its gate says GO")
    return Course(begun, looks, watch, watch.stops)


def page(course: Course, decision: Decision, *others: Reason) -> str:
    at = NOON + timedelta(minutes=30)
    verdict = Verdict("balance", Phase.LAUNCH, at, decision, (*others, watching.reason(course.watch)))
    return launch_page.render(verdict, ITEM, course, zone=ZoneInfo("Asia/Shanghai"))


def test_a_launch_that_was_stopped_shows_when_by_what_and_is_rolled_back() -> None:
    """With the course of success and of evidence, each limit, and the runs that failed; nobody's text is markup."""
    told = page(launched([PASSED] * 8 + [FAILED] * 6), Decision.NO_GO)
    for said in ("已停止", "2026-03-02 12:30:00", "prober phase balance pre-launch --why", "&lt;发布经理&gt;"):
        assert said in told, said
    assert "prober report run-8 run-9 run-10 run-11 run-12 run-13" in told
    assert told.count("<figure") == told.count('<figure class="plot"><svg') == 2
    assert "语音耗时超过 4.38 s（据此前 p50）" in told
    assert "6 / 14" in told
    assert "://" not in told.replace("http://www.w3.org", "")


def test_a_launch_that_went_well_says_since_when_it_stands() -> None:
    """And how many runs the robot could not ask: they count for nobody."""
    told = page(launched([PASSED] * 8 + [Outcome.ERROR] * 2), Decision.GO)
    assert "观察期满" in told
    assert "不回退：自 2026-03-02 12:30:00 起处于上线后阶段" in told
    assert "另有 2 次机器人未能拨测" in told
    assert "次失败" not in told.partition("观察项与限值")[0]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((), "watch it on: prober launch balance"),
        ((Reason(Ground.PHASE, Decision.INCONCLUSIVE, "changed"),), "Somebody changed its phase"),
    ],
)
def test_what_is_not_decided_says_how_it_goes_on(others: tuple[Reason, ...], said: str) -> None:
    """Also where nothing could be asked at all, and there is nothing to draw."""
    told = page(launched([]), Decision.INCONCLUSIVE, *others)
    assert said in told
    assert "<figure" not in told


def test_a_share_is_of_some_runs() -> None:
    """However many parts the time has, each point is the share of its own runs, in the minutes it stands for."""
    course = launched([PASSED, PASSED, FAILED, FAILED] * 3)
    found = list(launch_page._shares(course, NOON + timedelta(minutes=12)))
    assert found == [(2.0, "balance", 0.5), (6.0, "balance", 0.5), (10.0, "balance", 0.5)]
    assert len(list(launch_page._shares(launched([PASSED] * 500), NOON + timedelta(minutes=500)))) == 24


@pytest.mark.parametrize("value", [0.0, 1e-300, inf])
def test_evidence_of_any_size_is_drawn(value: float) -> None:
    """It is a mean of products: both ends are far."""
    svg = charts.evidence([(0.0, 1.0), (1.0, value)], 100.0)
    assert "NaN" not in svg
    assert "Infinity" not in svg
