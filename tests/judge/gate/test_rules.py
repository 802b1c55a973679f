"""The gate: what is GO, what is NO_GO, and that everything else is neither."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from prober.judge.gate.rules import Case, People, Seen, cut_short, judge
from prober.judge.gate.sampling import counted, sample
from prober.model.item import Baseline, Item, Sample, Terms
from prober.model.run import Outcome, Phase, Run
from prober.model.verdict import Decision, Ground, Reason, Verdict
from tests.judge.gate.conftest import NOON, Play

GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
ITEM = Item("balance", "余额查询", "", ("ivr",), ("balance",))
USUAL = tuple(islice(cycle([3.0, 3.2, 2.9, 3.4, 3.1, 3.0, 2.8]), 120))


def of(runs: Sequence[Run], item: Item = ITEM) -> Sample:
    return sample("balance", runs, limits=item.limits, zone=ZoneInfo("Asia/Shanghai"))


def baseline(runs: Sequence[Run], **others: Sample) -> Baseline:
    return Baseline("balance", 3, Phase.PRE_LAUNCH, NOON, "", NOON, NOON, {"balance": of(runs), **others})


def case(runs: Sequence[Run], item: Item = ITEM, **more: Any) -> Case:
    found = counted(runs, version=None, phase=Phase.PRE_LAUNCH, since=NOON)
    seen = {"balance": Seen(found, of(found.runs, item))}
    return Case(item, Phase.PRE_LAUNCH, NOON + timedelta(hours=3), seen, **more)


def why(verdict: Verdict, decision: Decision) -> list[Ground]:
    """What the reasons of *decision* that bind are about."""
    return [reason.ground for reason in verdict.reasons if reason.decision is decision and reason.binds]


def test_enough_runs_that_are_as_good_as_before_go(play: Play) -> None:
    """120 of 120 against 120 of 120: GO, and it says out of which runs, from when to when, against which baseline."""
    runs = play(USUAL)
    verdict = judge(case(runs, baseline=baseline(runs)))
    assert (verdict.decision, verdict.baseline, len(verdict.runs)) == (GO, 3, 120)
    assert (verdict.since, verdict.until) == (NOON, NOON + timedelta(minutes=119, seconds=5))
    assert why(verdict, GO) == [
        *(Ground.SUCCESS, Ground.IN_TIME, Ground.IN_TIME, Ground.REGRESSION, Ground.LATENCY, Ground.LATENCY)
    ]


def test_25_flawless_runs_go_where_there_is_no_baseline(play: Play) -> None:
    """One run less does not, and is told to be missing; that there is no baseline is told as well."""
    assert judge(case(play(USUAL[:25]))).decision is GO
    verdict = judge(case(play(USUAL[:24])))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.SUCCESS])
    assert needed(verdict) == 1
    assert Ground.BASELINE in {reason.ground for reason in verdict.reasons}


def needed(verdict: Verdict) -> int | None:
    return max((reason.needed for reason in verdict.reasons if reason.binds and reason.needed), default=None)


def test_no_data_is_never_go(play: Play) -> None:
    """No run at all, none of this phase, only stale ones, only ones that could not ask: each says so."""
    stale = play(USUAL, started_at=NOON - timedelta(days=30))
    launch, skipped = play(USUAL, phase=Phase.LAUNCH), play(USUAL, outcome=Outcome.SKIPPED)
    for runs, told in ((stale, "120 too old"), (launch, "120 of another phase"), (skipped, "120 could not ask")):
        verdict = judge(case(runs))
        assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.RUNS])
        assert verdict.reasons[0].what == f"no run counts: {told}"
        assert verdict.reasons[0].needed == 25
    assert judge(case([])).decision is INCONCLUSIVE
    assert judge(replace(case([]), seen={})).decision is INCONCLUSIVE


def test_an_item_without_scenarios_is_never_go() -> None:
    """Nothing to judge is no reason to go."""
    verdict = judge(replace(case([], replace(ITEM, scenarios=())), seen={}))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.SCENARIOS])


def test_one_scenario_without_runs_is_enough_against_go(play: Play) -> None:
    """The runs of the others do not stand in for it."""
    verdict = judge(case(play(USUAL), replace(ITEM, scenarios=("balance", "top-up"))))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.RUNS])


def test_faults_of_the_robot_are_no_go_reason_either_way(play: Play) -> None:
    """Up to the allowance they are left out, over it nothing is decided; never do they count as the channel's."""
    runs, faults = play(USUAL), [replace(run, id=f"fault-{run.id}", outcome=Outcome.ERROR) for run in play(USUAL)]
    few, many = judge(case([*runs, *faults[:10]])), judge(case([*runs, *faults[:40]]))
    assert few.decision is GO
    assert (many.decision, why(many, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.FAULTS])
    assert judge(case(faults)).decision is INCONCLUSIVE


