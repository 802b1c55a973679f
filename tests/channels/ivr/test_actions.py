"""What can be written behind `ivr.quality`, `ivr.dial` and `ivr.hear`."""

from __future__ import annotations

import pytest

from prober.channels.ivr.actions import Dial, Hear, Quality
from prober.errors import RobotBroken
from prober.loading.arguments import Written, build
from prober.model.scenario import Pattern

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


@pytest.mark.parametrize("level", ["-30 dBFS", ">= -30dBFS", "≥ -30.0 dBFS"])
def test_a_level_is_below_full_scale(level):
    """With its unit."""
    assert read(level=level) == Quality(level=-30.0)
    for wrong in ("30 dBFS", "-30", "-30 dB", "<= -30 dBFS", "quiet"):
        assert "is not understood here: write a level below full scale" in read(level=wrong)


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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"says": "余额("}, "the regular expression does not compile: missing ), unterminated subpattern"),
        ({"says": "/余额[/"}, "the regular expression does not compile: unterminated character set"),
        ({"says": " "}, "an empty text would be found anywhere"),
        ({"says": "余额", "tone": "busy"}, "‘ivr.hear’ waits for one thing: a prompt, words (says), a tone, or keys"),
        ({"says": "余额", "until": "end"}, "‘until’ and ‘strict’ are for prompts"),
    ],
)
def test_words_that_cannot_be_waited_for_are_refused(written, told):
    """When the scenario is read."""
    assert str(read(Hear, **written)).startswith(told)


@pytest.mark.parametrize("says", ["余额.*元", "/余额.*元/", "为${amount}元"])
def test_words_are_a_regular_expression(says):
    """With slashes or without; what is filled in later is no part of its syntax."""
    assert read(Hear, says=says).says == Pattern(says.strip("/"), regex=True)
