"""A reply that belongs to an earlier run never passes a later one: over SMPP, and across processes."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.channels.base import RunContext, Session
from prober.channels.sms.actions import Receipt, Receive, Send
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import Pending, QuarantineInMemory
from prober.channels.timing import monotonic
from prober.model.run import Observation, Seen
from prober.model.scenario import Action, Pattern
from prober.store.store import Store
from tests.channels.sms.conftest import MSISDN
from tests.channels.sms.smsc import Bind, Smsc, Submit, accepts_only, delivers_and_answers, message

PAIR = (MSISDN, "10086")
Drivers = Callable[..., SmsDriver]
Runs = Callable[..., RunContext]


async def send(session: Session, text: str = "CXYE") -> Observation:
    return await session.perform(Action("sms", "send", Send("10086", text)), 5)


async def receive(session: Session, deadline_s: float = 5, from_: str | None = None) -> Observation:
    return await session.perform(Action("sms", "receive", Receive(Pattern("余额"), from_)), deadline_s)


async def time_out(driver: SmsDriver, run: RunContext) -> None:
    """A run that asks and gets no reply."""
    session = await driver.open(run)
    await send(session)
    assert (await receive(session, 0.2)).seen is Seen.NOTHING
    await session.close()


def stored(text: str, to: str = MSISDN) -> list[bytes]:
    """What the centre keeps for the next bind."""
    return message(text, style="udh8", sender="10086", to=to, reference=77)


async def test_a_number_that_owes_a_reply_is_not_asked(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """The next run's command is not sent, nor waited for; the words say for how long still, and for which run."""
    smsc.behave = accepts_only
    driver = sms_driver()
    await time_out(driver, sms_run("run-1"))
    pending = await sms_quarantine.pending(*PAIR)
    assert pending is not None

    session = await driver.open(sms_run("run-2"))
    sent, received = await send(session), await receive(session)
    await session.close()

    assert sent.seen is received.seen is Seen.NOT_ASKED
    told = re.fullmatch(r"number in quarantine for another (\d+) s: run run-1 timed out", sent.actual)
    assert told
    assert 0 <= int(told[1]) - pending.still_s <= 30
    assert sent.waited_s >= 0.15
    assert len(smsc.submits) == 1


@pytest.mark.parametrize("text", ["迟到的余额为1.00元", "迟到的余额为1.00元。" * 30])
async def test_a_late_reply_is_kept_against_the_run_that_asked(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory, text: str
) -> None:
    """One that waits at the centre when the next run binds is that run's neither; then the number is free again."""
    smsc.behave = accepts_only
    driver = sms_driver()
    await time_out(driver, sms_run("run-1"))
    smsc.stored, smsc.behave = stored(text), delivers_and_answers

    session = await driver.open(sms_run("run-2"))
    await send(session)
    reply = await receive(session)
    await session.close()

    assert reply.text == "CXYE: 余额为86.50元"
    assert sms_quarantine.late == {"run-1": text}
    assert sms_quarantine.owed == {}


async def test_a_late_reply_in_the_same_run_is_no_reply_to_its_next_command(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """A run may go on after a time-out (to undo what it did); the first message then is the one that was owed."""
    smsc.behave = accepts_only
    session = await sms_driver().open(sms_run("run-1"))
    await send(session)
    assert (await receive(session, 0.2)).seen is Seen.NOTHING

    async def late_then_right(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "2")
        await bind.reply("余额为1.00元")
        await bind.reply("余额为86.50元")

    smsc.behave = late_then_right
    await send(session)
    reply = await receive(session)
    await session.close()
    assert reply.text == "余额为86.50元"
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {"run-1": "余额为1.00元"})


