"""What every channel can say of itself: it tries what a run does against a reference target on loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prober.channels.ivr.config import Settings as IvrSettings
from prober.channels.registry import CHANNELS
from prober.channels.sms.config import Settings as SmsSettings
from prober.channels.web.config import Settings as WebSettings
from prober.doctor.finding import Finding, Patient, broken, good
from prober.errors import RobotBroken
from prober.model.prompt import PromptTable

_LOOPBACK = {"ivr": {"server": "127.0.0.1"}}
"""What takes a channel's self-check off the network: the way to its server is asked of the kernel otherwise."""
_NOTHING = PromptTable(Path(), {}, {}, sha256="")


def self_check(name: str) -> Callable[[Patient], Awaitable[Finding]]:
    """Return the check that has the driver of channel *name* check itself."""

    async def look(patient: Patient) -> Finding:
        settings = patient.channels[name]
        if patient.offline:
            settings = settings.model_copy(update=_LOOPBACK.get(name, {}))
        # No run is played: nothing is put into quarantine, and no prompt but the reference one is heard.
        services: dict[str, Any] = {"prompts": patient.prompts or _NOTHING, "quarantine": None}
        driver = CHANNELS[name].open(settings, services)
        try:
            with suppress(RobotBroken):  # a browser on a busy machine takes most of the first one's time to start
                return good(await driver.self_check())
            return good(await driver.self_check())
        except RobotBroken as exc:
            return broken(exc.what, exc.cure)
        finally:
            await driver.close()

    return look


BARE: Mapping[str, Any] = {
    "ivr": IvrSettings(server="127.0.0.1", prompts=Path()),
    "web": WebSettings(),
    "sms": SmsSettings(),
}
"""What the channels of a machine are looked at by, where no workspace says which there are."""
