"""The browser: missing, killed, left."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket

import pytest

from prober.channels.web.actions import Open, See
from prober.channels.web.config import Screenshots, Settings
from prober.channels.web.driver import WebDriver
from prober.channels.web.engine import Gone
from prober.errors import RobotBroken
from prober.loading.fields import expectation
from prober.model.run import Seen
from prober.model.scenario import Action
from tests.processes import descendants

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_named_browser_that_is_not_there_is_the_robots_fault(web_run):
    """The message names the path, the key, and what to install."""
    driver = WebDriver(Settings(browser="/nowhere/chromium"))
    with pytest.raises(RobotBroken) as caught:
        await driver.open(web_run())
    await driver.close()
    assert str(caught.value).startswith("there is no browser at /nowhere/chromium (channels.web.browser). Install the")
    assert "playwright install chromium" in caught.value.cure


async def test_no_browser_at_all_is_the_robots_fault(web_run, monkeypatch, tmp_path):
    """Where nothing is found on the PATH and Playwright has none of its own, the message says what to install."""
    monkeypatch.setattr("prober.channels.web.launching._NAMES", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    driver = WebDriver(Settings())
    with pytest.raises(RobotBroken, match="no browser was found on this machine"):
        await driver.open(web_run())
    await driver.close()


async def test_a_browser_that_does_not_start_is_the_robots_fault(web_run):
    """A program that ends at once is no browser."""
    driver = WebDriver(Settings(browser="/bin/false"))
    with pytest.raises(RobotBroken, match="the browser /bin/false does not start"):
        await driver.open(web_run())
    await driver.close()


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("echo 'missing libfoo.so' >&2; exit 127", "does not start: missing libfoo.so. Install"),
        ("exit 1", "does not start: BrowserType.launch: Target page"),
        ("exec sleep 60", "is not ready 0.5 s after its start. Look at the load"),
    ],
)
async def test_why_a_browser_does_not_start_is_told_by_what_kept_it(web_run, monkeypatch, tmp_path, rest, told):
    """Not by what its launcher's shell always says; one that is merely slow needs no installing."""
    monkeypatch.setattr("prober.channels.web.launching.START_S", 0.5)
    launcher = tmp_path / "chromium"
    launcher.write_text(f"#!/bin/sh\necho '{launcher}: 9: [: 25276506112: unexpected operator' >&2\n{rest}\n")
    launcher.chmod(0o755)
    driver = WebDriver(Settings(browser=str(launcher)))
    with pytest.raises(RobotBroken) as caught:
        await driver.open(web_run())
    await driver.close()
    assert told in str(caught.value)
    assert "operator" not in str(caught.value)


@pytest.mark.parametrize("name", ["chrom", "node"])
async def test_a_killed_browser_is_the_robots_fault_and_the_next_run_has_a_new_one(web_run, web_site, name):
    """Of the browser or its driver: a wait ends in time, the next open() starts afresh, close() leaves nothing."""
    web_site.page("/home", "<h1>首页</h1>")
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    before = descendants(os.getpid(), name)
    driver = WebDriver(Settings(base_url=web_site.url, contexts=1))
    session = await driver.open(web_run())
    await session.perform(Action("web", "open", Open("/home")), 10)
    within_s = {"chrom": 60, "node": 2}[name]  # the driver's end is told by nobody; it shows at the next question
    waiting = asyncio.ensure_future(session.perform(Action("web", "see", See(expectation("余额"))), within_s))
    await asyncio.sleep(0)
    (victim,) = descendants(os.getpid(), name) - before
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(RobotBroken, match="the browser ended in the middle of the run"):
        await asyncio.wait_for(waiting, 15)
    assert await session.close() == ()
    again = await asyncio.wait_for(driver.open(web_run()), 60)
    assert (await again.perform(Action("web", "open", Open("/home")), 10)).seen is Seen.EXPECTED
    await again.close()
    await driver.close()
    await driver.close()
    assert descendants(os.getpid(), name) == before
    gc.collect()  # whoever asks no future for its exception is told of it when it goes
    assert told == []
    asyncio.get_running_loop().set_exception_handler(None)


