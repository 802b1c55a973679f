"""What runs order: capped by day over all processes, and never forgotten while it may stand."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from prober.model.order import Caps, Claim, OrderState, still_stands
from prober.model.run import Run
from prober.store.store import Store

TODAY = date(2026, 11, 21)
CAPS = Caps(orders=3, cost_fen=10_000)
CLAIM = Claim("r1", "order", "demo-1", "13800000001", TODAY, orders=1, cost_fen=3_000)


def other(number: int, **more: object) -> Claim:
    """Return a claim of another run, on a line of its own."""
    own = {"run_id": f"r{number}", "line": f"demo-{number}", "msisdn": f"1380000000{number}"}
    return replace(CLAIM, **{**own, **more})  # type: ignore[arg-type]


def states(store: Store) -> dict[str, str]:
    return {placed.run_id: str(placed.state) for placed in store.orders.placed(still_open=False)}


async def test_the_cap_of_orders_is_held(store: Store) -> None:
    """The order past the cap is refused with its figures; one that takes several counts for all of them."""
    assert await store.orders.claim(CLAIM, CAPS) == ""
    told = await store.orders.claim(other(2, orders=3, cost_fen=0), CAPS)
    assert "1 of 3 on 2026-11-21, and this run makes 3" in told
    assert await store.orders.claim(other(2, orders=2, cost_fen=0), CAPS) == ""
    assert "3 of 3" in await store.orders.claim(other(3, cost_fen=0), CAPS)


async def test_the_cap_of_cost_is_held(store: Store) -> None:
    """What is ordered and cancelled counts too; amounts are told in yuan."""
    await store.orders.claim(CLAIM, CAPS)
    await store.orders.end("r1", OrderState.UNDONE)
    told = await store.orders.claim(other(2, cost_fen=7_001), CAPS)
    assert "30.00 of 100.00 yuan on 2026-11-21, and this run may cost 70.01" in told
    assert await store.orders.claim(other(2, cost_fen=7_000), CAPS) == ""


async def test_another_day_begins_anew(store: Store) -> None:
    """Caps are for a day; what was claimed for nothing is given back."""
    for number in (1, 2, 3):
        assert await store.orders.claim(other(number, cost_fen=0), CAPS) == ""
    assert await store.orders.claim(other(4, cost_fen=0), CAPS) != ""
    assert await store.orders.claim(other(4, cost_fen=0, day=TODAY + timedelta(days=1)), CAPS) == ""
    await store.orders.end("r1", OrderState.UNPLACED)
    assert await store.orders.claim(other(5, cost_fen=0), CAPS) == ""


async def test_a_line_is_refused_until_its_order_is_settled(store: Store) -> None:
    """Whoever asks is told the run and what to do; other lines are free."""
    await store.orders.claim(CLAIM, CAPS)
    await store.orders.end("r1", OrderState.STANDING)
    told = await store.orders.claim(replace(CLAIM, run_id="r2"), CAPS)
    assert told == (
        "an order may still stand on line demo-1 (138••••0001): undo it by hand, then ‘prober db orders settle r1’"
    )
    assert list(await store.orders.standing_on(["13800000001", "13800000002"])) == ["13800000001"]
    assert await store.orders.claim(other(2), CAPS) == ""
    assert store.orders.settle("r1") is OrderState.STANDING
    assert await store.orders.claim(replace(CLAIM, run_id="r3"), CAPS) == ""
    assert states(store) == {"r1": "settled", "r2": "claimed", "r3": "claimed"}


@pytest.mark.parametrize("number", ["1234567", "10086123"])
def test_of_a_short_number_nothing_is_told(number: str) -> None:
    """Its first three and last four digits would be all of it, or nearly."""
    told = still_stands("demo-1", number, "r1")
    assert "line demo-1 (••••)" in told
    assert number[-4:] not in told


async def test_only_what_stands_is_settled(store: Store) -> None:
    """A run under way, or one that ordered nothing, is left as it is."""
    await store.orders.claim(CLAIM, CAPS)
    assert (store.orders.settle("r1"), store.orders.settle("nobody")) == (OrderState.CLAIMED, None)
    assert states(store) == {"r1": "claimed"}


ORDER = """
import asyncio, sys
from prober.store.store import Store
from prober.model.order import Caps, Claim
from datetime import date

async def claim(store):
    number = sys.argv[2]
    claim = Claim(f"r{number}", "order", f"l{number}", f"1380000000{number}", date(2026, 11, 21), 1, 0)
    return await store.orders.claim(claim, Caps(3, 0))

store = Store.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(repr(asyncio.run(claim(store))), flush=True)
sys.stdin.readline()
"""


def test_two_robots_never_pass_the_cap_together(store_url: str) -> None:
    """Eight processes that claim at once get three claims, and each other one the sentence."""
    Store.open(store_url).close()
    program = [sys.executable, "-c", ORDER, store_url]
    robots = [
        subprocess.Popen([*program, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(8)
    ]
    for robot in robots:
        assert robot.stdout is not None
        assert robot.stdout.readline() == "ready\n"
    for robot in robots:
        assert robot.stdin is not None
        robot.stdin.write("\n")
        robot.stdin.flush()
    told = [robot.stdout.readline().strip() for robot in robots if robot.stdout]
    for robot in robots:
        robot.communicate()
    assert sorted(sentence == "''" for sentence in told) == [False] * 5 + [True] * 3


def test_a_killed_robots_claim_stands(store_url: str, a_run: Callable[..., Run]) -> None:
    """Nobody saw its order undone: the next start says so, on the run too, and its line is refused."""
    store = Store.open(store_url)
    with subprocess.Popen([sys.executable, "-c", ORDER, store_url, "1"], stdin=-1, stdout=-1, text=True) as robot:
        assert robot.stdout is not None
        assert robot.stdin is not None
        robot.stdout.readline()
        robot.stdin.write("\n")
        robot.stdin.flush()
        robot.stdout.readline()
        robot.kill()
    store.close()
    store = Store.open(store_url)
    (placed,) = store.orders.placed(still_open=True)
    assert (placed.state, placed.run_id) == (OrderState.STANDING, "r1")
    store.close()


@pytest.mark.parametrize("state", [OrderState.UNDONE, OrderState.UNPLACED, OrderState.STANDING])
async def test_an_end_is_written_once(store: Store, state: OrderState) -> None:
    """What became of an order does not change any more, but by settling it."""
    await store.orders.claim(CLAIM, CAPS)
    await store.orders.end("r1", state)
    await store.orders.end("r1", OrderState.UNDONE)
    assert states(store) == {"r1": str(state)}


async def test_what_became_of_an_order_is_written_when_the_store_takes_it(sqlite_url: str) -> None:
    """A database that was locked at that moment leaves no number refused for good."""
    store = Store.open(sqlite_url, busy_timeout_s=0.1)
    assert await store.orders.claim(CLAIM, CAPS) == ""
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("begin immediate")
    await store.orders.end("r1", OrderState.UNDONE)
    holder.execute("rollback")
    holder.close()
    assert states(store) == {"r1": "claimed"}
    await store.catch_up()
    assert states(store) == {"r1": "undone"}
    store.close()
