"""Alarms as text messages through the demo operator's SMS centre, beside a probe under way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prober.alerts.base import RefusedForGood
from prober.app.texting import Texting
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.sms.actions import Receive, ReceiveNothing, Send
from prober.channels.sms.config import GatewaySettings, Settings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.gateways import gateway
from prober.channels.sms.gateways.base import Event, Part
from prober.channels.sms.quarantine import QuarantineInMemory
from prober.channels.timing import Stimulus
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.sms.door import SmsDoor
from prober.errors import RobotBroken
from prober.loading.masking import Masker
from prober.model.line import Line
from prober.model.run import Seen
from prober.model.scenario import Action, Pattern
from tests.channels.sms.smsc import Smsc, accepts_only

LINE = Line(name="demo-1", msisdn="13800000001", gateway="demo")
ON_CALL = "13800000008"
ALARM = "故障 余额查询 语音: 听到余额，12:00起 #INC-20261122-0001"


@dataclass
class Centre:
    """The demo operator's SMS door, and the settings that lead to it."""

    settings: Settings
    faults: Faults
    counters: Counter[str]

    @property
    def texting(self) -> Texting:
        return Texting(self.settings, [LINE])


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Centre]:
    """An open door on a free port."""
    customers, faults, counters = Customers(tmp_path / "customers.sqlite"), Faults(), Counter[str]()
    door = SmsDoor("127.0.0.1", 0, customers=customers, fault=lambda: faults.active("sms"), counters=counters)
    bind = {"host": "127.0.0.1", "port": await door.start(), "system_id": "robot", "password": "secret"}
    gateways = {"demo": GatewaySettings.model_validate({"smpp": bind})}
    yield Centre(Settings(gateways=gateways), faults, counters)
    await door.close()
    customers.close()


async def test_a_text_reaches_the_number_whole(centre: Centre) -> None:
    """In Chinese, from the line's number, as one message, with no receipt asked for."""
    arrived: asyncio.Queue[Event] = asyncio.Queue()
    link = await gateway("demo", centre.settings.gateways["demo"]).open(ON_CALL, arrived.put_nowait)
    await link.settle()
    await centre.texting.text("demo-1", ON_CALL, ALARM)
    part = await asyncio.wait_for(arrived.get(), 15)
    assert isinstance(part, Part)
    assert (part.sender, part.content.decode("utf-16-be"), part.concat) == ("13800000001", ALARM, None)
    assert centre.counters["receipts"] == 0
    await link.close()


async def test_a_probe_under_way_on_the_same_number_loses_nothing(centre: Centre, tmp_path: Path) -> None:
    """Between command and reply an alarm is texted: the reply still comes, nothing else does, and nothing is owed."""
    owed = QuarantineInMemory()
    driver = SmsDriver(centre.settings, quarantine=owed)
    run = RunContext("run-1", LINE, Stimulus(), EvidenceBox(tmp_path, "2026-11-22/run-1"), Masker([]))
    centre.faults.change({"sms": {"name": "late-reply", "seconds": 2}})
    session = await driver.open(run)
    await session.perform(Action("sms", "send", Send("10086", "CXYE")), 15)
    await centre.texting.text("demo-1", ON_CALL, ALARM)
    reply = await session.perform(Action("sms", "receive", Receive(Pattern("余额为"))), 20)
    nothing = await session.perform(Action("sms", "receive_nothing", ReceiveNothing()), 0.3)
    await session.close()
    assert (reply.seen, nothing.seen) == (Seen.EXPECTED, Seen.EXPECTED)
    assert await owed.pending(LINE.msisdn, "10086") is None
    assert await owed.pending(LINE.msisdn, ON_CALL) is None


@pytest.mark.parametrize(("fault", "why"), [("throttled", "refused the text"), ("bind-refused", "refused the bind")])
async def test_a_gateway_that_does_not_take_it_is_told(centre: Centre, fault: str, why: str) -> None:
    """A refusal, and a link that cannot be had."""
    centre.faults.change({"sms": fault})
    with pytest.raises(RobotBroken, match=why):
        await centre.texting.text("demo-1", ON_CALL, ALARM)


async def test_what_is_refused_for_good_says_so(centre: Centre) -> None:
    """A number that is never sent to is no matter of a second attempt; too many texts are."""
    centre.faults.change({"sms": "destination-refused"})
    with pytest.raises(RefusedForGood):
        await centre.texting.text("demo-1", ON_CALL, ALARM)
    centre.faults.change({"sms": "throttled"})
    with pytest.raises(RobotBroken) as broken:
        await centre.texting.text("demo-1", ON_CALL, ALARM)
    assert not isinstance(broken.value, RefusedForGood)


async def test_a_line_without_a_gateway_is_told() -> None:
    """With what to write in config.yaml."""
    with pytest.raises(RobotBroken, match="no SMS gateway to send alarms by"):
        await Texting(None, [LINE]).text("demo-1", ON_CALL, ALARM)


@pytest.mark.parametrize(("written", "validity"), [({}, "000000120000000R"), ({"validity": "0s"}, "")])
async def test_an_alarm_waits_for_a_telephone_that_is_out_of_reach(written: dict[str, str], validity: str) -> None:
    """Twelve hours, though a probe's own text is given up after a minute; an SMSC that takes no time gets none."""
    async with Smsc() as smsc:
        smsc.behave = accepts_only
        bind = {"host": "127.0.0.1", "port": smsc.port, "system_id": "robot", "password": "secret"}
        settings = Settings(gateways={"own": GatewaySettings.model_validate({"smpp": bind | written})})
        await Texting(settings, [Line(name="demo-1", msisdn="13800000001")]).text("demo-1", ON_CALL, ALARM)
    assert [submit.validity for submit in smsc.submits] == [validity]
