"""The robot asks itself: does its browser work at all?"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from prober.channels.web import reference
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken

pytestmark = pytest.mark.asyncio(loop_scope="session")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_sound_browser_passes(web_driver):
    """A page on loopback is opened, read and clicked in the same browser, and nothing is left of it."""
    await web_driver.self_check()
    before = open_files()
    said = await web_driver.self_check()
    assert said.startswith("a page on 127.0.0.1 was opened, read and clicked in ")
    assert open_files() <= before


async def test_a_browser_that_does_not_start_fails_it():
    """The message is the browser's."""
    driver = WebDriver(Settings(browser="/bin/false"))
    with pytest.raises(RobotBroken, match="the browser /bin/false does not start"):
        await driver.self_check()
    await driver.close()


async def test_a_dead_proxy_fails_it():
    """Pages of this machine go by the proxy, so it is asked for itself."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(RobotBroken, match=f"the proxy {proxy} does not answer"):
            await WebDriver(Settings(proxy=f"http://{proxy}")).self_check()


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        (reference._BUTTON, "does not even click on a page"),
        (reference._EFFECT, "does not even have a page's script run"),
    ],
)
async def test_what_does_not_work_is_named(web_driver, monkeypatch, lacking, told):
    """A page that lacks its button, or whose script does nothing, fails by that."""
    monkeypatch.setattr(reference, "_PAGE", reference._PAGE.replace(lacking.encode(), b""))
    monkeypatch.setattr(reference, "_STEP_S", 1.5)
    async with asyncio.timeout(20):
        with pytest.raises(RobotBroken, match=told):
            await web_driver.self_check()
