"""What is to become better, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from prober.model.improvement import Category, Improvement, ImprovementChange, Stage
from prober.store.store import Store
from tests.store.conftest import NOON

IMPROVEMENT = Improvement(
    *("balance-query", "价格念得太快", Category.INTERACTION, NOON, "张三"),
    owner="李四",
    due=date(2026, 12, 1),
    channel="ivr",
    blocks=True,
    scenarios=("balance",),
    passes=5,
    source="review 3",
)


async def test_an_improvement_is_kept_whole(store: Store) -> None:
    """It begins as a plan; several are kept together."""
    kept = await store.improvements.put([IMPROVEMENT, replace(IMPROVEMENT, item="bill", due=None, scenarios=())])
    opened = ImprovementChange(NOON, "张三", Stage.PLAN)
    assert kept[0] == replace(IMPROVEMENT, id=kept[0].id, since=NOON, changes=(opened,))
    assert store.improvements.get(kept[0].id) == kept[0]
    assert store.improvements.find() == [kept[1], kept[0]]
    assert store.improvements.find(item="bill") == [kept[1]]
    assert store.improvements.get(99) is None


async def test_a_stage_is_changed_from_where_it_stands_only(store: Store) -> None:
    """Who comes second changes nothing, and no change is told."""
    (one,) = await store.improvements.put([IMPROVEMENT])
    mended = ImprovementChange(NOON + timedelta(hours=1), "李四", Stage.CHECK, "慢了一点")
    assert await store.improvements.turn(one.id, mended, of=[Stage.PLAN, Stage.DO])
    assert not await store.improvements.turn(one.id, mended, of=[Stage.PLAN, Stage.DO])
    found = store.improvements.get(one.id)
    assert found is not None
    assert (found.stage, found.since, found.mended_at) == (Stage.CHECK, mended.at, mended.at)
    assert found.changes[1:] == (mended,)
    assert not await store.improvements.turn(99, mended, of=list(Stage))


async def test_what_is_said_of_it_leaves_it_where_it_stands(store: Store) -> None:
    """At any time."""
    (one,) = await store.improvements.put([IMPROVEMENT])
    said = ImprovementChange(NOON, "王五", None, "供应商已确认")
    assert await store.improvements.turn(one.id, said, of=list(Stage))
    found = store.improvements.get(one.id)
    assert found is not None
    assert (found.stage, found.changes[-1]) == (Stage.PLAN, said)


async def test_those_that_are_open_are_found(store: Store) -> None:
    """Not those that are done or dropped."""
    made = await store.improvements.put([IMPROVEMENT] * len(Stage))
    for one, stage in zip(made, Stage, strict=True):
        await store.improvements.turn(one.id, ImprovementChange(NOON, "", stage), of=[Stage.PLAN])
    assert [one.stage for one in reversed(store.improvements.find(open_only=True))] == [
        *(Stage.PLAN, Stage.DO, Stage.CHECK),
    ]
    assert len(store.improvements.find(limit=2)) == 2