async def test_a_late_reply_is_not_a_code_another_channel_asked_for(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """A run that only receives is told from whom, and skips what that number owed."""
    now = datetime.now(UTC)
    await sms_quarantine.begin(Pending(*PAIR, "run-1", now, now + timedelta(minutes=1)))
    session = await sms_driver().open(sms_run("run-2"))
    waiting = asyncio.create_task(receive(session, from_="10086"))
    await asyncio.sleep(0)
    await smsc.bind.reply("余额为1.00元")
    await smsc.bind.reply("余额为86.50元")
    reply = await waiting
    await session.close()
    assert reply.text == "余额为86.50元"
    assert sms_quarantine.late == {"run-1": "余额为1.00元"}


async def test_a_stored_late_reply_leaves_the_code_alone(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """What the number owed came before anything was asked, so the next message counts."""
    now = datetime.now(UTC)
    await sms_quarantine.begin(Pending(*PAIR, "run-1", now, now + timedelta(minutes=1)))
    smsc.stored = stored("余额为1.00元")
    run = sms_run("run-2")
    session = await sms_driver().open(run)
    run.stimulus.mark(monotonic(), "web.click")
    await smsc.bind.reply("余额为86.50元")
    reply = await receive(session, from_="10086")
    await session.close()
    assert reply.text == "余额为86.50元"
    assert sms_quarantine.late == {"run-1": "余额为1.00元"}


async def test_a_second_wait_for_the_same_reply_may_get_it(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """After an optional wait that timed out the reply to this run's own command is still its reply."""
    smsc.behave = accepts_only
    session = await sms_driver().open(sms_run())
    await send(session)
    assert (await receive(session, 0.2)).seen is Seen.NOTHING
    await smsc.bind.reply("余额为86.50元")
    reply = await receive(session)
    await session.close()
    assert reply.seen is Seen.EXPECTED
    assert reply.took_s is not None
    assert reply.took_s > 0.2
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {})


async def test_a_reply_after_its_time_is_late_though_its_own_run_heard_it(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Nobody waited for it any more: it is kept against the run, and the number is free."""
    smsc.behave = accepts_only
    session = await sms_driver().open(sms_run())
    await send(session)
    await receive(session, 0.2)
    await smsc.bind.reply("余额为86.50元")
    await session.close()
    assert (sms_quarantine.owed, sms_quarantine.late) == ({}, {"run-1": "余额为86.50元"})


async def test_another_text_does_not_settle_what_is_owed(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """An advertisement in the window may not have been the reply: the number stays in quarantine."""

    async def advertises(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply("流量特惠")

    smsc.behave = advertises
    session = await sms_driver().open(sms_run())
    await send(session)
    assert (await receive(session, 0.3)).seen is Seen.WRONG_CONTENT
    await session.close()
    assert await sms_quarantine.pending(*PAIR) is not None


async def test_what_came_before_the_submit_is_no_reply(sms_driver: Drivers, sms_run: Runs, smsc: Smsc) -> None:
    """Messages stored at the centre are delivered before the session is open; the window opens at the submit."""
    smsc.stored = stored("余额为1.00元")
    session = await sms_driver().open(sms_run())
    await send(session)
    reply = await receive(session)
    await session.close()
    assert reply.text == "CXYE: 余额为86.50元"
    assert "passed_over" not in reply.facts


@pytest.mark.parametrize("text", ["余额为86.50元", "余额为86.50元，" * 20])
async def test_a_reply_that_says_what_the_late_one_said_is_a_reply(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, text: str
) -> None:
    """A balance does not change between two runs: the same words, from a sender with one reference, are no copy."""
    smsc.behave = accepts_only
    driver = sms_driver()
    await time_out(driver, sms_run("run-1"))

    async def says_it_again(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply(text, reference=77)

    smsc.stored, smsc.behave = stored(text), says_it_again
    for name in ("run-2", "run-3"):
        session = await driver.open(sms_run(name))
        await send(session)
        assert (await receive(session)).seen is Seen.EXPECTED
        await session.close()


@pytest.mark.parametrize("ending", ["answered", "refused", "undelivered", "unread"])
async def test_nothing_is_owed_when_no_reply_can_come(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory, ending: str
) -> None:
    """An answer, be it one nobody waited for, a refusal, and a failed receipt leave the number free."""

    async def ends(bind: Bind, submit: Submit) -> None:
        if ending == "refused":
            return bind.refuse(submit, 0x58)
        bind.accept(submit, "1")
        if ending == "undelivered":
            return await bind.receipt("1", "REJECTD")
        return await bind.reply("余额为86.50元")

    smsc.behave = ends
    session = await sms_driver().open(sms_run())
    await send(session)
    await smsc.quiet()
    if ending == "answered":
        await receive(session)
    elif ending == "undelivered":
        assert (await session.perform(Action("sms", "receipt", Receipt()), 5)).seen is Seen.RECEIPT_FAILED
    await session.close()
    assert sms_quarantine.owed == {}


async def test_a_run_that_is_cut_short_leaves_its_number_owing(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """A command nobody waited for may still be answered, in the next run's window."""
    smsc.behave = accepts_only
    session = await sms_driver().open(sms_run())
    await send(session)
    await session.close()
    assert await sms_quarantine.pending(*PAIR) is not None


async def test_a_reply_may_come_from_a_number_of_its_own(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """Named by the scenario, it settles the command that caused it."""

    async def answers_from_elsewhere(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply("余额为86.50元", sender="106500")

    smsc.behave = answers_from_elsewhere
    session = await sms_driver().open(sms_run())
    await send(session)
    assert (await receive(session, from_="1065")).seen is Seen.EXPECTED
    await session.close()
    assert sms_quarantine.owed == {}


async def test_a_code_from_elsewhere_settles_nothing(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """What another channel caused is no answer to the command before it."""
    smsc.behave = accepts_only
    run = sms_run()
    session = await sms_driver().open(run)
    await send(session)
    run.stimulus.mark(monotonic(), "web.click")
    await smsc.bind.reply("验证码135790，余额", sender="106900")
    assert (await receive(session, from_="1069")).seen is Seen.EXPECTED
    await session.close()
    assert await sms_quarantine.pending(*PAIR) is not None


async def test_the_quarantine_ends_by_itself(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, sms_quarantine: QuarantineInMemory
) -> None:
    """When its time is over the number is asked again."""
    smsc.behave = accepts_only
    driver = sms_driver(quarantine="1ms")
    await time_out(driver, sms_run("run-1"))
    smsc.behave = delivers_and_answers
    session = await driver.open(sms_run("run-2"))
    assert (await send(session)).seen is Seen.EXPECTED
    await session.close()


ASKS_AND_WAITS = """
import asyncio, sys
from pathlib import Path
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.sms.actions import Send
from prober.channels.sms.config import Settings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import Pending
from prober.channels.timing import Stimulus
from prober.loading.masking import Masker
from prober.model.line import Line
from prober.model.scenario import Action
from prober.store.store import Store

async def main(url, port, folder):
    bind = {"host": "127.0.0.1", "port": port, "system_id": "robot", "password": "secret"}
    settings = Settings.model_validate({"gateways": {"demo": {"smpp": bind}}})
    driver = SmsDriver(settings, quarantine=Store.open(url).quarantine(Pending))
    line = Line("demo-1", "13800000001", gateway="demo")
    session = await driver.open(RunContext("run-1", line, Stimulus(), EvidenceBox(Path(folder), "run-1"), Masker([])))
    await session.perform(Action("sms", "send", Send("10086", "CXYE")), 5)
    print("asked", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


async def test_the_quarantine_outlives_a_process_that_is_killed(
    sms_driver: Drivers, sms_run: Runs, smsc: Smsc, tmp_path: Path
) -> None:
    """What a robot asked before kill -9 is owed to the next process, and its late reply passes no run."""
    smsc.behave = accepts_only
    url = f"sqlite:///{tmp_path / 'prober.sqlite'}"
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASKS_AND_WAITS, url, str(smsc.port), str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert killed.stdout is not None
    assert await asyncio.wait_for(killed.stdout.readline(), 60) == b"asked\n"
    killed.send_signal(signal.SIGKILL)
    await killed.wait()

    store = await asyncio.to_thread(Store.open, url)
    try:
        driver = sms_driver(store.quarantine(Pending))
        session = await driver.open(sms_run("run-2"))
        assert "run run-1 timed out" in (await send(session)).actual
        await session.close()

        smsc.stored, smsc.behave = stored("余额为1.00元"), delivers_and_answers
        session = await driver.open(sms_run("run-3"))
        await send(session)
        assert (await receive(session)).text == "CXYE: 余额为86.50元"
        await session.close()
    finally:
        store.close()
