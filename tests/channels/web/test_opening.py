"""Going to a page, and what can become of it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from prober.channels import way
from prober.channels.timing import monotonic
from prober.channels.web.actions import Click, Open
from prober.channels.web.figures import timings
from prober.channels.web.opening import address
from prober.errors import RobotBroken
from prober.loading.fields import expectation
from prober.model.run import Seen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_open_is_timed_to_the_load_event(customer, web_site):
    """Navigation start to load, with the parts of the navigation beside it, and the start as the stimulus."""
    web_site.page("/home", "<h1>首页</h1>", title="首页")
    seen = await customer.do(Open("/home"))
    assert seen.seen is Seen.EXPECTED
    assert seen.took_s == pytest.approx(seen.timings["load_s"], abs=0.02)
    assert 0 < seen.timings["ttfb_s"] < seen.timings["dom_content_loaded_s"] <= seen.timings["load_s"]
    assert seen.timings["fcp_s"] > 0
    assert "tls_s" not in seen.timings
    assert seen.facts["status"] == 200
    assert seen.facts["bytes"] > 100
    assert (seen.facts["title"], seen.facts["url"]) == ("首页", f"{web_site.url}/home")
    assert customer.run.stimulus.by == "web.open"
    assert customer.run.stimulus.at_s <= web_site.asked_s["/home"]
    assert seen.evidence == ()


async def test_ready_ends_open_at_the_text(customer, web_site):
    """`ready` may come long after, or before, the load event."""
    web_site.page("/app", "<div id=app></div><script>setTimeout(() => app.textContent = '欢迎您', 300)</script>")
    seen = await customer.do(Open("/app", ready=expectation("欢迎您")))
    assert 0.28 <= seen.took_s <= 0.7


async def test_an_error_page_is_an_http_error(customer, web_site):
    """Also one that a click led to: what was waited for is not there because the page is an error."""
    web_site.page("/500", "<h1>系统繁忙</h1>", status=500)
    web_site.page("/link", "<a href=/500>账单</a>")
    opened = await customer.do(Open("/500"))
    assert (opened.seen, opened.facts["status"]) == (Seen.HTTP_ERROR, 500)
    assert opened.actual.startswith("HTTP 500 at")
    assert "系统繁忙" in opened.actual
    assert opened.took_s > 0
    await customer.do(Open("/link"))
    await customer.do(Click("账单"))
    seen = await customer.see("本月账单", within=0.5)
    assert (seen.seen, seen.facts["status"]) == (Seen.HTTP_ERROR, 500)


async def test_a_refused_connection_is_unreachable(customer, web_site):
    """Open says so at once; so does what was waited for after a click."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        seen = await customer.do(Open(f"http://127.0.0.1:{port}/"))
        web_site.page("/away", f"<a href=http://127.0.0.1:{port}/>支付</a>")
        await customer.do(Open("/away"))
        await customer.do(Click("支付"))
        later = await customer.see("支付成功", within=0.5)
    refused = f"http://127.0.0.1:{port}/: connection refused (CONNECTION_REFUSED); this machine has a way to 127.0.0.1"
    for one in (seen, later):
        assert (one.seen, one.actual) == (Seen.UNREACHABLE, f"{refused}, from 127.0.0.1")
        assert one.doubtful


async def test_a_broken_tls_handshake_is_unreachable(customer, web_site):
    """A port that speaks no TLS fails by its cause."""
    seen = await customer.do(Open(web_site.url.replace("http:", "https:")))
    assert seen.seen is Seen.UNREACHABLE
    assert "TLS" in seen.actual


async def test_a_name_without_address_is_unreachable(customer, monkeypatch):
    """The words of the cause are the DNS's."""
    monkeypatch.setattr(way, "_servers", lambda _: ["127.0.0.1"])
    seen = await customer.do(Open("http://hall.invalid/"))
    assert seen.seen is Seen.UNREACHABLE
    assert "DNS" in seen.actual


async def test_a_site_that_does_not_answer_is_nothing_at_the_deadline(customer, web_site):
    """A server that accepts and stays silent ends with the step's limit, also behind a click."""
    writers = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    began_s = monotonic()
    seen = await customer.do(Open(url), within=0.5)
    assert (seen.seen, seen.actual) == (Seen.NOTHING, f"no answer from {url}")
    web_site.page("/waits", f"<p>首页</p><a href={url}>账单</a>")
    await customer.do(Open("/waits"))
    assert (await customer.do(Click("账单"))).seen is Seen.EXPECTED
    assert (await customer.see("本月账单", within=0.5)).seen is Seen.NOTHING
    assert monotonic() - began_s < 12
    server.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def test_what_is_no_page_is_said_to_be_none(customer, web_site):
    """An answer without content shows nothing, and nothing has crashed."""
    web_site.page("/204", "", status=204)
    seen = await customer.do(Open("/204"))
    assert seen.seen is Seen.NOTHING
    assert "no page" in seen.actual


async def test_a_crashed_page_is_the_channels_and_the_next_open_starts_a_tab(customer, web_site):
    """Whatever is asked of a crashed page sees that it crashed; opening another works."""
    web_site.page("/home", "<h1>首页</h1>")
    await customer.do(Open("/home"))
    assert (await customer.do(Open("chrome://crash"))).seen is Seen.PAGE_CRASHED
    assert (await customer.see("首页", within=0.5)).seen is Seen.PAGE_CRASHED
    assert (await customer.do(Open("/home"))).seen is Seen.EXPECTED


async def test_a_page_in_an_endless_loop_ends_soon_after_the_deadline(customer, web_site):
    """A page that is too busy to answer is nothing, and says so."""
    web_site.page("/loop", "<p>首页</p><script>setTimeout(() => { while (true) {} }, 300)</script>")
    await customer.do(Open("/loop"))
    began = asyncio.get_running_loop().time()
    seen = await customer.see("我的余额", within=0.5)
    assert seen.seen is Seen.NOTHING
    assert "does not answer" in seen.actual
    assert asyncio.get_running_loop().time() - began < 15


async def test_what_goes_wrong_beneath_the_page_is_kept_as_facts(customer, web_site):
    """Console errors, failed requests and exceptions are counted and quoted, for their own step only."""
    web_site.page(
        "/noisy",
        "<img src=/nothing.png><script>console.error('余额接口失败')</script><script>undefinedThing()</script>",
    )
    web_site.page("/home", "<h1>首页</h1>")
    facts = (await customer.do(Open("/noisy"))).facts
    assert facts["exceptions"] == 1
    assert facts["failed_requests"] == 1
    assert "nothing.png" in facts["first_failed_requests"]
    assert "余额接口失败" in facts["first_console_errors"]
    assert (await customer.do(Open("/home"))).facts["exceptions"] == 0


async def test_a_path_needs_a_base():
    """A relative address without a base is the configuration's fault, and says which key to set."""
    assert address("/login", "https://hall.example/x/") == "https://hall.example/login"
    assert address("login", "https://hall.example/x/") == "https://hall.example/x/login"
    assert address("https://other.example/", "") == "https://other.example/"
    with pytest.raises(RobotBroken, match=r"channels\.web\.base_url"):
        address("/login", "")


async def test_what_did_not_happen_has_no_timing():
    """A connection that was already there is not one made in no time."""
    page = {"connectStart": 3.0, "connectEnd": 3.0, "secureConnectionStart": 0, "responseStart": 12.5, "fcp": None}
    assert timings(page) == {"ttfb_s": 0.0125}
