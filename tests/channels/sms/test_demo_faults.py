"""What the robot sees of each fault of the demo operator's SMS centre, and in which words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from prober.channels.base import RunContext, Session
from prober.channels.sms.actions import VERBS, Receipt, Receive, ReceiveNothing, Send
from prober.channels.sms.config import Settings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import QuarantineInMemory
from prober.demo.customers import Customers
from prober.demo.faults import KNOWN, Faults
from prober.demo.sms.door import SmsDoor
from prober.errors import RobotBroken
from prober.judge.outcome import judge
from prober.model.run import Layer, Observation, Outcome, Seen
from prober.model.scenario import Action, Pattern, Step

pytestmark = pytest.mark.live
RECEIPT = Receipt()
BALANCE = Receive(Pattern("余额为"))
AGAIN = ReceiveNothing()


class Operator:
    """The demo operator's SMS door, and a robot that speaks to it."""

    def __init__(self, faults: Faults, driver: SmsDriver, run: RunContext) -> None:
        self.faults = faults
        self.driver = driver
        self._run = run

    async def open(self) -> Session:
        """Open a session."""
        return await self.driver.open(self._run)

    async def play(self, *arguments: object, deadline_s: float = 5.0) -> list[Observation]:
        """Do these one after another in one session; a wait for nothing takes 0.5 s."""
        session = await self.open()
        seen = []
        for argument in arguments:
            verb = {Send: "send", Receipt: "receipt", Receive: "receive", ReceiveNothing: "receive_nothing"}
            waits_s = 0.5 if isinstance(argument, ReceiveNothing) else deadline_s
            seen.append(await session.perform(Action("sms", verb[type(argument)], argument), waits_s))
        await session.close()
        return seen


@pytest.fixture
async def operator(
    tmp_path: Path,
    sms_settings: Callable[..., Settings],
    sms_quarantine: QuarantineInMemory,
    sms_run: Callable[..., RunContext],
) -> AsyncIterator[Operator]:
    """A door on a free port, with nothing wrong."""
    customers, faults = Customers(tmp_path / "customers.sqlite"), Faults()
    door = SmsDoor("127.0.0.1", 0, customers=customers, fault=lambda: faults.active("sms"), counters=Counter())
    driver = SmsDriver(sms_settings(await door.start()), quarantine=sms_quarantine)
    yield Operator(faults, driver, sms_run())
    await door.close()
    customers.close()


def told(seen: Observation, verb: str) -> tuple[Outcome, Layer | None]:
    """Judge it as the runner does."""
    described = next(one for one in VERBS if one.name == verb)
    step = Step(Action("sms", verb, None), f"sms.{verb}", described.layer, within_s=described.within_s)
    verdict = judge(step, seen)
    return verdict.outcome, verdict.layer


async def test_health_raises_nothing(operator: Operator) -> None:
    """Without a fault every verb passes, and nothing comes a second time."""
    seen = await operator.play(Send("10086", "CXYE"), RECEIPT, BALANCE, AGAIN)
    assert [one.seen for one in seen] == [Seen.EXPECTED] * 4


async def test_a_lost_reply_is_nothing_from_the_delivery(operator: Operator) -> None:
    """The self-check that is asked for passes."""
    operator.faults.change({"sms": "lost"})
    *_, receipt, reply = await operator.play(Send("10086", "CXYE"), RECEIPT, BALANCE, deadline_s=0.5)
    assert receipt.seen is Seen.EXPECTED
    assert (reply.actual, reply.doubtful) == ("nothing in 0.5 s", True)
    assert told(reply, "receive") == (Outcome.FAILED, Layer.DELIVERY)
    assert await operator.driver.self_check()


async def test_a_late_reply_is_nothing_in_time(operator: Operator) -> None:
    """It fails at its limit; that it comes at all is for the next run to hear."""
    operator.faults.change({"sms": {"name": "late-reply", "seconds": 1}})
    *_, reply = await operator.play(Send("10086", "CXYE"), BALANCE, deadline_s=0.4)
    assert told(reply, "receive") == (Outcome.FAILED, Layer.DELIVERY)


@pytest.mark.parametrize("command", ["CXYE", "CXZD"])
async def test_a_duplicated_reply_is_an_unexpected_message(operator: Operator, command: str) -> None:
    """Short or in three parts: received once, and told as the same message again."""
    operator.faults.change({"sms": "duplicated"})
    _, reply, again = await operator.play(Send("10086", command), Receive(Pattern("尊敬的客户")), AGAIN)
    assert reply.seen is Seen.EXPECTED
    assert re.match(r"the same message again, \d+ ms after the first: «尊敬的客户", again.actual)
    assert told(again, "receive_nothing") == (Outcome.FAILED, Layer.DELIVERY)


async def test_a_wrong_text_is_wrong_content(operator: Operator) -> None:
    """What came instead is told."""
    operator.faults.change({"sms": "wrong-text"})
    *_, reply = await operator.play(Send("10086", "CXYE"), BALANCE, deadline_s=0.5)
    assert "系统繁忙" in reply.actual
    assert told(reply, "receive") == (Outcome.FAILED, Layer.CONTENT)


async def test_parts_out_of_order_are_put_in_order(operator: Operator) -> None:
    """A handset does so too: the text passes, and the order is a fact."""
    operator.faults.change({"sms": "out-of-order"})
    _, bill = await operator.play(Send("10086", "CXZD"), Receive(Pattern("账单")))
    assert told(replace(bill, took_s=None), "receive") == (Outcome.PASSED, None)
    assert bill.text is not None
    assert bill.text.startswith("尊敬的客户")
    assert bill.text.endswith("拨打10086。")
    assert sorted(str(bill.facts["order"]).split()) == ["1", "2", "3"]


async def test_a_failed_receipt_is_told_with_its_error(operator: Operator) -> None:
    """The network's own words, and no waiting for a reply."""
    operator.faults.change({"sms": "receipt-failed"})
    _, receipt = await operator.play(Send("10086", "CXYE"), RECEIPT)
    assert receipt.seen is Seen.RECEIPT_FAILED
    assert receipt.actual.startswith("UNDELIV, error ")
    assert told(receipt, "receipt") == (Outcome.FAILED, Layer.DELIVERY)


@pytest.mark.parametrize(
    ("fault", "seen"), [("throttled", Seen.THROTTLED), ("destination-refused", Seen.DESTINATION_REFUSED)]
)
async def test_a_refused_message_is_the_gateways(operator: Operator, fault: str, seen: Seen) -> None:
    """It is told in SMPP's words."""
    operator.faults.change({"sms": fault})
    (sent,) = await operator.play(Send("10086", "CXYE"))
    assert sent.seen is seen
    assert sent.actual.startswith("refused: ")
    assert told(sent, "send") == (Outcome.FAILED, Layer.GATEWAY)


@pytest.mark.parametrize(("fault", "words"), [("bind-refused", "Bind Failed"), ("wrong-password", "Invalid Password")])
async def test_a_refused_bind_is_the_robots_own_link(operator: Operator, fault: str, words: str) -> None:
    """It says which key of config.yaml to look at."""
    operator.faults.change({"sms": fault})
    with pytest.raises(RobotBroken) as broken:
        await operator.open()
    assert words in broken.value.what
    assert "channels.sms.gateways.demo.smpp in config.yaml" in broken.value.cure


def test_every_fault_is_played_here() -> None:
    """A new fault at this door wants its test."""
    here = Path(__file__).read_text(encoding="utf-8")
    assert [known.name for known in KNOWN["sms"] if f'"{known.name}"' not in here] == []
