"""How far reviewers agree: what calibrates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from prober.model.quality import Quality
from prober.model.review import Agreement, Review


def agreement(reviews: Sequence[Review]) -> Agreement:
    """Return how far *reviews* agree: of each person the first in the list, the latest if they come so."""
    latest: dict[str, Review] = {}
    for review in reviews:
        latest.setdefault(review.by, review)
    scored = {
        quality: [review.scores[quality] for review in latest.values() if quality in review.scores]
        for quality in Quality
    }
    both = {quality: scores for quality, scores in scored.items() if len(scores) > 1}
    pairs = [abs(one - other) for scores in both.values() for one, other in combinations(scores, 2)]
    return Agreement(
        reviewers=len(latest),
        pairs=len(pairs),
        within_one=sum(apart <= 1 for apart in pairs) / len(pairs) if pairs else None,
        alpha=alpha(list(both.values())),
        spread={quality: max(scores) - min(scores) for quality, scores in both.items()},
    )


def alpha(units: Sequence[Sequence[int]]) -> float | None:
    """
    Return Krippendorff's alpha of the scores of each unit, two of each at least; None where all scores are the same.

    Source: Krippendorff, Content Analysis (2004), ch. 11, with the interval difference: the square of the distance.
    """
    every = [score for unit in units for score in unit]
    observed = sum(_apart(unit) / (len(unit) - 1) for unit in units) / len(every) if every else 0.0
    expected = _apart(every) / (len(every) * (len(every) - 1)) if every else 0.0
    return 1 - observed / expected if expected else None


def _apart(scores: Sequence[int]) -> int:
    """Return the sum of the squared distances of all ordered pairs of *scores*."""
    return 2 * sum((one - other) ** 2 for one, other in combinations(scores, 2))


def by_quality(reviews: Sequence[Review]) -> Mapping[Quality, float]:
    """Return the mean score, 1..5, that *reviews* gave each quality."""
    given = {quality: [one.scores[quality] for one in reviews if quality in one.scores] for quality in Quality}
    return {quality: sum(scores) / len(scores) for quality, scores in given.items() if scores}