def test_proved_failures_are_no_go(play: Play) -> None:
    """Half of the runs fail: NO_GO, and the runs that failed are the evidence."""
    runs = play([None, 3.0] * 20)
    verdict = judge(case(runs))
    assert (verdict.decision, why(verdict, NO_GO)) == (NO_GO, [Ground.SUCCESS, Ground.IN_TIME])
    assert verdict.reasons[-3].runs == tuple(run.id for run in runs if run.outcome is Outcome.FAILED)


@pytest.mark.parametrize(("runs", "decision"), [(1, INCONCLUSIVE), (2, INCONCLUSIVE), (3, NO_GO)])
def test_few_failures_prove_little(play: Play, runs: int, decision: Decision) -> None:
    """One failure of one run may come of any item, or two; three of three do not."""
    assert judge(case(play([None] * runs))).decision is decision


def test_one_failure_is_not_worse_than_a_baseline(play: Play) -> None:
    """However good that was."""
    assert judge(case(play([None]), baseline=baseline(play(USUAL)))).decision is INCONCLUSIVE


def test_a_slow_step_is_no_go(play: Play) -> None:
    """All runs pass, but a third of the plays of a step come past its limit."""
    verdict = judge(case(play([3.0, 3.0, 5.0] * 40), replace(ITEM, limits={"balance": 4.0})))
    assert (verdict.decision, why(verdict, NO_GO)) == (NO_GO, [Ground.IN_TIME])


@pytest.mark.parametrize(("factor", "decision"), [(1.0, GO), (1.1, GO), (1.3, INCONCLUSIVE), (2.0, NO_GO)])
def test_slower_than_before(play: Play, factor: float, decision: Decision) -> None:
    """As long, or a tenth longer, is as good; twice as long is not; what may as well be is neither."""
    slower = play([factor * (took_s + wave(number)) for number, took_s in enumerate(USUAL)])
    before = play([took_s + wave(number) for number, took_s in enumerate(USUAL)])
    assert judge(case(slower, baseline=baseline(before))).decision is decision


def wave(number: int) -> float:
    """Latencies are to spread, so that 1.3 times as long may be chance."""
    return 2 + 2 * math.sin(number)


def test_a_slow_day_is_not_the_items(play: Play) -> None:
    """Twice as long, but so is the control, which did not change: GO."""
    slower, usual = play([2 * took_s for took_s in USUAL]), play(USUAL)
    before = baseline(usual, control=of(usual))
    assert judge(case(slower, baseline=before)).decision is NO_GO
    assert judge(case(slower, baseline=before, control={"control": of(slower)})).decision is GO


def test_a_bad_day_is_not_the_items(play: Play) -> None:
    """Half fail, but so they do of the control: nothing is decided by failures today."""
    failing, usual = play([None, 3.0] * 60), play(USUAL)
    verdict = judge(case(failing, baseline=baseline(usual, control=of(usual)), control={"control": of(failing)}))
    assert verdict.decision is INCONCLUSIVE
    assert Ground.CONTROL in why(verdict, INCONCLUSIVE)


def test_channels_that_disagree_are_no_go(play: Play) -> None:
    """One `same` step of 120 that did not hold is enough, whatever the floor allows."""
    runs = play(USUAL)
    same = replace(runs[7].steps[1], index=2, name="same", channel="robot", verb="same", outcome=Outcome.FAILED)
    runs[7] = replace(runs[7], outcome=Outcome.FAILED, steps=(*runs[7].steps, same))
    verdict = judge(case(runs))
    assert (verdict.decision, why(verdict, NO_GO)) == (NO_GO, [Ground.SAME])
    assert next(reason for reason in verdict.reasons if reason.ground is Ground.SAME).runs == ("run-7",)


def test_people_have_their_say(play: Play) -> None:
    """Reviews that are missing withhold GO, a defect that blocks is NO_GO."""
    item = replace(ITEM, terms=Terms(reviews=2))
    assert judge(case(play(USUAL), item)).decision is INCONCLUSIVE
    assert judge(case(play(USUAL), item, people=People(2))).decision is GO
    assert judge(case(play(USUAL), item, people=People(2, ("菜单读错",)))).decision is NO_GO


def test_a_step_alone_may_stop_but_not_withhold(play: Play) -> None:
    """One step of twenty takes three times as long: the journey hides it, the step does not."""
    usual, slow = play(USUAL), play(USUAL)
    slow = [replace(run, steps=(replace(run.steps[0], took_s=1.6), run.steps[1])) for run in slow]
    verdict = judge(case(slow, baseline=baseline(usual)))
    assert verdict.decision is NO_GO
    assert {(reason.ground, reason.about) for reason in verdict.reasons if reason.decision is NO_GO} == {
        (Ground.STEP_LATENCY, "menu")
    }


