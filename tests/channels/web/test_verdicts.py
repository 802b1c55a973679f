"""Failures told apart: what the sentence of each says."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from prober.channels import way
from prober.channels.web.actions import Click, Open, Read, See
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.loading.fields import expectation
from prober.model.run import Seen
from prober.model.scenario import Action
from prober.model.value import Capture, ValueType

pytestmark = pytest.mark.asyncio(loop_scope="session")

THROWS = "<p>正在加载</p><script>window.settings.theme</script>"
LOGIN = "<h1>请登录</h1><label>服务密码<input type=password></label>"


async def test_a_page_whose_script_threw_says_so_until_the_next_page(customer, web_site):
    """Also steps later: the exception belongs to the page that is shown, and not to the one after it."""
    web_site.page("/throws", THROWS)
    web_site.page("/home", "<h1>首页</h1>")
    await customer.do(Open("/throws"))
    for seen in (await customer.see("余额", within=0.2), await customer.do(Click("查询"), within=0.2)):
        assert "the page's own script threw «Cannot read properties of undefined (reading 'theme')»" in seen.actual
    await customer.do(Open("/home"))
    assert "threw" not in (await customer.see("余额", within=0.2)).actual


async def test_an_element_that_says_something_else_is_wrong_content(customer, web_site):
    """`in:` an element that is there: content. It is absent: page. It is empty: nothing yet."""
    web_site.page("/price", "<p class=price>40.00元/月</p><p class=empty></p><h2>资费</h2>")
    await customer.do(Open("/price"))
    wrong = await customer.do(See(expectation("30.00元/月"), "css:.price"), within=0.2)
    absent = await customer.do(See(expectation("30.00元/月"), "css:.fee"), within=0.2)
    assert wrong.seen is Seen.WRONG_CONTENT
    assert wrong.expected == "text 30.00元/月 in ‘css:.price’"
    assert wrong.actual.startswith("‘css:.price’ says «40.00元/月»: http")
    assert absent.seen is Seen.MISSING_ELEMENT
    assert absent.actual.startswith("nothing is called ‘css:.fee’: http")
    assert absent.actual.endswith("资费")


async def test_a_value_that_cannot_be_read_leaves_the_text_to_be_judged(customer, web_site):
    """What `read` found without its value is content, and no missing element."""
    web_site.page("/value", "<section aria-label=余额><p>暂无</p></section>")
    await customer.do(Open("/value"))
    seen = await customer.do(Read("余额"), within=0.3, captures=(Capture("balance", ValueType.MONEY),))
    assert (seen.seen, seen.text) == (Seen.EXPECTED, "暂无")


async def test_being_sent_to_log_in_again_is_said(customer, web_site):
    """By a redirect, or by the page's own script: from where to where, and that it asks to log in."""
    web_site.page("/home", "<h1>首页</h1><a href=/item>办理</a><a href=/script>查询</a>")
    web_site.page("/login", LOGIN)
    web_site.redirects["/item"] = "/login"
    web_site.page("/script", "<script>location.replace('/login')</script>")
    for link, came_from in (("办理", "/item"), ("查询", "/home")):
        await customer.do(Open("/home"))
        await customer.see("首页")
        await customer.do(Click(link))
        seen = await customer.see("确认订购", within=1.5)
        assert seen.seen is Seen.NOTHING
        assert seen.actual.startswith(f"the site had gone from {came_from} to /login, which asks to log in; http")


async def test_redirects_in_a_circle_name_the_page(customer, web_site):
    """The address that was asked for, and the cause; nothing in doubt."""
    web_site.redirects["/circle"] = "/circle"
    seen = await customer.do(Open("/circle"), within=20)
    words = f"{web_site.url}/circle: its redirects go round in a circle (TOO_MANY_REDIRECTS)"
    assert (seen.seen, seen.actual, seen.doubtful) == (Seen.UNREACHABLE, words, False)


async def test_only_what_may_be_the_robots_fault_is_in_doubt(customer, web_site, monkeypatch):
    """A site that nobody answers for is; a page that shows something else, or an error, is not."""
    monkeypatch.setattr(way, "_servers", lambda _: ["127.0.0.1"])
    web_site.page("/home", "<h1>首页</h1>")
    web_site.page("/500", "<h1>系统繁忙</h1>", status=500)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert (await customer.do(Open(f"http://127.0.0.1:{silent.getsockname()[1]}/"), within=0.3)).doubtful
    assert (await customer.do(Open("http://hall.invalid/"))).doubtful
    assert not (await customer.do(Open("/500"))).doubtful
    await customer.do(Open("/home"))
    assert not (await customer.see("余额", within=0.2)).doubtful


async def test_behind_a_proxy_no_way_is_asked_for(web_run, monkeypatch):
    """The proxy looks the name up: that this machine cannot says nothing of a site that gave no answer."""
    monkeypatch.setattr(way, "_RESOLVERS", Path("/nowhere"))

    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    driver = WebDriver(Settings(proxy=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    session = await driver.open(web_run())
    seen = await session.perform(Action("web", "open", Open("http://hall.invalid/")), 10)
    await session.close()
    await driver.close()
    server.close()
    assert (seen.seen, seen.doubtful) == (Seen.UNREACHABLE, True)
    assert seen.actual == "http://hall.invalid/: the connection was closed without an answer (EMPTY_RESPONSE)"
