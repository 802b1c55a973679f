"""What can be written behind `ivr.quality`."""

from __future__ import annotations

import pytest

from prober.channels.ivr.actions import Quality
from prober.loading.arguments import Written, build


def read(**written):
    """Return the argument, or the first mistake's words."""
    argument, mistakes = build(Quality, {name: Written(value, ()) for name, value in written.items()}, {})
    return mistakes[0].message if mistakes else argument


def test_limits_are_read_with_their_units():
    """A score, a percentage, a duration; each may be left out."""
    assert read(mos="3.5", loss="2 %", jitter="40ms") == Quality(3.5, 0.02, 0.04)
    assert read(mos=3.5) == Quality(3.5)


@pytest.mark.parametrize("written", [{"mos": "5"}, {"mos": "good"}, {"loss": "2"}, {"loss": "120%"}, {"mos": True}])
def test_a_limit_that_makes_no_sense_is_refused(written):
    """With an example of one that does."""
    assert "is not understood here: write a " in read(**written)
