"""The door as callers meet it, over SIP and RTP by hand: what they hear, and what ends the call."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from prober.demo.faults import Fault
from prober.demo.ivr.playout import joined
from tests.demo.ivr.sound import place

AMOUNT = ["pieces/d8", "pieces/ten", "pieces/d6", "pieces/yuan", "pieces/d5", "pieces/jiao"]

PARENT = """
import asyncio, sys, pathlib
from prober.demo import recordings
from prober.demo.ivr.door import IvrDoor

async def main():
    path = pathlib.Path(sys.argv[1])
    door = IvrDoor("127.0.0.1", 0, customers_path=path, recordings=recordings.find_folder(), fault=lambda: None)
    await door.start()
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_greets(house, ivr_recordings):
    """The service number rings at once, answers after 0.2 s, greets, and goes on with the menu."""
    async with house.caller() as caller:
        assert await caller.dial() == 200
        (_, trying), (ringing_at, ringing), (answered_at, _) = caller.statuses
        assert (trying, ringing) == (100, 180)
        assert 0.15 < answered_at - ringing_at < 0.6
        assert place(await caller.listen(5), joined(ivr_recordings, ["welcome", "main_menu"])) < 0.2
        await caller.leave()


async def test_balance(house, ivr_recordings):
    """Key 1 interrupts the greeting, and the balance is spoken from its recordings without a gap."""
    async with house.caller() as caller:
        await caller.dial()
        await caller.listen(0.5)
        caller.press("1")
        place(await caller.listen(5.5), joined(ivr_recordings, ["balance", *AMOUNT, "balance_menu"]))
        await caller.leave()


async def test_interrupts(house, ivr_recordings):
    """A key takes effect with the next frames: in the median within 60 ms."""
    delays = []
    async with house.caller() as caller:
        await caller.dial()
        for key, prompt in [("2", "packages"), ("9", "main_menu")] * 4:
            await caller.listen(0.3)
            caller.press(key)
            delays.append(place(await caller.listen(0.8), joined(ivr_recordings, [prompt])))
        await caller.leave()
    assert statistics.median(delays) <= 0.060


async def test_info(house, ivr_recordings):
    """A key by SIP INFO counts like one by RFC 4733."""
    async with house.caller() as caller:
        await caller.dial()
        assert await caller.info("3") == 200
        place(await caller.listen(2), joined(ivr_recordings, ["new_item"]))
        assert await caller.info("1") == 200
        place(await caller.listen(2), joined(ivr_recordings, ["new_item_done"]))
        await caller.leave()
    assert [package.code for package in house.customers.active("13800000001")] == ["5GLL30"]


async def test_wrong_prompt(house, ivr_recordings):
    """The fault is seen by a call that was under way when it was switched on."""
    async with house.caller() as caller:
        await caller.dial()
        await caller.listen(0.1)
        house.faults[0] = Fault("wrong-prompt")
        caller.press("1")
        place(await caller.listen(2), joined(ivr_recordings, ["packages"]))
        await caller.leave()


async def test_agent(terse_house):
    """After the transfer is announced the door says goodbye and hangs up; keys change nothing then."""
    async with terse_house.caller() as caller:
        await caller.dial()
        await caller.listen(0.1)  # a key that overtakes the ACK is nobody's
        caller.press("0")
        pressed_at = time.monotonic()
        await caller.listen(0.3)
        caller.press("1")
        assert 0.9 < await caller.hung_up(5) - pressed_at < 3


async def test_stranger(house, ivr_recordings):
    """A number that is no customer's hears so."""
    async with house.caller("13900000000") as caller:
        await caller.dial()
        place(await caller.listen(3), joined(ivr_recordings, ["not_customer"]))
        await caller.leave()


async def test_stranger_is_left(terse_house):
    """A caller who is no customer is not asked for keys, but left."""
    async with terse_house.caller("13900000000") as caller:
        await caller.dial()
        await caller.hung_up(4)


async def test_other_number(house):
    """Another number than the service number is not found."""
    async with house.caller() as caller:
        assert await caller.dial("10010") == 404


async def test_four_calls(house):
    """Four callers are served at a time; the fifth hears busy."""
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(house.caller(f"1380000000{number}")) for number in range(1, 6)]
        assert await asyncio.gather(*(caller.dial() for caller in callers[:4])) == [200] * 4
        assert await callers[4].dial() == 486
        for caller in callers[:4]:
            assert len(await caller.listen(0.5)) == 4000
            await caller.leave()


async def test_options(house):
    """An OPTIONS is answered."""
    async with house.caller() as caller:
        caller.send("OPTIONS")
        assert await caller.final() == 200


async def test_close_during_call(house):
    """The door closes within 1.5 s, and hangs up first."""
    async with house.caller() as caller:
        await caller.dial()
        began = time.monotonic()
        closing = asyncio.create_task(house.door.close())
        await caller.hung_up(2)
        await closing
        assert time.monotonic() - began < 1.5


def telephone() -> int:
    """Return the door's process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return next(int(pid) for pid in children if b"ivr.telephone" in Path(f"/proc/{pid}/cmdline").read_bytes())


async def test_a_dead_telephone_is_replaced(house, capfd):
    """When the library takes its process down, callers find another telephone at the same port."""
    os.kill(telephone(), signal.SIGSEGV)
    async with house.caller() as caller:
        for _ in range(40):  # as any SIP caller does, every half second
            caller.send("OPTIONS")
            with suppress(TimeoutError):
                assert await asyncio.wait_for(caller.final(), 0.5) == 200
                break
        else:
            raise AssertionError("nobody answers")
    assert "the telephone died (exit -11)" in capfd.readouterr().err


async def test_port_taken(house, ivr_door):
    """A port that is taken is said to be."""
    with pytest.raises(OSError, match="in use"):
        await ivr_door(port=house.port).start()


async def test_parent_killed(tmp_path):
    """The telephone does not outlive a parent that is killed."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path / "customers.sqlite")), stdout=PIPE, stderr=PIPE
    )
    assert await asyncio.wait_for(parent.stdout.readline(), 15) == b"open\n"
    parent.kill()
    await parent.wait()
    # Standard error was inherited by the telephone alone, so it ends when the telephone does.
    assert await asyncio.wait_for(parent.stderr.read(), 5) == b""
