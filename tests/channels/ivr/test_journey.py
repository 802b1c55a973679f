"""The whole journey through the demo operator's IVR."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, HungUp, Press, Until
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.ivr.door import IvrDoor
from prober.demo.recordings import find_folder
from prober.model.run import Seen
from prober.model.value import Capture, ValueType

pytestmark = pytest.mark.live

MONEY = (Capture("balance", ValueType.MONEY),)


@pytest.fixture
async def demo(tmp_path) -> AsyncIterator[tuple[str, Callable[..., None]]]:
    """The demo operator's IVR, and a switch for its faults."""
    database = tmp_path / "customers.sqlite"
    Customers(database).close()
    faults = Faults()
    door = IvrDoor(
        "127.0.0.1", 0, customers_path=database, recordings=find_folder(), fault=lambda: faults.active("ivr")
    )
    yield f"127.0.0.1:{await door.start()}", faults.change
    await door.close()


async def test_the_balance_is_heard_and_read(demo, call_as):
    """Welcome, key 1, and the amount that is joined from pieces, as a text money can be captured from."""
    robot = await call_as(demo[0])
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    assert (await robot.do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    assert (await robot.do("press", Press("1"))).seen is Seen.EXPECTED
    heard = await robot.do("hear", Hear("balance"), captures=MONEY)
    assert heard.seen is Seen.EXPECTED
    assert heard.text == "您当前的账户余额为八十六元五角"
    assert heard.took_s < 1
    menu = await robot.do("hear", Hear("balance_menu", until=Until.STARTED), within_s=15.0)
    assert menu.seen is Seen.EXPECTED
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED


async def test_stalls_of_either_side_do_not_spoil_what_is_heard(demo, call_as):
    """Each end stands still for 0.2 s again and again; the prompts and the amount are heard all the same."""
    robot = await call_as(demo[0])
    await robot.do("dial", Dial("10086"))
    stalling = asyncio.create_task(stall(telephone(), robot.session.pid))
    assert (await robot.do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    assert (await robot.do("press", Press("1"))).seen is Seen.EXPECTED
    heard = await robot.do("hear", Hear("balance"), captures=MONEY)
    stalling.cancel()
    assert heard.text == "您当前的账户余额为八十六元五角"
    assert (await robot.do("hang_up", HangUp())).facts["underrun_s"] > 0


def telephone() -> int:
    """Return the process of the demo operator's telephone."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return next(int(pid) for pid in children if b"demo.ivr.telephone" in Path(f"/proc/{pid}/cmdline").read_bytes())


async def stall(*pids: int) -> None:
    """Stop each process for 0.2 s, in turn."""
    for pid in itertools.cycle(pids):
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(0.2)
        finally:
            os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(0.6)


async def test_barge_in_and_the_far_ends_goodbye(demo, call_as):
    """A key into the welcome is answered; after the goodbye the far end hangs up, and `hung_up` sees it."""
    robot = await call_as(demo[0])
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.do("press", Press("0"))
    agent = await robot.do("hear", Hear("agent"))
    assert agent.seen is Seen.EXPECTED, agent
    assert agent.took_s < 2, agent  # the rest of the welcome is longer
    goodbye = await robot.do("hear", Hear("goodbye"), within_s=15.0)
    assert goodbye.seen is Seen.EXPECTED, goodbye
    seen = await robot.do("hung_up", HungUp())
    assert (seen.seen, seen.facts.get("ended_by")) == (Seen.EXPECTED, "far end"), seen


async def test_a_wrong_prompt_is_told_apart(demo, call_as):
    """With the operator's fault on, the packages are heard where the balance was asked for."""
    server, change = demo
    change({"ivr": "wrong-prompt"})
    robot = await call_as(server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("balance"), captures=MONEY)
    assert seen.seen is Seen.OTHER_PROMPT
    assert "prompt packages «" in seen.actual


async def to_the_balance(call_as, server, **expected):
    """Press 1 into the welcome, and return what is heard where the balance is waited for."""
    robot = await call_as(server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.do("press", Press("1"))
    return await robot.do("hear", Hear("balance"), **expected)


@pytest.mark.parametrize("within_s", [0.8, 0.9, 1.0])
async def test_a_prompt_that_begins_about_the_limit_is_none_of_another_name(demo, call_as, within_s):
    """It is the right one, in time or too late, or has not yet come: never a sound that nobody knows."""
    server, change = demo
    change({"ivr": {"name": "slow", "seconds": 1.0}})
    robot = await call_as(server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("balance", until=Until.STARTED), within_s=within_s)
    assert seen.seen in {Seen.EXPECTED, Seen.SILENCE}, seen


async def test_one_way_audio_is_known_by_the_operators_reports(demo, call_as):
    """The key has no effect because it never arrived, and that is what is told."""
    server, change = demo
    change({"ivr": "one-way"})
    seen = await to_the_balance(call_as, server)
    assert (seen.seen, seen.doubtful) == (Seen.ONE_WAY, True), seen


async def test_a_call_cut_off_after_the_key_names_the_prompt(demo, call_as):
    """The operator hangs up in the middle of the balance."""
    server, change = demo
    change({"ivr": "cut-off"})
    seen = await to_the_balance(call_as, server)
    assert seen.seen is Seen.HUNG_UP
    assert "in the middle of prompt balance" in seen.actual


async def test_an_amount_that_is_cut_off_is_not_relied_on(demo, call_as):
    """The far end hangs up in the middle of the number: what was said till then is no amount."""
    server, change = demo
    change({"ivr": {"name": "cut-off", "seconds": 3.0}})
    seen = await to_the_balance(call_as, server, captures=MONEY)
    assert seen.seen is Seen.HUNG_UP
    assert "in the middle of what was read out" in seen.actual


async def test_an_amount_read_through_heavy_loss_is_not_relied_on(demo, call_as):
    """With three packets of ten lost, enough of the prompt may come; of the amount nobody can be sure."""
    server, change = demo
    change({"ivr": "packet-loss"})
    seen = await to_the_balance(call_as, server, captures=MONEY)
    assert seen.seen is Seen.DROPOUT
    assert re.search("what was read out behind it cannot be relied on|no prompt can be made out", seen.actual)
