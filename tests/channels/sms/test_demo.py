"""The SMS channel against the demo operator's own SMS centre."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from prober.channels.base import RunContext, Session
from prober.channels.sms.actions import Receipt, Receive, Send
from prober.channels.sms.config import Settings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import QuarantineInMemory
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.sms.door import SmsDoor
from prober.model.run import Observation, Seen
from prober.model.scenario import Action, Pattern

pytestmark = pytest.mark.live
Runs = Callable[..., RunContext]


@dataclass
class Hall:
    """The demo operator's SMS door, with its faults."""

    port: int
    faults: Faults
    door: SmsDoor


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """An open door on a free port."""
    customers, faults = Customers(tmp_path / "customers.sqlite"), Faults()
    door = SmsDoor("127.0.0.1", 0, customers=customers, fault=lambda: faults.active("sms"), counters=Counter())
    yield Hall(await door.start(), faults, door)
    await door.close()
    customers.close()


@pytest.fixture
def driver(hall: Hall, sms_settings: Callable[..., Settings], sms_quarantine: QuarantineInMemory) -> SmsDriver:
    """A driver that speaks to it."""
    return SmsDriver(sms_settings(hall.port, drain="5s"), quarantine=sms_quarantine)


async def send(session: Session, text: str) -> Observation:
    return await session.perform(Action("sms", "send", Send("10086", text)), 10)


async def receive(session: Session, text: str, deadline_s: float = 10) -> Observation:
    return await session.perform(Action("sms", "receive", Receive(Pattern(text, regex=True))), deadline_s)


async def test_the_balance_and_the_bill_are_answered(driver: SmsDriver, sms_run: Runs) -> None:
    """A short reply, and a bill in three parts with its receipt."""
    session = await driver.open(sms_run())
    assert (await send(session, "CXYE")).seen is Seen.EXPECTED
    balance = await receive(session, r"余额为(?P<balance>[\d.,]+元)")
    await send(session, "CXZD")
    receipt = await session.perform(Action("sms", "receipt", Receipt()), 10)
    bill = await receive(session, "合计")
    await session.close()
    assert balance.groups == {"balance": "86.50元"}
    assert receipt.seen is Seen.EXPECTED
    assert bill.facts["parts"] == 3


async def test_an_order_is_confirmed_in_a_second_message(driver: SmsDriver, sms_run: Runs) -> None:
    """Each reply is that of the command before it."""
    session = await driver.open(sms_run())
    for command, expected in (("KT5G", "回复Y"), ("Y", "5G"), ("QX5G", "回复Y"), ("Y", "5G")):
        await send(session, command)
        reply = await receive(session, expected)
        assert reply.seen is Seen.EXPECTED, reply
    await session.close()


async def test_another_number_is_refused(driver: SmsDriver, sms_run: Runs) -> None:
    """The demo's centre knows 10086 only, and customers only."""
    session = await driver.open(sms_run())
    refused = await session.perform(Action("sms", "send", Send("10010", "CXYE")), 10)
    await session.close()
    assert refused.seen is Seen.DESTINATION_REFUSED


async def test_two_lines_never_take_each_others_messages(driver: SmsDriver, sms_run: Runs) -> None:
    """Each bind names its own number."""
    sessions = [await driver.open(sms_run(f"run-{n}", msisdn=f"1380000000{n}")) for n in (1, 2)]
    for session in sessions:
        await send(session, "CXYE")
    texts = [(await receive(session, "余额为")).text for session in sessions]
    for session in sessions:
        await session.close()
    assert len(set(texts)) == 2
    assert "86.50元" in str(texts[0])


async def test_a_late_reply_never_passes_a_later_run(
    driver: SmsDriver, hall: Hall, sms_run: Runs, sms_quarantine: QuarantineInMemory
) -> None:
    """The next run hears it, keeps it against the run that asked, and gets its own reply."""
    hall.faults.change({"sms": {"name": "late-reply", "seconds": 1}})
    session = await driver.open(sms_run("run-1"))
    await send(session, "CXYE")
    assert (await receive(session, "余额为", 0.2)).seen is Seen.NOTHING
    await session.close()

    hall.faults.clear()
    session = await driver.open(sms_run("run-2"))
    sent = await send(session, "CXZD")
    reply = await receive(session, "")
    await session.close()
    assert sent.waited_s > 0.2
    assert "余额为" in sms_quarantine.late["run-1"]
    assert "合计" in str(reply.text)
