"""How far reviewers agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prober.judge.agreement import agreement, alpha, by_quality
from prober.model.quality import Quality
from prober.model.review import Review
from prober.model.run import Phase

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def review(by: str, *scores: int) -> Review:
    return Review("balance", Phase.PRE_LAUNCH, NOON, by, dict(zip(Quality, scores, strict=False)))


def test_alpha_is_that_of_the_literature() -> None:
    """Four observers of twelve units, some missing: 0.849 (Krippendorff 2011, Computing Alpha-Reliability, C)."""
    observers = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
        (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
    )
    units = [[score for score in unit if score] for unit in zip(*observers, strict=True)]
    assert alpha([unit for unit in units if len(unit) > 1]) == pytest.approx(0.849, abs=0.0005)


def test_those_who_say_the_same_agree() -> None:
    """Alpha is 1; where all scores of all qualities are one and the same, nothing could differ, and it says nothing."""
    told = agreement([review("a", 5, 4, 3, 2, 1, 5), review("b", 5, 4, 3, 2, 1, 5)])
    assert (told.reviewers, told.pairs, told.within_one, told.alpha) == (2, 6, 1.0, 1.0)
    assert agreement([review("a", 4, 4), review("b", 4, 4)]).alpha is None


def test_those_who_differ_are_told_where() -> None:
    """The spread of each quality; pairs that are more than one apart count against them."""
    told = agreement([review("a", 5, 1), review("b", 4, 4), review("c", 5, 2)])
    assert dict(told.spread) == {Quality.SIMPLICITY: 1, Quality.RELIABILITY: 3}
    assert told.within_one == pytest.approx(4 / 6)


def test_one_reviewer_agrees_with_nobody() -> None:
    """Nor does one who reviewed twice: the first in the list counts."""
    told = agreement([review("a", 5, 5), review("a", 1, 1)])
    assert (told.reviewers, told.within_one, told.alpha) == (1, None, None)


def test_the_mean_leaves_out_what_nobody_scored() -> None:
    """A quality that was left out has no mean, not a mean of nothing."""
    assert by_quality([review("a", 5), review("b", 2)]) == {Quality.SIMPLICITY: 3.5}
