"""One run at a time speaks for a line, across processes, first come, first served."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from prober.store import process
from prober.store.leases import Leases
from prober.store.store import Store
from prober.store.tables import LEASES

PLAY = """
import asyncio, os, sys
from pathlib import Path
from prober.store.store import Store

async def main(url, name, rounds, folder):
    store = Store.open(url)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(rounds)):
        run_id = f"{name}-{number}"
        line, waited_s = await store.leases.lease(["a", "b", "c"], run_id, 60)
        claim = Path(folder) / line
        os.close(os.open(claim, os.O_CREAT | os.O_EXCL))  # fails if another run speaks for this line
        await asyncio.sleep(0.01)
        claim.unlink()
        await store.leases.release(run_id)
        print(line, flush=True)
    store.close()

asyncio.run(main(*sys.argv[1:]))
"""

HOLD = """
import asyncio, sys
from prober.store.store import Store

async def main(url):
    store = Store.open(url)
    print(await store.leases.lease(["a"], "held", 0), flush=True)
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


def test_eight_processes_never_share_a_line(store_url: str, tmp_path: Path) -> None:
    """Eight processes playing over three lines: no line is ever held twice, every run gets its turn."""
    folder = tmp_path / "claims"
    folder.mkdir()
    program = [sys.executable, "-c", PLAY, store_url]
    processes = [
        subprocess.Popen(
            [*program, f"process-{number}", "6", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for one in processes:
        assert one.stdout is not None
        one.stdout.readline()
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    ends = [one.communicate() for one in processes]
    assert [one.returncode for one in processes] == [0] * 8, ends
    lines = Counter(line for out, _ in ends for line in out.split())
    assert lines.total() == 48
    assert set(lines) == {"a", "b", "c"}


async def test_the_first_free_candidate_is_leased(store: Store) -> None:
    """Candidates are tried in their order; nothing is leased beside them."""
    assert await store.leases.lease(["a", "b"], "run-1", 0) == ("a", pytest.approx(0, abs=1))
    assert (await store.leases.lease(["a", "b"], "run-2", 0) or ("", 0))[0] == "b"
    assert await store.leases.lease(["a", "b"], "run-3", 0) is None
    assert (await store.leases.lease(["a", "c"], "run-4", 0) or ("", 0))[0] == "c"
    assert await store.leases.lease([], "run-5", 60) is None


async def test_who_waits_is_told_at_once_and_in_order(store: Store) -> None:
    """A line that comes free goes to whoever asked first, although a later one looks as often."""
    await store.leases.lease(["a"], "holder", 0)
    got: list[str] = []

    async def play(run_id: str) -> None:
        assert await store.leases.lease(["a"], run_id, 30) is not None
        got.append(run_id)
        await store.leases.release(run_id)

    waiting = []
    for number in range(5):
        waiting.append(asyncio.ensure_future(play(f"run-{number}")))
        await store._database.write(lambda connection: None)  # its ticket is drawn before the next one's
    await store.leases.release("holder")
    await asyncio.gather(*waiting)
    assert got == [f"run-{number}" for number in range(5)]


async def test_a_run_that_a_person_waits_for_goes_first(store: Store) -> None:
    """It is served before those of the schedule that asked earlier, and after those of its own lane."""
    await store.leases.lease(["a"], "holder", 0)
    got: list[str] = []

    async def play(run_id: str, *, first: bool) -> None:
        assert await store.leases.lease(["a"], run_id, 30, first=first) is not None
        got.append(run_id)
        await store.leases.release(run_id)

    waiting = []
    for run_id in ("schedule-1", "schedule-2", "person-1", "person-2"):
        waiting.append(asyncio.ensure_future(play(run_id, first=run_id.startswith("person"))))
        await store._database.write(lambda connection: None)  # its ticket is drawn before the next one's
    await store.leases.release("holder")
    await asyncio.gather(*waiting)
    assert got == ["person-1", "person-2", "schedule-1", "schedule-2"]


async def test_the_wait_is_measured_and_runs_out(store: Store) -> None:
    """Who got no line in time gets None, and leaves nothing that stands before others."""
    await store.leases.lease(["a"], "holder", 0)
    assert await store.leases.lease(["a"], "late", 0.15) is None
    await store.leases.release("holder")
    assert (await store.leases.lease(["a"], "next", 0) or ("", 0))[0] == "a"


async def test_a_cancelled_wait_holds_nothing(store: Store) -> None:
    """Ctrl-C while waiting for a line, or while taking one, gives it back."""
    for _ in range(10):
        taking = asyncio.ensure_future(store.leases.lease(["a"], "cancelled", 5))
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        assert await store.leases.lease(["a"], "next", 0) is not None
        await store.leases.release("next")


async def test_a_dead_processs_line_is_taken_over(store: Store, store_url: str) -> None:
    """A line held by a killed process is free for who is waiting already."""
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, store_url, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert (await holder.stdout.readline()).startswith(b"('a', ")
    assert await store.leases.lease(["a"], "early", 0) is None
    waiting = asyncio.ensure_future(store.leases.lease(["a"], "waiting", 30))
    holder.kill()
    await holder.wait()
    assert (await waiting or ("", 0))[0] == "a"


async def change(store: Store, **columns: object) -> None:
    await store._database.write(lambda connection: connection.execute(update(LEASES).values(columns)).close())


async def test_another_hosts_lease_is_respected_until_it_has_been_silent(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it lives by changing its rows; a minute without that, by the clock of here, and it is gone."""
    clock_s = [0.0]
    monkeypatch.setattr(process, "_WATCH", process.Watch(lambda: clock_s[0]))
    await store.leases.lease(["a"], "far", 0)
    await change(store, host="another", pid=1)

    async def leased_after(seconds: float) -> bool:
        """Look every ten seconds for so long."""
        for _ in range(int(seconds / 10)):
            clock_s[0] += 10
            if await store.leases.lease(["a"], "near", 0):
                return True
        return False

    for _ in range(3):
        # Its clock is as wrong as may be: that it goes on is what counts.
        await change(store, seen_at=datetime.now(UTC) - timedelta(seconds=1800 - clock_s[0]))
        assert not await leased_after(60)
    await change(store, seen_at=datetime.now(UTC))
    assert not await leased_after(10)
    clock_s[0] += 600  # nobody could look, nor say anything: the store was away
    assert not await leased_after(10)
    assert await leased_after(60)


async def test_what_another_host_left_long_ago_is_free_at_once(store: Store) -> None:
    """Nobody waits for a sign of life of a host that gave none for hours."""
    await store.leases.lease(["a"], "far", 0)
    await change(store, host="another", pid=1, seen_at=datetime.now(UTC) - timedelta(hours=2))
    assert await store.leases.lease(["a"], "near", 0) is not None


async def test_who_holds_a_line_says_that_it_lives(store: Store) -> None:
    """Whatever its run does meanwhile; a step may last for minutes."""
    leases = Leases(store._database, beat_s=0.01)
    await leases.lease(["a"], "long", 0)
    long_ago = datetime.now(UTC) - timedelta(minutes=50)
    await change(store, seen_at=long_ago)
    async with asyncio.timeout(30):
        while await store._database.write(lambda connection: connection.scalar(select(LEASES.c.seen_at))) == long_ago:
            pass
    await leases.release("long")


def test_a_container_that_shares_the_machines_name_is_another_host(store: Store, store_url: str) -> None:
    """A process id says nothing about a process of another namespace: what it holds is respected."""
    # Within a chroot unshare can neither make users nor change how mounts spread: /proc alone is taken apart.
    apart = ("unshare", "-m" if os.geteuid() == 0 else "-rm", "--propagation", "unchanged", "-pf", "--kill-child")
    own_proc = ("sh", "-ec", 'mount --make-slave /proc; mount -t proc proc /proc; exec "$@"', "sh")
    held = subprocess.Popen(
        [*apart, *own_proc, sys.executable, "-c", HOLD, store_url], stdout=subprocess.PIPE, text=True
    )
    try:
        assert held.stdout is not None
        assert held.stdout.readline().startswith("('a', ")
        assert asyncio.run(store.leases.lease(["a"], "near", 0)) is None
    finally:
        held.kill()
        held.communicate()


async def test_a_line_the_store_would_not_take_back_is_given_back_when_it_does(sqlite_url: str) -> None:
    """A database that was locked at the end of a run blocks no line for good."""
    store = Store.open(sqlite_url, busy_timeout_s=0.1)
    await store.leases.lease(["a"], "run-1", 0)
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("begin immediate")
    await store.leases.release("run-1")
    holder.execute("rollback")
    holder.close()
    assert await store.leases.lease(["a"], "run-2", 0) is None
    await store.catch_up()
    assert await store.leases.lease(["a"], "run-3", 0) is not None
    store.close()
