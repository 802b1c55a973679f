"""The six qualities, from figures."""

from __future__ import annotations

import pytest

from prober.judge import qualities
from prober.judge.qualities import Heard, Need
from prober.model.item import Budget
from prober.model.quality import Grade, Part, Quality
from prober.model.wording import Reading, Told, Wording

RULES = {"zh": Wording({"APN": "上网接入点"}, {"ivr": Reading(sentence=10, seconds=20.0)})}


def parts(grade: Grade) -> dict[str, float | None]:
    return {part.name: part.score and round(part.score, 1) for part in grade.parts}


def test_a_quality_is_worth_its_worst_part() -> None:
    """What is not known counts for nothing; of nothing known nothing is said."""
    known = (Part("a", 90.0), Part("b", None), Part("c", 40.0))
    assert Grade(Quality.STABILITY, known).score == 40.0
    assert Grade(Quality.STABILITY, known[1:2]).score is None
    assert Grade(Quality.STABILITY).score is None


def test_simplicity_is_need_against_budget() -> None:
    """The median of each scenario, the greatest of them; what has no budget informs, what was not asked is left out."""
    needs = [Need("a", keys=3, clicks=2, seconds=50.0)] * 3 + [Need("b", keys=4, seconds=130.0)]
    grade = qualities.simplicity(needs, Budget(keys=3, seconds=65.0))
    assert parts(grade) == {"keys": 75.0, "clicks": None, "seconds": 50.0}
    assert (grade.score, grade.parts[0].figures) == (50.0, {"needed": 4, "budget": 3})
    assert qualities.simplicity(needs, Budget(keys=9)).parts[0].score == 100.0
    assert qualities.simplicity(needs, Budget(keys=0)).parts[0].score == 0.0
    assert qualities.simplicity([], Budget(keys=3)).score is None


def test_reliability_is_what_is_proved() -> None:
    """Few flawless runs prove little; the sigma level has the shift that it is given with by custom."""
    assert qualities.reliability(25, 25).score == pytest.approx(90.2, abs=0.05)
    many = qualities.reliability(99_977, 100_000).parts[0].figures
    assert many["sigma"] == pytest.approx(4.91, abs=0.01)
    assert many["dpmo"] == pytest.approx(323, abs=1)
    assert qualities.reliability(0, 9).parts[0].figures["sigma"] is None
    assert qualities.reliability(0, 0).score is None


def test_comprehensibility_is_words_sound_and_people() -> None:
    """Shares of texts and prompts, MOS and scores as parts of their range."""
    told = [Told("ivr", "设置APN。", "a"), Told("ivr", "这是一句说得非常非常长的话。", "b"), Told("ivr", "好。", "c")]
    heard = [Heard(-26.0, 0.0, 5.0), Heard(-44.0, 0.0, 25.0), Heard(-20.0, 0.01, None), Heard()]
    grade = qualities.comprehensibility(told, RULES, heard=heard, mos=[4.41, 2.705], scores=[4, 5])
    assert parts(grade) == {
        "words": 66.7,
        "length": 66.7,
        "level": 33.3,
        "speaking": 50.0,
        "listening": 75.0,
        "reviewers": 87.5,
    }
    assert grade.parts[0].figures["remarks"] == "ivr a: APN → 上网接入点"
    assert "‘这是一句说得非常非常长的话’ is 13 long, 10 at most" in str(grade.parts[1].figures["remarks"])
    assert qualities.comprehensibility([], RULES).parts == ()


def test_timeliness_is_apdex() -> None:
    """Slow ones count half, wrong ones nothing."""
    assert qualities.timeliness(60, 30, 10).score == pytest.approx(75.0)
    assert qualities.timeliness(0, 0, 0).score is None


def test_stability_is_availability_and_spread() -> None:
    """Up to twice the p50 the p95 is no spread; incidents are told, and say nothing by themselves."""
    grade = qualities.stability(availability=0.995, incidents=2, window_s=7200.0, p50_s=1.0, p95_s=4.0)
    assert parts(grade) == {"availability": 99.5, "spread": 50.0}
    assert grade.parts[0].figures["between_s"] == 3600.0
    assert qualities.stability(p50_s=1.0, p95_s=1.9).score == 100.0
    assert parts(qualities.stability(incidents=0)) == {"availability": None}
    assert qualities.stability().score is None


def test_consistency_is_what_held() -> None:
    """Between the channels, and each with what it should tell."""
    grade = qualities.consistency(equal=[True] * 9 + [False], right=[True, True])
    assert parts(grade) == {"same": 90.0, "content": 100.0}
    assert qualities.consistency(equal=[], right=[]).score is None
