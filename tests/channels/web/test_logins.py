"""One scenario logs in, and others are that customer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import pytest_asyncio

from prober.channels.web.actions import Open, SaveLogin, UseLogin
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.model.line import Line
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOGS_IN = "<script>document.cookie = 'sid=abc; path=/'; localStorage.token = 'xyz'</script><p>已登录"
KNOWS = "<p id=who></p><script>who.textContent = `${document.cookie || '无'} ${localStorage.token || '无'}`</script>"


@pytest_asyncio.fixture(loop_scope="session")
async def arrives(web_site, web_run, tmp_path):
    """Opens windows of new customers, each with a browser that shares nothing with another's."""
    web_site.page("/login", LOGS_IN)
    web_site.page("/home", KNOWS)
    driver = WebDriver(Settings(base_url=web_site.url, logins=tmp_path / "logins"))

    there: list[Customer] = []

    async def arrive(line: str = "demo-1") -> Customer:
        run = replace(web_run(), line=Line(line, "13800000001"))
        there.append(Customer(run, await driver.open(run)))
        return there[-1]

    yield arrive
    for one in there:
        await one.session.close()
    await driver.close()


async def test_a_saved_login_is_used_by_another_run(arrives, tmp_path):
    """Cookies and storage are there; the file is readable by its owner alone."""
    first = await arrives()
    await first.do(Open("/login"))
    assert (await first.do(SaveLogin("客户"))).seen is Seen.EXPECTED
    (kept,) = (tmp_path / "logins").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    second = await arrives()
    assert (await second.do(UseLogin("客户"))).seen is Seen.EXPECTED
    await second.do(Open("/home"))
    assert (await second.see("sid=abc xyz")).seen is Seen.EXPECTED


async def test_without_it_a_run_is_a_stranger(arrives):
    """Nothing is shared that was not saved."""
    first = await arrives()
    await first.do(Open("/login"))
    await first.do(SaveLogin("客户"))
    second = await arrives()
    await second.do(Open("/home"))
    assert (await second.see("无 无")).seen is Seen.EXPECTED


async def test_a_login_that_is_missing_too_old_or_spoilt_is_the_robots(arrives, tmp_path):
    """The cure names the scenario that is to be played first; another line's login is none."""
    first = await arrives()
    await first.do(Open("/login"))
    await first.do(SaveLogin("客户"))
    for line, max_age, what in (
        ("demo-2", 60.0, "line demo-2 has no saved login ‘客户’"),
        ("demo-1", 0.0, "the saved login ‘客户’ of line demo-1 is 0 minutes old"),
    ):
        with pytest.raises(RobotBroken, match=what) as told:
            await (await arrives(line)).do(UseLogin("客户", max_age))
        assert "web.save_login" in told.value.cure
    (kept,) = (tmp_path / "logins").iterdir()
    kept.write_text(json.dumps({"state": {}}))
    with pytest.raises(RobotBroken, match="cannot be read"):
        await (await arrives()).do(UseLogin("客户"))
