"""What can be written behind `ivr.quality` and `ivr.dial`."""

from __future__ import annotations

import pytest

from prober.channels.ivr.actions import Dial, Quality
from prober.errors import RobotBroken
from prober.loading.arguments import Written, build

INJECTED = "10086\r\nX-Billing: free"
UNFIT = [INJECTED, "10086\n", "100 86", "10086@elsewhere", "sip:10086", "<10086>", "１００８６", "50%", '"a"', ""]


def read(kind=Quality, **written):
    """Return the argument, or the first mistake's words."""
    argument, mistakes = build(kind, {name: Written(value, ()) for name, value in written.items()}, {})
    return mistakes[0].message if mistakes else argument


def test_limits_are_read_with_their_units():
    """A score, a percentage, a duration; each may be left out."""
    assert read(mos="3.5", loss="2 %", jitter="40ms") == Quality(3.5, 0.02, 0.04)
    assert read(mos=3.5) == Quality(3.5)


@pytest.mark.parametrize("written", [{"mos": "5"}, {"mos": "good"}, {"loss": "2"}, {"loss": "120%"}, {"mos": True}])
def test_a_limit_that_makes_no_sense_is_refused(written):
    """With an example of one that does."""
    assert "is not understood here: write a " in read(**written)


@pytest.mark.parametrize("number", ["10086", "+8610086", "*100#", "12580;phone-context=86", "%23", "${line.msisdn}"])
def test_a_number_that_fits_a_sip_address_is_taken(number):
    """So is one that is only known when it is filled in."""
    assert read(Dial, number=number) == Dial(number)


@pytest.mark.parametrize("number", UNFIT)
def test_a_number_that_would_break_a_sip_address_is_refused(number):
    """With the character that may not stand there."""
    assert "cannot be called: " in read(Dial, number=number)


@pytest.mark.parametrize("number", [INJECTED, ""])
async def test_such_a_number_that_is_filled_in_is_never_called(far_end, call_as, number):
    """The robot says so, and no INVITE leaves."""
    peer = await far_end()
    robot = await call_as(peer.server)
    with pytest.raises(RobotBroken, match=r"ivr\.dial cannot be called: (no SIP address may hold|it is empty)"):
        await robot.do("dial", Dial(number))
    assert peer.told == []
    assert await robot.session.close() == []
