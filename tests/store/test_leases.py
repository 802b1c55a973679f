"""One run at a time speaks for a line, across processes, first come, first served."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import delete

from prober.store.store import Store
from prober.store.tables import LEASE_REQUESTS

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


async def test_a_ticket_that_is_gone_is_drawn_anew(store: Store) -> None:
    """A run whose machine slept for minutes, so that another took it for dead, waits on, and is served."""
    await store.leases.lease(["a"], "holder", 0)
    waiting = asyncio.ensure_future(store.leases.lease(["a"], "waiting", 30))
    await store._database.write(lambda connection: None)
    await store._database.write(lambda connection: connection.execute(delete(LEASE_REQUESTS)).close())
    await store.leases.release("holder")
    assert (await waiting or ("", 0))[0] == "a"


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
