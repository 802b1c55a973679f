"""From the page's clock to the robot's."""

from __future__ import annotations

import time

import pytest

from prober.channels.timing import monotonic
from prober.channels.web.actions import Open
from prober.channels.web.clock import PageClock


def test_the_wall_clock_says_where_a_document_begins():
    """A stamp of the page maps to the instant at which it was stamped."""
    clock = PageClock(time.time() * 1000)
    assert clock.at_s(250) == pytest.approx(monotonic() + 0.25, abs=0.005)


@pytest.mark.parametrize("set_by_s", [3600.0, -3600.0])
def test_setting_the_wall_clock_bends_nothing(set_by_s):
    """Where the wall clock was set since the page began, hearing from the page puts it right."""
    clock = PageClock((time.time() + set_by_s) * 1000)
    clock.heard(stamp_ms=100, heard_s=50.104, asked_s=50.100)
    assert 50.0 <= clock.at_s(0) <= 50.004


@pytest.mark.asyncio(loop_scope="session")
async def test_a_pages_stamp_lies_between_question_and_answer(customer, web_site):
    """What the page stamps while it is asked lies between asking and hearing, by the wall clock alone."""
    web_site.page("/home", "<h1>首页</h1>")
    await customer.do(Open("/home"))
    page = customer.session._window.front.page
    for _ in range(5):
        asked_s = monotonic()
        origin_ms, stamp_ms = await page.evaluate("() => [performance.timeOrigin, performance.now()]")
        assert asked_s - 0.001 <= PageClock(origin_ms).at_s(stamp_ms) <= monotonic() + 0.001