async def test_a_cancelled_step_leaves_a_session_that_can_be_closed(web_driver, web_run, web_site):
    """Cancelling in the middle of a wait closes the context, and the browser serves the next run."""
    web_site.page("/home", "<h1>首页</h1>")
    session = await web_driver.open(web_run())
    await session.perform(Action("web", "open", Open("/home")), 10)
    waiting = asyncio.ensure_future(session.perform(Action("web", "see", See(expectation("余额"))), 30))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await session.close()
    await session.close()
    again = await web_driver.open(web_run())
    assert (await again.perform(Action("web", "open", Open("/home")), 10)).seen is Seen.EXPECTED
    await again.close()


async def test_runs_share_no_cookies(web_driver, web_run, web_site):
    """Each run is a new customer to the site."""
    web_site.page(
        "/cookie", "<p id=p></p><script>p.textContent = document.cookie || '没有'; document.cookie = 'a=1'</script>"
    )
    for _ in range(2):
        session = await web_driver.open(web_run())
        await session.perform(Action("web", "open", Open("/cookie")), 10)
        seen = await session.perform(Action("web", "see", See(expectation("没有"))), 2)
        await session.close()
        assert seen.seen is Seen.EXPECTED


async def test_every_step_may_be_kept(customer, web_site):
    """`screenshots: every_step` keeps page and picture of a step that passed."""
    web_site.page("/home", "<h1>首页</h1>")
    customer.session._settings = Settings(base_url=web_site.url, screenshots=Screenshots.EVERY_STEP)
    seen = await customer.do(Open("/home"))
    assert seen.seen is Seen.EXPECTED
    assert [kept.kind for kept in seen.evidence] == ["page", "screenshot"]


async def test_a_setting_the_browser_refuses_is_the_robots_fault(web_run):
    """The browser's own words, and where to look."""
    driver = WebDriver(Settings(timezone="Asia/Nowhere"))
    with pytest.raises(RobotBroken, match=r"Asia/Nowhere.*channels\.web in config\.yaml"):
        await driver.open(web_run())
    await driver.close()


async def test_a_dead_proxy_is_the_robots_fault(web_run):
    """What stands between the robot and the site is not the site."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        driver = WebDriver(Settings(proxy=f"http://127.0.0.1:{unused.getsockname()[1]}"))
        session = await driver.open(web_run())
        with pytest.raises(RobotBroken, match="the proxy does not answer"):
            await session.perform(Action("web", "open", Open("http://hall.invalid/")), 10)
        await session.close()
        await driver.close()


BUSY = {
    "frame": "<p>首页</p><iframe srcdoc='<script>for(;;);</script>'></iframe>",
    "request": """<p>首页</p><script>setTimeout(() => { for (;;) { const asked = new XMLHttpRequest();
      asked.open('GET', '/home', false); asked.send(); } }, 100)</script>""",
    "dialog": "<p>首页</p><script>setTimeout(() => { for (;;) alert(1); }, 100)</script>",
}


@pytest.mark.parametrize("kind", BUSY)
async def test_a_page_that_never_rests_is_closed_with_its_window(web_driver, web_run, web_site, kind):
    """The shared browser is rid of it soon, and the HAR of what was fetched before is whole."""
    web_site.page("/home", "<h1>首页</h1>")
    web_site.page("/busy", BUSY[kind])
    session = await web_driver.open(web_run())
    await session.perform(Action("web", "open", Open("/busy")), 3)
    await session.perform(Action("web", "see", See(expectation("没有"))), 0.1)
    context = session._window._context
    evidence = await asyncio.wait_for(session.close(), 9)
    assert context not in web_driver._engine._now.browser.contexts
    assert [kept.kind for kept in evidence] == ["trace", "har"]


@pytest.mark.parametrize("failing", ["recording.Recording.start", "window.Window.arm", "darkroom.Darkroom.open"])
@pytest.mark.parametrize(
    ("raised", "told"), [(Gone, RobotBroken), (asyncio.CancelledError, asyncio.CancelledError)], ids=["gone", "left"]
)
async def test_a_window_that_was_not_opened_whole_is_closed(web_driver, web_run, monkeypatch, failing, raised, told):
    """Nothing of it stays, nor records, in the browser that all runs share."""
    await (await web_driver.open(web_run())).close()
    contexts = web_driver._engine._now.browser.contexts

    async def failed(*_):
        raise raised("the page was closed")

    monkeypatch.setattr(f"prober.channels.web.{failing}", failed)
    with pytest.raises(told):
        await web_driver.open(web_run())
    assert web_driver._engine._now.browser.contexts == contexts
