"""What can be written behind `sms.send`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prober.channels.base import RunContext
from prober.channels.sms.actions import Send
from prober.channels.sms.driver import SmsDriver
from prober.errors import RobotBroken
from prober.loading.arguments import Written, build
from prober.model.scenario import Action
from tests.channels.sms.smsc import Smsc

UNFIT = ["10086\n", "10086\0", "100 86", "１００８６", "1" * 21, ""]


def read(to: str) -> object:
    """Return the argument, or the first mistake's words."""
    argument, mistakes = build(Send, {"to": Written(to, ()), "text": Written("CXYE", ())}, {})
    return mistakes[0].message if mistakes else argument


@pytest.mark.parametrize("to", ["10086", "+8610086", "*10086#", "1065812345678901", "${service}"])
def test_a_number_of_an_operator_is_taken(to: str) -> None:
    """So is one that is only known when it is filled in."""
    assert read(to) == Send(to, "CXYE")


@pytest.mark.parametrize("to", UNFIT)
def test_what_no_message_can_be_sent_to_is_refused(to: str) -> None:
    """A field of SMPP would not hold it, or would end in its middle."""
    assert read(to) == f"‘{to}’ is no number to send to"


@pytest.mark.parametrize("to", UNFIT)
async def test_such_a_number_that_is_filled_in_is_never_sent_to(
    sms_driver: Callable[..., SmsDriver], sms_run: Callable[..., RunContext], smsc: Smsc, to: str
) -> None:
    """The robot says so, and no message leaves."""
    session = await sms_driver().open(sms_run())
    try:
        with pytest.raises(RobotBroken, match="nothing can be sent to what ‘to’"):
            await session.perform(Action("sms", "send", Send(to, "CXYE")), 5)
    finally:
        await session.close()
    assert smsc.submits == []
