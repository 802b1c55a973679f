"""What people say of items, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from prober.errors import StoreBroken
from prober.model.improvement import Category, Improvement
from prober.model.quality import Quality
from prober.model.review import Answer, Opinion, Review, Survey
from prober.model.run import Phase
from prober.store.store import Store
from tests.store.conftest import NOON

REVIEW = Review(
    *("balance-query", Phase.PRE_LAUNCH, NOON, "张三\ud800"),
    scores={Quality.SIMPLICITY: 4, Quality.RELIABILITY: 5},
    answers=(Answer("pace", "ivr", False, "太快\0"), Answer("goal", "", None)),
    comment="清楚",
    runs=("run-1", "run-2"),
)
OPINION = Opinion("balance-query", Survey.MYSTERY, NOON, Quality.SIMPLICITY, 75.0, "ivr", "按键多", "a.csv", 2)


async def test_a_review_is_kept_whole(store: Store) -> None:
    """What no database takes of a text is replaced."""
    put, _ = await store.reviews.put(REVIEW)
    (kept,) = store.reviews.of("balance-query")
    answers = (Answer("pace", "ivr", False, "太快\N{REPLACEMENT CHARACTER}"), Answer("goal", "", None))
    assert kept == replace(REVIEW, id=put.id, by="张三?", answers=answers)
    assert store.reviews.of("other") == []


async def test_reviews_are_found_by_their_time(store: Store) -> None:
    """The latest first; the end itself is left out."""
    for hour in range(3):
        await store.reviews.put(replace(REVIEW, at=NOON + timedelta(hours=hour), by=str(hour)))
    assert [one.by for one in store.reviews.of("balance-query")] == ["2", "1", "0"]
    some = store.reviews.of("balance-query", since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2))
    assert [one.by for one in some] == ["1"]
    assert [one.by for one in store.reviews.of("balance-query", limit=1)] == ["2"]


async def test_a_review_is_kept_with_what_it_leads_to(store: Store) -> None:
    """All of it or nothing: a review whose defects are lost would count, and block nothing."""
    finding = Improvement("balance-query", "太快", Category.INTERACTION, NOON, "张三", blocks=True)
    put, (kept,) = await store.reviews.put(REVIEW, [finding])
    assert (kept.source, store.improvements.get(kept.id)) == (f"review {put.id}", kept)
    with pytest.raises(StoreBroken):
        await store.reviews.put(REVIEW, [finding, replace(finding, passes=None)])
    assert len(store.reviews.of("balance-query")) == len(store.improvements.find()) == 1


async def test_an_opinion_is_kept_once(store: Store) -> None:
    """Of each file; two customers who said the same are two, in one file or in two. A file can be taken back."""
    whole = replace(OPINION, quality=None, score=50.0)
    assert await store.reviews.put_opinions([OPINION, whole, OPINION]) == 3
    grown = [replace(one, row=9) for one in (OPINION, whole, OPINION, OPINION)]
    assert await store.reviews.put_opinions(grown) == 1
    assert store.reviews.opinions("balance-query") == [OPINION, whole, OPINION, grown[-1]]
    assert await store.reviews.put_opinions([replace(OPINION, source="b.csv")]) == 1
    assert await store.reviews.remove_opinions("a.csv") == 4
    assert [one.source for one in store.reviews.opinions("balance-query")] == ["b.csv"]
    assert await store.reviews.put_opinions([]) == 0


async def test_many_opinions_are_kept_at_once(store: Store) -> None:
    """More than a statement may have parameters."""
    many = [replace(OPINION, score=float(number % 100), at=NOON + timedelta(seconds=number)) for number in range(1200)]
    assert await store.reviews.put_opinions(many) == 1200
    assert await store.reviews.put_opinions(many) == 0
    since = store.reviews.opinions("balance-query", since=NOON + timedelta(seconds=1190))
    assert [one.at for one in since] == [one.at for one in many[1190:]]
