"""Line processes outlive the sessions they serve."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal

import pytest

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.ivr import lines
from prober.channels.ivr.actions import Dial, HangUp, Hear, Press, Quality, Until
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.channels.ivr.engine import HANDSETS, LineProcess
from prober.channels.timing import Stimulus
from prober.errors import RobotBroken
from prober.loading.masking import Masker
from prober.model.line import Line, SipAccount
from prober.model.run import Seen
from tests.channels.ivr.conftest import PROMPTS

pytestmark = pytest.mark.live


def customer(number: int) -> Line:
    """Return the customer of that number."""
    return Line(f"demo-{number}", f"1390000000{number}")


async def called(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    assert (await robot.do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED
    pid = robot.session.pid
    await robot.session.close()
    return pid


async def test_the_next_run_of_a_customer_gets_the_same_process(far_end, call_from):
    """And hears as well; so do other customers, as many as it has handsets."""
    peer = await far_end(answer=["welcome"])
    driver = call_from(peer.server)
    first = [await called(await driver()) for _ in range(3)]
    assert len(set(first)) == 1
    others = [await called(await driver(customer(number))) for number in range(1, HANDSETS + 1)]
    assert [pid == first[0] for pid in others] == [*[True] * (HANDSETS - 1), False]


async def test_calls_of_one_process_hear_each_its_own(far_end, call_from):
    """As many as it has handsets: each presses another key, is played its own prompt, and keeps its own ladder."""
    said = ["balance", "goodbye", "packages"]
    assert len(said) == HANDSETS
    peer = await far_end(answer=["welcome"], keys={str(key): [0.3, prompt] for key, prompt in enumerate(said)})
    driver = call_from(peer.server)
    robots = [await driver(customer(number)) for number in range(len(said))]
    assert len({robot.session.pid for robot in robots}) == 1
    await asyncio.gather(*(robot.do("dial", Dial("10086")) for robot in robots))
    await asyncio.gather(*(robot.do("hear", Hear("welcome", until=Until.STARTED)) for robot in robots))
    await asyncio.gather(*(robot.do("press", Press(str(key))) for key, robot in enumerate(robots)))
    heard = await asyncio.gather(*(robot.do("hear", Hear(prompt)) for robot, prompt in zip(robots, said, strict=True)))
    assert [one.seen for one in heard] == [Seen.EXPECTED] * len(said)
    for robot in robots:
        await robot.session.close()
    dialogues = [set(re.findall(r"Call-ID: (\S+?)\\r", ladder_of(robot))) for robot in robots]
    assert [len(one) for one in dialogues] == [1] * len(said)
    assert len(set.union(*dialogues)) == len(said)


def ladder_of(robot):
    """Return the messages that the session kept."""
    return robot.run.evidence.path("ladder.json").read_text()


async def test_two_runs_of_one_customer_share_no_process(far_end, call_from):
    """One of them rests afterwards."""
    peer = await far_end(answer=["welcome"])
    driver = call_from(peer.server)
    one, other = await driver(), await driver()
    pids = {await called(one), await called(other)}
    assert len(pids) == 2
    assert await called(await driver()) in pids


async def test_a_process_that_died_while_it_rested_is_replaced(far_end, call_from):
    """Nobody notices."""
    peer = await far_end(answer=["welcome"])
    driver = call_from(peer.server)
    dead = await called(await driver())
    gone = os.pidfd_open(dead)
    os.kill(dead, signal.SIGKILL)
    select.select([gone], [], [], 5.0)
    os.close(gone)
    assert await called(await driver()) != dead


async def test_a_worn_process_is_replaced(far_end, call_from, monkeypatch):
    """After so many sessions."""
    monkeypatch.setattr(lines, "USES", 2)
    peer = await far_end(answer=["welcome"])
    driver = call_from(peer.server)
    pids = [await called(await driver()) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_a_call_that_nobody_ended_is_not_handed_on(far_end, call_from):
    """A far end that does not answer our BYE: the next run gets another process."""
    peer = await far_end(answer=["welcome"], ignores=["BYE"])
    driver = call_from(peer.server)
    robot = await driver()
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    pid = robot.session.pid
    await robot.session.close()
    assert (await driver()).session.pid != pid


async def test_a_call_that_is_over_has_nothing_to_do_with_those_after_it(far_end, call_from):
    """
    The library hands its number on: nothing that is asked of the one, nor its resting, touches another's call.

    Nor is what the clock of the sound goes on to tell after its end any part of it.
    """
    peer = await far_end(answer=["welcome"])
    driver = call_from(peer.server)
    over, *others = [await driver(customer(number)) for number in range(HANDSETS)]
    assert len({robot.session.pid for robot in (over, *others)}) == 1
    assert (await over.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    assert (await over.do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    assert (await over.do("hang_up", HangUp())).seen is Seen.EXPECTED
    for robot in others:
        await robot.do("dial", Dial("10086"))
        assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED
    for robot in others:  # now the library's four numbers have been round
        assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    assert (await others[0].do("hear", Hear("welcome"))).seen is Seen.EXPECTED
    weighed = await over.do("quality", Quality(dropout=0.5))
    assert weighed.seen is Seen.EXPECTED, weighed
    await over.session.close()
    for robot in others:
        assert (await robot.do("press", Press("1"))).seen is Seen.EXPECTED
        assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED


async def test_a_line_that_could_not_be_had_is_asked_for_again(far_end, call_from):
    """What stands in the way is told each time, in the same words."""
    driver = call_from((await far_end()).server)
    for _ in range(2):
        with pytest.raises(RobotBroken, match="can be no line"):
            await driver(Line("odd", "13900000009", sip=SipAccount(user="two words")))
    assert (await driver()).session.pid is not None


def started(driver):
    """Return the processes of a driver, and how many of their handsets rest for a customer."""
    used = driver._lines._processes
    return len(used), sum(seat.customer is not None and not seat.taken for one in used for seat in one.seats)


async def test_lines_are_started_before_a_call_comes(far_end, call_from, table, monkeypatch):
    """One process for three of them; the call that comes finds its own there, and starts none."""
    peer = await far_end(answer=["welcome"])
    driver = IvrDriver(Settings.model_validate({"server": peer.server, "prompts": str(PROMPTS)}), table)
    await driver.start_ahead([customer(number) for number in range(4)])
    assert started(driver) == (2, 4)
    await driver.start_ahead([customer(number) for number in range(4)])
    assert started(driver) == (2, 4)

    async def none(*_):
        raise AssertionError("another process was started")

    monkeypatch.setattr(LineProcess, "start", none)
    run = RunContext("r", customer(3), Stimulus(), EvidenceBox(PROMPTS, "none"), Masker([]))
    phone = (await driver.open(run))._phone
    assert phone.line is driver._lines._processes[1].seats[0].handset
    await driver.close()


async def test_a_line_that_cannot_be_started_is_told_by_the_run_that_wants_it(table):
    """Before that nobody is troubled."""
    driver = IvrDriver(Settings.model_validate({"server": "no.such.host.invalid", "prompts": str(PROMPTS)}), table)
    await driver.start_ahead([customer(1)])
    assert started(driver) == (0, 0)
    run = RunContext("r", customer(1), Stimulus(), EvidenceBox(PROMPTS, "none"), Masker([]))
    with pytest.raises(RobotBroken, match=r"no way from this machine to the SIP server no\.such\.host\.invalid"):
        await driver.open(run)
    await driver.close()
