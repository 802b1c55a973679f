"""What the web hall does wrong when it is told to, before httpx and before Chromium."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Error, Page, async_playwright

from prober.demo.faults import KNOWN
from prober.demo.web.faults import Held

PAGES = ["/home", "/bills", "/packages", "/packages/5GLL30/order", "/item/5GLL30", "/item/LL10"]
FOREVER = {"web": {"name": "slow", "seconds": 300}}


@pytest.fixture
async def browser_page() -> AsyncIterator[Page]:
    """A page of the machine's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield await browser.new_page()
        await browser.close()


@pytest.mark.parametrize("path", [*PAGES, "/", "/nowhere"])
async def test_error_500_is_on_every_page(hall_customer, demo_faults, path) -> None:
    """Each answers 500 with a page in the hall's own style."""
    demo_faults.change({"web": "error-500"})
    page = await hall_customer.get(path)
    assert page.status_code == 500
    assert "系统繁忙，请稍后再试" in page.text
    assert (await hall_customer.get("/hall.css")).status_code == 200


async def test_what_answers_500_is_not_done(hall_customer, demo_faults, demo_customers) -> None:
    """An order that meets the fault orders nothing."""
    demo_faults.change({"web": "error-500"})
    assert (await hall_customer.post("/packages/5GLL30/order")).status_code == 500
    assert not demo_customers.active("13800000001")


@pytest.mark.parametrize("name", ["error-500", "endless-redirect"])
async def test_a_customer_can_still_log_in(hall_client, demo_faults, name) -> None:
    """The login page works, and so does its button; the fault comes with the page behind it."""
    demo_faults.change({"web": name})
    assert (await hall_client.get("/login")).status_code == 200
    answer = await _log_in(hall_client, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    assert "visit" in hall_client.cookies


async def test_slow_holds_pages_back(hall_client, demo_faults) -> None:
    """A page comes `seconds` late and no sooner, the login page too."""
    demo_faults.change({"web": {"name": "slow", "seconds": 0.3}})
    started_s = time.monotonic()
    page = await hall_client.get("/login")
    assert time.monotonic() - started_s >= 0.3
    assert page.status_code == 200


async def test_slow_makes_a_page_late_once(hall_client, demo_faults) -> None:
    """Neither the redirect to a page nor its style sheet is held back."""
    demo_faults.change(FOREVER)
    answer = await _log_in(hall_client, follow_redirects=False)
    assert answer.status_code == 303
    assert (await hall_client.get("/hall.css")).status_code == 200


async def test_nothing_is_slow_any_more_once_it_is_off(hall_client, demo_faults, monkeypatch) -> None:
    """A page that was asked for while the fault was on comes when it goes off."""
    demo_faults.change(FOREVER)
    holding, back = asyncio.Event(), Held.back

    def noted(self, for_s):
        holding.set()
        return back(self, for_s)

    monkeypatch.setattr(Held, "back", noted)
    asked = asyncio.create_task(hall_client.get("/login"))
    await asyncio.wait_for(holding.wait(), 5)
    demo_faults.change({"sms": "lost"})
    assert not asked.done()
    demo_faults.clear()
    assert (await asyncio.wait_for(asked, 5)).status_code == 200


@pytest.mark.parametrize("path", ["/packages", "/packages/5GLL30/order", "/packages/5GLL30/cancel", "/item/5GLL30"])
@pytest.mark.parametrize("ordered", [False, True])
async def test_the_buttons_can_be_missing(hall_customer, demo_faults, demo_customers, path, ordered) -> None:
    """No page that orders or cancels has its button; all else is there."""
    if ordered:
        demo_customers.order("13800000001", "5GLL30")
    assert "<button" in (await hall_customer.get(path)).text
    demo_faults.change({"web": "missing-button"})
    page = await hall_customer.get(path)
    assert "<button" not in page.text
    assert "5G 流量包" in page.text


async def test_the_price_of_the_new_item_can_be_wrong(hall_customer, demo_faults) -> None:
    """Its page says 40.00 instead of 30.00, in that place only."""
    demo_faults.change({"web": "wrong-text"})
    assert "<strong>40.00元/月</strong>" in (await hall_customer.get("/item/5GLL30")).text
    assert "<strong>10.00元/月</strong>" in (await hall_customer.get("/item/LL10")).text
    assert "<strong>30.00</strong>" in (await hall_customer.get("/packages")).text


@pytest.mark.parametrize("path", PAGES)
async def test_a_session_can_expire(hall_customer, demo_faults, path) -> None:
    """Who was logged in is asked to log in again and told why, and comes in once the fault is off."""
    demo_faults.change({"web": "expired-session"})
    page = await hall_customer.get(path)
    assert page.url.path == "/login"
    assert "登录已超时，请重新登录。" in page.text
    assert (await _log_in(hall_customer)).url.path == "/login"
    demo_faults.clear()
    assert (await hall_customer.get(path)).url.path == "/login"
    assert (await _log_in(hall_customer)).url.path == "/home"


async def test_a_stranger_has_no_session_that_could_expire(hall_client, demo_faults) -> None:
    """Who never logged in sees the login page as always."""
    demo_faults.change({"web": "expired-session"})
    assert "登录已超时" not in (await hall_client.get("/home")).text


async def test_a_script_can_throw(hall_client, demo_faults, browser_page) -> None:
    """In a browser the page's own script throws, and what the page is for is not to be seen."""
    thrown: list[Error] = []
    browser_page.on("pageerror", lambda error: thrown.append(error))  # noqa: PLW0108 - Playwright marks its handlers
    await _log_in_by_hand(browser_page, hall_client)
    assert "86.50元" in await browser_page.inner_text("main")
    assert not thrown
    demo_faults.change({"web": "script-error"})
    await browser_page.reload()
    assert await browser_page.inner_text("main") == "正在加载，请稍候…"
    assert [error.name for error in thrown] == ["TypeError"]


async def test_a_browser_gives_up_an_endless_redirect(hall_client, demo_faults, browser_page) -> None:
    """Chromium calls it ERR_TOO_MANY_REDIRECTS."""
    await _log_in_by_hand(browser_page, hall_client)
    demo_faults.change({"web": "endless-redirect"})
    with pytest.raises(Error, match="ERR_TOO_MANY_REDIRECTS"):
        await browser_page.goto(str(hall_client.base_url.join("/home")))


@pytest.mark.parametrize("name", [fault.name for fault in KNOWN["web"]])
async def test_a_fault_that_is_off_leaves_nothing_behind(hall_customer, demo_faults, name) -> None:
    """Every page is what it was before; only an expired session has to log in again."""
    before = [(await hall_customer.get(path)).text for path in PAGES]
    demo_faults.change({"web": {"name": name, "seconds": 0.01} if name == "slow" else name})
    for path in PAGES:
        await hall_customer.get(path, follow_redirects=False)
    demo_faults.clear()
    if name == "expired-session":
        await _log_in(hall_customer)
    assert [(await hall_customer.get(path)).text for path in PAGES] == before
    assert not re.search("<template|<script", "".join(before))


async def _log_in(client: httpx.AsyncClient, **options: bool) -> httpx.Response:
    return await client.post("/login", data={"msisdn": "13800000001", "password": "246801"}, **options)


async def _log_in_by_hand(page: Page, client: httpx.AsyncClient) -> None:
    await page.goto(str(client.base_url.join("/login")))
    await page.get_by_label("手机号").fill("13800000001")
    await page.get_by_label("服务密码").fill("246801")
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/home")
