"""Every planned start is kept: claimed once, made or missed, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from prober.model.probe import Missed, Start
from prober.model.run import Run
from prober.store.leadership import SCHEDULE
from prober.store.store import Store
from prober.store.tables import STARTS

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def minute(number: int) -> datetime:
    """An instant some minutes after noon."""
    return NOON + timedelta(minutes=number)


async def test_a_start_is_claimed_once_by_the_leader_of_the_moment(store: Store) -> None:
    """Neither twice, nor by one who leads no more, nor by one who never did."""
    assert not await store.starts.claim("balance", NOON, 1)
    assert await store.leadership.lead(SCHEDULE) == 1
    assert await store.starts.claim("balance", NOON, 1)
    assert not await store.starts.claim("balance", NOON, 1)
    assert await store.starts.claim("bill", NOON, 1)
    await store.leadership.resign(SCHEDULE)
    assert await store.leadership.lead(SCHEDULE) == 2
    assert not await store.starts.claim("balance", minute(1), 1)
    assert await store.starts.claim("balance", minute(1), 2)


async def test_what_was_made_and_missed_is_read_back(store: Store) -> None:
    """The latest instant of each probe, and everything that was missed, in order."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", NOON, 1)
    await store.starts.made("balance", NOON, "run-1")
    await store.starts.claim("balance", minute(1), 1)
    busy = Start("balance", minute(1), None, Missed.BUSY, "channel web is busy")
    await store.starts.missed(busy, 1)
    down = Start("bill", NOON, None, Missed.DOWN, "", 7)
    await store.starts.missed(down, 1)
    last = store.starts.last(["balance", "bill", "new"])
    assert {name: start.planned_at for name, start in last.items()} == {"balance": minute(1), "bill": NOON}
    assert store.starts.missed_since(NOON) == [down, busy]
    assert store.starts.missed_since(minute(1)) == [busy]


async def test_missed_in_a_row_for_one_reason_is_one_row(store: Store) -> None:
    """A night of maintenance is a row with a count; a start in between, or another reason, begins another."""
    await store.leadership.lead(SCHEDULE)
    for number in range(3):
        await store.starts.missed(Start("balance", minute(number), None, Missed.MAINTENANCE, "night"), 1)
    await store.starts.missed(Start("balance", minute(3), None, Missed.OVERLAP, "run-1"), 1)
    await store.starts.claim("balance", minute(4), 1)
    await store.starts.missed(Start("balance", minute(5), None, Missed.OVERLAP, "run-1"), 1)
    told = [(start.planned_at, start.missed, start.count) for start in store.starts.missed_since(NOON)]
    assert told == [(NOON, Missed.MAINTENANCE, 3), (minute(3), Missed.OVERLAP, 1), (minute(5), Missed.OVERLAP, 1)]


async def test_a_start_that_was_made_stays_made(store: Store) -> None:
    """What is said of it later does not take its run from it."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", NOON, 1)
    await store.starts.made("balance", NOON, "run-1")
    await store.starts.missed(Start("balance", NOON, None, Missed.LATE), 1)
    assert store.starts.missed_since(NOON) == []
    assert store.starts.last(["balance"])["balance"].run_id == "run-1"


async def test_what_a_dead_leader_claimed_and_never_made_is_marked(store: Store) -> None:
    """Its successor says so, and until when nobody led; its own claims are left alone."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", NOON, 1)
    await store.starts.claim("bill", NOON, 1)
    await store.starts.made("bill", NOON, "run-1")
    await store.leadership.resign(SCHEDULE)
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("sms", minute(1), 2)
    before = datetime.now(UTC)
    assert await store.starts.take_over(2) == 1
    (marked,) = store.starts.missed_since(NOON)
    assert (marked.probe, marked.missed, marked.count) == ("balance", Missed.DOWN, 1)
    assert before <= marked.told_until_at <= datetime.now(UTC)


async def test_what_a_dead_leader_made_and_did_not_note_is_its_run(store: Store, a_run: Callable[..., Run]) -> None:
    """It was killed between the two: the start is that run's first attempt, of this probe alone."""
    await store.leadership.lead(SCHEDULE)
    for probe in ("balance", "bill"):
        await store.starts.claim(probe, NOON, 1)
    its = {"planned_at": NOON, "probe": "balance"}
    for run in (
        a_run("run-2", **its, attempt=2),
        a_run("run-1", **its, attempt=1),
        a_run("old", probe="bill", attempt=1),
    ):
        await store.run_started(run)
    await store.leadership.resign(SCHEDULE)
    await store.leadership.lead(SCHEDULE)
    assert await store.starts.take_over(2) == 1
    assert [start.probe for start in store.starts.missed_since(NOON)] == ["bill"]
    assert store.starts.last(["balance"])["balance"].run_id == "run-1"


