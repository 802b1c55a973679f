"""What the SMS channel's tests share: a small SMS centre, and runs that speak to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.sms.config import GatewaySettings, Settings, SmppSettings
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.quarantine import Quarantine, QuarantineInMemory
from prober.channels.timing import Stimulus
from prober.loading.masking import Masker
from prober.model.line import Line
from tests.channels.sms.smsc import Smsc

MSISDN = "13800000001"


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    """A centre that answers every command."""
    async with Smsc() as smsc:
        yield smsc


@pytest.fixture
def sms_quarantine() -> QuarantineInMemory:
    """Nothing is owed."""
    return QuarantineInMemory()


@pytest.fixture
def sms_settings() -> Callable[..., Settings]:
    """Settings for a centre at a port; `smpp=` changes the bind's, the rest the channel's."""

    def make(port: int, *, smpp: dict[str, object] | None = None, **changes: object) -> Settings:
        bind = {"host": "127.0.0.1", "port": port, "system_id": "robot", "password": "secret"} | (smpp or {})
        gateways = {"demo": GatewaySettings(smpp=SmppSettings.model_validate(bind))}
        return Settings.model_validate({"gateways": gateways, "drain": "150ms", **changes})

    return make


@pytest.fixture
def sms_driver(
    smsc: Smsc, sms_settings: Callable[..., Settings], sms_quarantine: QuarantineInMemory
) -> Callable[..., SmsDriver]:
    """Drivers that speak to the centre."""

    def make(owed: Quarantine = sms_quarantine, **changes: object) -> SmsDriver:
        return SmsDriver(sms_settings(smsc.port, **changes), quarantine=owed)

    return make


@pytest.fixture
def sms_run(tmp_path: Path) -> Callable[..., RunContext]:
    """Runs of the first customer's line."""

    def make(run_id: str = "run-1", *, msisdn: str = MSISDN, gateway: str = "demo") -> RunContext:
        line = Line(name="demo-1", msisdn=msisdn, secrets={"service_password": "246801"}, gateway=gateway)
        box = EvidenceBox(tmp_path, f"2026-11-21/{run_id}")
        return RunContext(run_id, line, Stimulus(), box, Masker(line.secrets.values()))

    return make
