"""A message that another channel caused never passes a later run: over SMPP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from prober.channels.base import RunContext
from prober.channels.sms.actions import Receive
from prober.channels.sms.awaited import ANYONE
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import Pending, QuarantineInMemory
from prober.channels.timing import monotonic
from prober.model.run import Observation, Seen
from prober.model.scenario import Action, Pattern
from tests.channels.sms.conftest import MSISDN
from tests.channels.sms.smsc import Smsc, message

SENDER = "106598"
Drivers = Callable[..., SmsDriver]
Runs = Callable[..., RunContext]


async def play(
    driver: SmsDriver, run: RunContext, smsc: Smsc, *came: str, from_: str | None = None, deadline_s: float = 0.3
) -> Observation:
    """A run that clicks and waits for the code; these messages come after the click."""
    session = await driver.open(run)
    run.stimulus.mark(monotonic(), "web.click")
    for text in came:
        await smsc.bind.reply(text, sender=SENDER)
    seen = await session.perform(Action("sms", "receive", Receive(Pattern("验证码"), from_)), deadline_s)
    await session.close()
    return seen


def stored(text: str) -> list[bytes]:
    """What the centre keeps for the next bind."""
    return message(text, style="udh8", sender=SENDER, to=MSISDN, reference=77)


@pytest.mark.parametrize("from_", [None, SENDER])
async def test_a_late_code_never_passes_the_next_run(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory, from_: str | None
) -> None:
    """It comes after the next run's click, which cannot tell it from its own: skipped, with the words why."""
    driver = sms_driver()
    assert (await play(driver, sms_run("run-1"), smsc, from_=from_)).seen is Seen.NOTHING
    pending = await sms_quarantine.pending(MSISDN, from_ or ANYONE)
    assert pending is not None

    seen = await play(driver, sms_run("run-2"), smsc, "验证码111111", from_=from_)

    told = re.fullmatch(
        "«验证码111111» came, but may be the one that run run-1 is owed for another ([0-9]+) s", seen.actual
    )
    assert seen.seen is Seen.NOT_ASKED
    assert told
    assert 0 <= int(told[1]) - pending.still_s <= 30
    assert await sms_quarantine.pending(MSISDN, from_ or ANYONE) == pending


async def test_the_second_code_is_the_next_runs(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Where both come the late one is kept against the run that asked; other texts count for neither."""
    driver = sms_driver()
    await play(driver, sms_run("run-1"), smsc)

    seen = await play(driver, sms_run("run-2"), smsc, "流量特惠", "验证码111111", "验证码222222", deadline_s=5)

    assert (seen.seen, seen.text) == (Seen.EXPECTED, "验证码222222")
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {"run-1": "验证码•••"})


@pytest.mark.parametrize("from_", [None, SENDER])
async def test_a_late_code_between_two_runs_is_kept_against_the_first(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory, from_: str | None
) -> None:
    """It waited at the centre, so it is older than the second run's click."""
    driver = sms_driver()
    await play(driver, sms_run("run-1"), smsc, from_=from_)
    smsc.stored = stored("验证码111111")

    seen = await play(driver, sms_run("run-2"), smsc, "验证码222222", from_=from_, deadline_s=5)

    assert (seen.seen, seen.text) == (Seen.EXPECTED, "验证码222222")
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {"run-1": "验证码•••"})


async def test_an_advertisement_between_two_runs_settles_nothing(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Where anyone may send the code, only a text that fits can have been it."""
    driver = sms_driver()
    await play(driver, sms_run("run-1"), smsc)
    smsc.stored = stored("流量特惠")
    assert (await play(driver, sms_run("run-2"), smsc, "验证码111111")).seen is Seen.NOT_ASKED
    assert sms_quarantine.late == {}


async def test_no_code_at_all_is_a_failure_again_and_again(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Whatever is owed to earlier runs: nothing came, and an outage is no skipped run."""
    driver = sms_driver()
    for name in ("run-1", "run-2", "run-3"):
        assert (await play(driver, sms_run(name), smsc)).seen is Seen.NOTHING
    assert sms_quarantine.owed[MSISDN, ANYONE].run_id == "run-3"


async def test_a_named_sender_may_be_the_one_an_earlier_run_awaited_from_anyone(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc
) -> None:
    """Anyone is that one too."""
    driver = sms_driver()
    await play(driver, sms_run("run-1"), smsc)
    assert (await play(driver, sms_run("run-2"), smsc, "验证码111111", from_=SENDER)).seen is Seen.NOT_ASKED


async def test_a_code_in_time_leaves_nothing_owed(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Run after run passes."""
    driver = sms_driver()
    for name in ("run-1", "run-2"):
        assert (await play(driver, sms_run(name), smsc, f"验证码，{name}")).seen is Seen.EXPECTED
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {})


async def test_a_code_after_its_time_is_late_though_its_own_run_heard_it(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Nobody waited for it any more: it is kept against the run, and the next run is free."""
    session = await sms_driver().open(sms_run("run-1"))
    seen = await session.perform(Action("sms", "receive", Receive(Pattern("验证码"))), 0.1)
    await smsc.bind.reply("验证码111111", sender=SENDER)
    await session.close()
    assert seen.seen is Seen.NOTHING
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {"run-1": "验证码•••"})


async def test_a_wait_that_is_cut_short_leaves_its_code_owing(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """A run that ends while it waits, by its deadline or by a signal, has clicked all the same."""
    driver = sms_driver()
    session = await driver.open(sms_run("run-1"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await session.perform(Action("sms", "receive", Receive(Pattern("验证码"))), 60)
    await session.close()
    assert (await play(driver, sms_run("run-2"), smsc, "验证码111111")).seen is Seen.NOT_ASKED


async def test_what_is_owed_is_over_in_time(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """After the quarantine the first code that comes is the run's own."""
    now = datetime.now(UTC)
    await sms_quarantine.begin(Pending(MSISDN, ANYONE, "run-1", now - timedelta(minutes=3), now))
    assert (await play(sms_driver(), sms_run("run-2"), smsc, "验证码222222")).seen is Seen.EXPECTED
