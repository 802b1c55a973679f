"""The whole journey through the demo operator's IVR."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, HungUp, Press, Until
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.ivr.door import IvrDoor
from prober.demo.recordings import find_folder
from prober.model.run import Seen
from prober.model.scenario import Capture, ValueType

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


async def test_barge_in_and_the_far_ends_goodbye(demo, call_as):
    """A key into the welcome is answered; after the goodbye the far end hangs up, and `hung_up` sees it."""
    robot = await call_as(demo[0])
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.do("press", Press("0"))
    agent = await robot.do("hear", Hear("agent"))
    assert agent.seen is Seen.EXPECTED
    assert agent.took_s < 1
    assert (await robot.do("hear", Hear("goodbye"), within_s=15.0)).seen is Seen.EXPECTED
    seen = await robot.do("hung_up", HungUp())
    assert (seen.seen, seen.facts["ended_by"]) == (Seen.EXPECTED, "far end")


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
