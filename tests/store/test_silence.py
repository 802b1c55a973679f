"""A process that cannot be seen is gone when it was silent for a minute, whatever clocks do meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Table, delete, func, insert, select, update

from prober.model.order import Caps, Claim, OrderState
from prober.model.run import Run, StepResult
from prober.processes import started
from prober.store import silence
from prober.store.leadership import SCHEDULE
from prober.store.leases import Leases
from prober.store.process import this_process
from prober.store.store import Store
from prober.store.tables import LEADERS, LEASE_REQUESTS, LEASES, ORDERS, RUNS, SILENCES

FAR = {"host": "another", "pid": 1}


class Clock:
    """The database's clock, set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self, _: object) -> datetime:
        return self.now

    def on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the database's clock by hand."""
    clock = Clock()
    monkeypatch.setattr(silence, "_now", clock)
    return clock


async def change(store: Store, *tables: Table, **columns: object) -> None:
    for table in tables:
        await store._database.write(lambda db, table=table: db.execute(update(table).values(columns)).close())


async def say_for_another(store: Store) -> None:
    """Say for the other host what it would: that it lives."""
    far = delete(SILENCES).where(SILENCES.c.host == FAR["host"])
    await store._database.write(lambda connection: connection.execute(far).close())


async def looked(store: Store, clock: Clock, seconds: int) -> bool:
    """Look every ten seconds for so long; return whether the line came free."""
    for _ in range(seconds // 10):
        clock.on(10)
        if await store.leases.lease(["a"], "near", 0):
            return True
    return False


async def test_a_line_of_another_host_is_free_after_a_minute_of_silence(store: Store, clock: Clock) -> None:
    """Each word of it begins the minute anew."""
    await store.leases.lease(["a"], "far", 0)
    await change(store, LEASES, **FAR)
    for _ in range(3):
        assert not await looked(store, clock, 60)
        await say_for_another(store)
    assert not await looked(store, clock, 60)
    assert await looked(store, clock, 10)


@pytest.mark.parametrize("hours", [8, -8], ids=["on", "back"])
async def test_a_clock_that_is_set_kills_nobody(store: Store, clock: Clock, hours: int) -> None:
    """Nor an outage, in which nobody could look, nor say anything: one look tells of a quarter of a minute at most."""
    await store.leases.lease(["a"], "far", 0)
    await change(store, LEASES, **FAR)
    assert not await looked(store, clock, 30)
    clock.on(hours * 3600)
    assert not await looked(store, clock, 10)
    await say_for_another(store)
    assert not await looked(store, clock, 30)


async def test_who_looks_in_a_hurry_sees_no_more_silence(store: Store, clock: Clock) -> None:
    """A run that waits looks ten times a second, and what passes between its looks is counted all the same."""
    await store.leases.lease(["a"], "far", 0)
    await change(store, LEASES, **FAR)
    for looks in range(1000):
        clock.on(0.1)
        if await store.leases.lease(["a"], "near", 0):
            assert looks == pytest.approx(600, abs=30)
            return
    pytest.fail("it is never free")


async def test_commands_of_a_second_see_a_silence_together(
    store: Store, store_url: str, clock: Clock, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Nobody need stay for a minute: what the killed container of a job left is marked by the jobs that follow."""
    claim = Claim("run-1", "order", "a", "13800000001", date(2026, 11, 22), orders=1, cost_fen=0)
    await store.leases.lease(["a"], "run-1", 0)
    await store.run_started(a_run())
    await store.step_finished(a_run(), a_step())
    await store.orders.claim(claim, Caps(1, 0))
    await change(store, LEASES, RUNS, ORDERS, **FAR)
    interrupted = []
    for _ in range(7):
        Store.open(store_url).close()
        clock.on(600)
        run = store.queries.run("run-1")
        interrupted.append(run and run.interrupted)
    assert interrupted == [False] * 4 + [True] * 3
    assert [order.state for order in store.orders.placed(still_open=True)] == [OrderState.STANDING]
    assert await store.leases.lease(["a"], "near", 0)


async def test_a_request_lives_as_long_as_its_process(store: Store, clock: Clock) -> None:
    """Whatever the clocks say; one of a host that is silent stands before nobody any more."""
    await store.leases.lease(["a"], "holder", 0)
    request = {"run_id": "far", "lines": ["a"], "lane": 0, **this_process().columns(), **FAR}
    asks = insert(LEASE_REQUESTS).values(request)
    await store._database.write(lambda connection: connection.execute(asks).close())
    await store.leases.release("holder")
    assert not await looked(store, clock, 60)
    assert await looked(store, clock, 10)


async def test_who_hangs_keeps_from_others_what_it_holds_alone(store: Store, clock: Clock) -> None:
    """A process that is seen to live, and says nothing, may be in a call; what it waits for is free after a minute."""
    await store.leases.lease(["b"], "hung", 0)
    await store.leases.lease(["a"], "holder", 0)
    hung = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    start = f"{this_process().start.partition('/')[0]}/{started(hung.pid)}"
    its = replace(this_process(), pid=hung.pid, start=start).columns()
    asks = insert(LEASE_REQUESTS).values({"run_id": "hung", "lines": ["a"], "lane": 0, **its})
    holds = update(LEASES).where(LEASES.c.line == "b").values(its)
    for statement in (asks, holds):
        await store._database.write(lambda connection, it=statement: connection.execute(it).close())
    await store.leases.release("holder")
    assert not await looked(store, clock, 60)
    assert await looked(store, clock, 10)
    assert await store.leases.lease(["b"], "another", 0) is None
    hung.kill()
    await hung.wait()


async def test_who_holds_a_line_says_that_it_lives(store: Store) -> None:
    """Whatever its run does meanwhile; a step may last for minutes."""
    leases = Leases(store._database, beat_s=0.01)
    await leases.lease(["a"], "long", 0)
    doubt = insert(SILENCES).values(silent_s=59.0, looked_at=datetime.now(UTC), **this_process().columns())
    await store._database.write(lambda connection: connection.execute(doubt).close())
    count = select(func.count()).select_from(SILENCES)
    while store._database.read(lambda connection: connection.scalar(count)):
        await store._database.write(lambda connection: None)
    await leases.release("long")


async def test_an_earlier_silence_counts_no_more(store: Store) -> None:
    """Who held nothing had nothing to say; it says that it lives before it holds something again."""
    doubt = insert(SILENCES).values(silent_s=59.0, looked_at=datetime.now(UTC), **this_process().columns())
    await store._database.write(lambda connection: connection.execute(doubt).close())
    await store.leases.lease(["a"], "next", 0)
    assert store._database.read(lambda connection: connection.execute(select(SILENCES)).all()) == []


async def test_nothing_is_kept_of_processes_that_hold_nothing(store: Store, clock: Clock) -> None:
    """What was noted of one that ended in order is taken out at the next look at another."""
    await store.leases.lease(["a"], "far", 0)
    await change(store, LEASES, **FAR)
    await store.mark_left_behind()
    await change(store, LEASES, host="a third")
    await store.mark_left_behind()
    hosts = select(SILENCES.c.host)
    assert store._database.read(lambda connection: connection.scalars(hosts).all()) == ["a third"]


async def of_a_namesake(store: Store, a_run: Callable[..., Run]) -> None:
    """Keep what a machine with the name of this one, but another start, holds: it leads, and plays a run."""
    await store.leadership.lead(SCHEDULE)
    await store.leases.lease(["a"], "run-1", 0)
    await store.run_started(a_run())
    await change(store, LEADERS, LEASES, RUNS, process_start="another-start-of-a-machine/1")


async def test_a_machine_of_the_same_name_is_another(postgres_url: str, a_run: Callable[..., Run]) -> None:
    """Of two machines at a server that are both called localhost, each respects what the other holds."""
    store = Store.open(postgres_url)
    await of_a_namesake(store, a_run)
    Store.open(postgres_url).close()
    run = store.queries.run("run-1")
    assert run
    assert not run.interrupted
    assert await store.leases.lease(["a"], "near", 0) is None
    assert await store.leadership.lead(SCHEDULE) is None
    store.close()


async def test_a_namesake_that_leads_is_waited_for(
    postgres_url: str, a_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is not looked for among those of here, where it would seem to have ended at every look."""
    store = Store.open(postgres_url)
    await of_a_namesake(store, a_run)
    await change(store, LEADERS, pid=2**22 + 1)
    assert await store.leadership.lead(SCHEDULE) is None
    monkeypatch.setattr("prober.store.leadership.RENEW_S", 0.5)
    began_s = time.monotonic()
    await store.leadership.wait(SCHEDULE)
    assert time.monotonic() - began_s > 0.4
    store.close()


async def test_what_a_machine_left_is_free_when_it_was_started_anew(sqlite_url: str, a_run: Callable[..., Run]) -> None:
    """A database in a file is one machine's: who has its name and another start was before."""
    store = Store.open(sqlite_url)
    await of_a_namesake(store, a_run)
    assert await store.leadership.lead(SCHEDULE) == 2
    assert await store.leases.lease(["a"], "near", 0) is not None
    assert await store.mark_left_behind() == ["run-1"]
    store.close()
