"""One robot leads, another takes over: by the store, and by the clock of who waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from prober.store.leadership import SCHEDULE, SILENT_S, Leadership
from prober.store.store import Store
from prober.store.tables import LEADERS

LEAD = """
import asyncio, sys
from prober.store.store import Store

async def main(url):
    store = Store.open(url)
    print(await store.leadership.lead("schedule"), flush=True)
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


class Watch:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


async def as_another(store: Store, **columns: object) -> None:
    """Let the leader be somebody else."""
    await store._database.write(lambda connection: connection.execute(update(LEADERS).values(columns)).close())


async def test_the_first_leads_and_keeps_its_term(store: Store) -> None:
    """A renewal changes no term; only a change of leader does."""
    assert store.leadership.term(SCHEDULE) is None
    assert [await store.leadership.lead(SCHEDULE) for _ in range(3)] == [1, 1, 1]
    assert store.leadership.term(SCHEDULE) == 1
    await store.leadership.resign(SCHEDULE)
    assert store.leadership.term(SCHEDULE) is None
    assert await store.leadership.lead(SCHEDULE) == 2


async def test_a_leader_whose_process_is_gone_is_followed_at_once(store: Store, store_url: str) -> None:
    """Nobody leads beside a living one; a killed one is followed by the next who looks."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LEAD, store_url, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"1\n"
    assert await store.leadership.lead(SCHEDULE) is None
    leader = store.leadership.leader(SCHEDULE)
    assert leader
    assert leader.pid == process.pid
    waiting = asyncio.ensure_future(store.leadership.wait(SCHEDULE))
    process.kill()
    await process.wait()
    await waiting
    assert await store.leadership.lead(SCHEDULE) == 2
    assert store.leadership.leader(SCHEDULE) is None


async def test_another_hosts_leader_is_followed_after_its_silence(store: Store) -> None:
    """Silence is counted from when it was first seen, by the clock of who waits; a sign of life begins it anew."""
    clock = Watch()
    waiting = Leadership(store._database, clock_s=clock)
    await store.leadership.lead(SCHEDULE)
    await as_another(store, host="another", pid=1)
    assert await waiting.lead(SCHEDULE) is None
    clock.now_s += SILENT_S - 1
    assert await waiting.lead(SCHEDULE) is None
    await as_another(store, host="another", pid=1, seen_at=datetime.now(UTC) + timedelta(seconds=1))
    clock.now_s += 2
    assert await waiting.lead(SCHEDULE) is None
    clock.now_s += SILENT_S
    assert await waiting.lead(SCHEDULE) == 2


async def test_who_lost_the_lead_knows_it_at_its_next_renewal(store: Store) -> None:
    """It is told None, and leads no more."""
    await store.leadership.lead(SCHEDULE)
    await as_another(store, host="another", pid=1, term=2)
    assert await store.leadership.lead(SCHEDULE) is None
    assert store.leadership.term(SCHEDULE) is None


async def test_a_leader_that_could_not_renew_stops_before_anybody_may_follow(store: Store) -> None:
    """It need not be told: its own clock tells it."""
    clock = Watch()
    leading = Leadership(store._database, clock_s=clock)
    assert await leading.lead(SCHEDULE) == 1
    clock.now_s += 7.9
    assert leading.term(SCHEDULE) == 1
    clock.now_s += 0.2
    assert leading.term(SCHEDULE) is None
    assert await leading.lead(SCHEDULE) == 1
    assert leading.term(SCHEDULE) == 1
