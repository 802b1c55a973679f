"""What a run's window is: a telephone's, marked for the site's own logs, in a browser that is changed in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from prober.channels.web import memory
from prober.channels.web.actions import Open
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.model.run import Seen
from prober.model.trace import span_id, trace_id
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

ABOUT = """<meta name=viewport content="width=device-width"><p id=out></p>
<script>out.textContent = [innerWidth, devicePixelRatio, "ontouchstart" in window].join()</script>"""


@pytest_asyncio.fixture(loop_scope="session")
async def arrives(web_site, web_run):
    """Opens windows of drivers with settings of their own."""
    drivers: list[WebDriver] = []
    there: list[Customer] = []

    def driver(**settings) -> WebDriver:
        drivers.append(WebDriver(Settings(base_url=web_site.url, **settings)))
        return drivers[-1]

    async def arrive(where: WebDriver, run_id: str = "r1") -> Customer:
        run = replace(web_run(), run_id=run_id)
        there.append(Customer(run, await where.open(run)))
        return there[-1]

    arrive.driver = driver
    yield arrive
    for one in there:
        await one.session.close()
    for one in drivers:
        await one.close()


async def test_a_telephone_has_its_screen_touch_and_name(arrives, web_site):
    """Whatever case its name is written in; what no device is called is refused with one that is."""
    web_site.page("/about", ABOUT)
    one = await arrives(arrives.driver(device="pixel 7"))
    await one.do(Open("/about"))
    assert (await one.see("412,2.625,true")).seen is Seen.EXPECTED
    assert "Pixel 7" in web_site.headers["/about"]["User-Agent"]
    with pytest.raises(RobotBroken, match="no device ‘Pixel 77’") as told:
        await arrives(arrives.driver(device="Pixel 77"))
    assert "did you mean ‘Pixel 7’?" in told.value.cure


async def test_the_sites_own_logs_know_the_run(arrives, web_site):
    """By its id and by W3C's traceparent, where the settings ask for them; and by no header where they do not."""
    web_site.page("/home", "<p>首页")
    headers = {"X-Captcha": "off"}
    one = await arrives(arrives.driver(probe_header="X-Probe-ID", traceparent=True, headers=headers), "run-7")
    await one.do(Open("/home"))
    told = web_site.headers["/home"]
    assert (told["X-Probe-ID"], told["X-Captcha"]) == ("run-7", "off")
    assert told["traceparent"] == f"00-{trace_id('run-7')}-{span_id('run-7')}-01"
    plain = await arrives(arrives.driver())
    await plain.do(Open("/home"))
    assert not {"X-Probe-ID", "traceparent"} & set(web_site.headers["/home"])


async def test_a_run_waits_for_a_place_in_the_browser(arrives):
    """As many at once as the settings say; the next begins when one is over."""
    driver = arrives.driver(contexts=1)
    first = await arrives(driver)
    second = asyncio.ensure_future(arrives(driver))
    await driver.self_check()  # which waits for nobody
    assert not second.done()
    await first.session.close()
    await (await second).session.close()


@pytest.mark.parametrize("settings", [{"runs_per_browser": 2}, {"memory_mb": 200}], ids=["runs", "memory"])
async def test_a_worn_browser_is_changed_while_its_runs_go_on(arrives, web_site, monkeypatch, settings):
    """The next run has a new one; the old one ends with its last run."""
    monkeypatch.setattr("prober.channels.web.engine._WEIGHED_EVERY", 2)
    if "memory_mb" in settings:
        monkeypatch.setattr(memory, "own_mb", lambda pids: 50.0 * len(list(pids)))
    web_site.page("/home", "<p>首页")
    driver = arrives.driver(**settings)
    first, second = await arrives(driver), await arrives(driver)
    old = first.session._window.browser
    third = await arrives(driver)
    assert (second.session._window.browser is old, third.session._window.browser is old) == (True, False)
    assert (await first.do(Open("/home"))).seen is Seen.EXPECTED
    assert (await third.do(Open("/home"))).seen is Seen.EXPECTED
    ended = asyncio.Event()
    old.on("disconnected", lambda _: ended.set())
    await first.session.close()
    assert old.is_connected()
    await second.session.close()
    async with asyncio.timeout(10):
        await ended.wait()
    assert (await third.see("首页")).seen is Seen.EXPECTED


async def test_a_browser_is_weighed_by_what_its_processes_hold(arrives):
    """Hundreds of megabytes at most for a window without a page; nothing for processes that are gone."""
    one = await arrives(driver := arrives.driver())
    assert 20 < await driver._engine._now.memory_mb() < 1000
    assert memory.own_mb([2**30]) == 0
    await one.session.close()