def test_too_few_runs_for_a_quantile_say_how_many(play: Play) -> None:
    """A p90 wants 50 runs on each side; a short baseline cannot be made up for by new runs."""
    short = judge(case(play(USUAL[:30]), baseline=baseline(play(USUAL))))
    assert short.decision is INCONCLUSIVE
    ninety = [reason for reason in short.reasons if reason.figures.get("quantile") == 0.9 and reason.binds]
    assert [reason.needed for reason in ninety] == [20]
    assert ninety[0].what == "30 runs, 120 in the baseline, are too few to tell p90 by"
    stuck = judge(case(play(USUAL), baseline=baseline(play(USUAL[:30]))))
    assert [reason.needed for reason in stuck.reasons if reason.figures.get("quantile") == 0.9 and reason.binds] == [
        None
    ]


def test_other_hours_are_told(play: Play) -> None:
    """A baseline of noon says little of the evening, unless a control goes along."""
    evening = play(USUAL, started_at=NOON + timedelta(hours=8))
    told = {reason.ground for reason in judge(case(evening, baseline=baseline(play(USUAL)))).reasons}
    assert Ground.HOURS in told


def test_a_limit_that_nobody_bears_withholds_go(play: Play) -> None:
    """A name that is mistyped, or a step that was never asked: what was never looked at is not well."""
    verdict = judge(case(play(USUAL), replace(ITEM, limits={"balance": 9.0, "balanse": 9.0})))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.LIMITS])


def test_few_latencies_prove_nothing_wrong(play: Play) -> None:
    """Ten runs that took twice as long may be chance; 25 are not."""
    slower = play([2 * took_s for took_s in USUAL[:25]])
    before = baseline(play(USUAL))
    assert judge(case(slower[:10], baseline=before)).decision is INCONCLUSIVE
    assert judge(case(slower, baseline=before)).decision is NO_GO


def test_every_reason_speaks_both_languages(play: Play) -> None:
    """Each has words in English and Chinese, with no place left unfilled."""
    usual = play(USUAL)
    verdicts = [
        judge(case([], replace(ITEM, scenarios=("balance", "other"), terms=Terms(reviews=1)))),
        judge(case(usual, baseline=baseline(usual), people=People(1, ("坏",)))),
        judge(case(play([None, 3.0] * 20), baseline=baseline(usual))),
        judge(case(play(USUAL, started_at=NOON + timedelta(hours=8)), baseline=baseline(usual[:30]))),
        judge(case([*usual, *play(USUAL, outcome=Outcome.ERROR)], replace(ITEM, scenarios=()))),
    ]
    for reason in (reason for verdict in verdicts for reason in verdict.reasons):
        assert_speaks(reason)


def assert_speaks(reason: Reason) -> None:
    for said in (reason.what, reason.what_zh):
        assert said
        assert "{" not in said
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in reason.what)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.what_zh)


def test_a_defect_that_is_said_to_be_mended_is_neither(play: Play) -> None:
    """Not NO_GO any more, and no GO on somebody's word: it says how many runs in a row have yet to show it."""
    runs = play(USUAL[:25])
    verdict = judge(case(runs, people=People(unproved={"IMP-1: 价格念错": {"balance": 2}})))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.DEFECTS])
    (reason,) = [one for one in verdict.reasons if one.ground is Ground.DEFECTS]
    assert (reason.needed, reason.what) == (2, "it is said to be mended, and 2 more runs in a row have to show it")
    assert judge(case(runs, people=People(defects=["IMP-1"]))).decision is NO_GO


def test_a_combination_that_was_not_played_withholds_go(play: Play) -> None:
    """However well the others are."""
    made = case(play(USUAL[:25]))
    seen = {name: replace(one, unplayed=("brand 动感地带",)) for name, one in made.seen.items()}
    verdict = judge(replace(made, seen=seen))
    assert (verdict.decision, why(verdict, INCONCLUSIVE)) == (INCONCLUSIVE, [Ground.RUNS])
    (reason,) = [one for one in verdict.reasons if one.ground is Ground.RUNS]
    assert (reason.about, reason.what) == ("brand 动感地带", "no run that counts was played for it")


def test_no_part_of_a_budget_that_was_begun_is_go(play: Play) -> None:
    """It was looked at because it was not enough before; NO_GO stays what it is."""
    verdict = judge(case(play(USUAL[:45])))
    cut = cut_short(verdict, 75)
    assert (verdict.decision, cut.decision, why(cut, INCONCLUSIVE)) == (GO, INCONCLUSIVE, [Ground.BUDGET])
    assert (cut.reasons[0].needed, "75 runs of the whole budget" in cut.reasons[0].what) == (75, True)
    assert cut_short(verdict, 0) is verdict
    bad = judge(case(play([*USUAL[:15], *[None] * 30])))
    assert cut_short(bad, 75) is bad
