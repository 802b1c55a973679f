"""The SMS channel under the contract: a centre that takes every message and answers none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prober.channels.sms.actions import Receive, Send
from prober.channels.sms.config import GatewaySettings, Settings, SmppSettings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import QuarantineInMemory
from prober.model.scenario import Action, Pattern
from tests.channels.contract import SECRET, Case
from tests.channels.sms.smsc import Smsc, accepts_only


@asynccontextmanager
async def contract(folder: Path) -> AsyncIterator[Case]:
    """A bind that stands, and a driver whose gateways have another name than the line's."""
    async with Smsc() as smsc:
        smsc.behave = accepts_only
        bind = SmppSettings(host="127.0.0.1", port=smsc.port, system_id="robot", password="secret")
        gateway = GatewaySettings(smpp=bind)
        yield Case(
            driver=SmsDriver(Settings(gateways={"demo": gateway}), quarantine=QuarantineInMemory()),
            broken=SmsDriver(Settings(gateways={"other": gateway}), quarantine=QuarantineInMemory()),
            act=Action("sms", "send", Send("10086", f"MM{SECRET}")),
            wait=Action("sms", "receive", Receive(Pattern("余额"))),
        )