async def test_what_became_of_a_start_is_not_said_anew(store: Store) -> None:
    """The first word stands, and each start is counted once; the run of one that was made after all stands alone."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.missed(Start("balance", NOON, None, Missed.DOWN, "", 7), 1)
    await store.starts.missed(Start("balance", NOON, None, Missed.BUSY, "locked"), 1)
    await store.starts.missed(Start("bill", NOON, None, Missed.BUSY, "locked"), 1)
    await store.starts.missed(Start("bill", NOON, None, Missed.DOWN, "", 7), 1)
    told = [(start.probe, start.missed, start.count) for start in store.starts.missed_since(NOON)]
    assert told == [("balance", Missed.DOWN, 7), ("bill", Missed.BUSY, 1), ("bill", Missed.DOWN, 6)]
    await store.starts.made("balance", NOON, "run-1")
    made = store.starts.last(["balance"])["balance"]
    assert (made.run_id, made.missed) == ("run-1", None)


async def test_who_was_deposed_says_nothing_of_another_leaders_starts(store: Store) -> None:
    """Neither over its claim, nor in its place, nor by counting on."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.missed(Start("sms", NOON, None, Missed.LATE), 1)
    await store.leadership.resign(SCHEDULE)
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", NOON, 2)
    for start in ("balance", "bill", "sms"):
        await store.starts.missed(Start(start, NOON if start != "sms" else minute(1), None, Missed.LATE), 1)
    assert [(start.probe, start.count) for start in store.starts.missed_since(NOON)] == [("sms", 1)]


async def test_a_start_that_waited_for_hours_is_marked_too(store: Store) -> None:
    """However far apart the clock was set since; as long as a probe's grace is."""
    now = datetime.now(UTC)
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("patient", now - timedelta(hours=3), 1)
    await store.starts.claim("present", now, 1)
    await store.starts.claim("future", now + timedelta(days=1), 1)
    await store.starts.missed(Start("ahead", now + timedelta(days=1), None, Missed.LATE), 1)
    await store.leadership.resign(SCHEDULE)
    await store.leadership.lead(SCHEDULE)
    assert await store.starts.take_over(2, grace_s=4 * 3600) == 3
    assert store.starts.last(["future"])["future"].told_until_at == now + timedelta(days=1)


async def test_a_miss_that_is_told_late_is_no_part_of_what_came_after_it(store: Store) -> None:
    """What the store refused is told again when others were claimed or missed: it is a row of its own."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", minute(1), 1)
    await store.starts.missed(Start("balance", NOON, None, Missed.LATE), 1)
    await store.starts.missed(Start("balance", minute(2), None, Missed.LATE), 1)
    await store.starts.missed(Start("balance", minute(-1), None, Missed.LATE), 1)
    await store.starts.missed(Start("balance", minute(3), None, Missed.LATE), 1)
    told = [(start.planned_at, start.count) for start in store.starts.missed_since(minute(-1))]
    assert told == [(minute(-1), 1), (NOON, 1), (minute(2), 2)]
    assert store.starts.last(["balance"])["balance"].told_until_at == minute(3)


async def test_nothing_is_counted_over_a_start_that_something_became_of(store: Store) -> None:
    """A row of several tells of those in a row alone."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.claim("balance", minute(1), 1)
    await store.starts.made("balance", minute(1), "run-1")
    for number in range(3):
        await store.starts.missed(Start("balance", minute(number), None, Missed.LATE), 1)
    assert [(start.planned_at, start.count) for start in store.starts.missed_since(NOON)] == [(NOON, 1), (minute(2), 1)]


async def test_a_row_tells_up_to_when_it_speaks(store: Store) -> None:
    """The latest instant of those in it, in whatever order they are told; nobody need know the schedule of then."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.missed(Start("balance", NOON, None, Missed.LATE, "", 30, minute(30)), 1)
    await store.starts.missed(Start("balance", minute(60), None, Missed.LATE), 1)
    await store.starts.missed(Start("balance", minute(31), None, Missed.LATE), 1)
    last = store.starts.last(["balance"])["balance"]
    assert (last.planned_at, last.count, last.told_until_at) == (NOON, 32, minute(60))


async def test_a_start_that_is_told_twice_counts_once(store: Store) -> None:
    """Of a commit that broke off nobody knows whether it was made: it is told again."""
    await store.leadership.lead(SCHEDULE)
    for number in (0, 1, 2, 2):
        assert await store.starts.missed(Start("balance", minute(number), None, Missed.LATE), 1)
    assert [start.count for start in store.starts.missed_since(NOON)] == [3]


async def test_starts_that_are_missed_at_once_are_all_counted(store: Store) -> None:
    """Whatever waits beside them to be written; who leads next begins a row of its own."""
    await store.leadership.lead(SCHEDULE)
    late = [Start("balance", minute(number), None, Missed.LATE) for number in range(5)]
    await store.starts.missed(late[0], 1)
    await asyncio.gather(*(store.starts.missed(start, 1) for start in late[1:4]))
    (row,) = store.starts.missed_since(NOON)
    assert (row.count, row.told_until_at) == (4, minute(3))
    await store.leadership.resign(SCHEDULE)
    await store.leadership.lead(SCHEDULE)
    await store.starts.missed(late[4], 2)
    assert [start.count for start in store.starts.missed_since(NOON)] == [4, 1]


async def test_what_is_missed_after_its_row_was_pruned_has_a_row_of_its_own(store: Store) -> None:
    """It is not lost with it."""
    await store.leadership.lead(SCHEDULE)
    await store.starts.missed(Start("balance", NOON, None, Missed.MAINTENANCE), 1)
    await store.starts._database.write(lambda connection: connection.execute(delete(STARTS)).close())
    await store.starts.missed(Start("balance", minute(1), None, Missed.MAINTENANCE), 1)
    assert [start.planned_at for start in store.starts.missed_since(NOON)] == [minute(1)]
