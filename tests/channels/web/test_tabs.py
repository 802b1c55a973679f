"""Going back, other tabs, frames."""

from __future__ import annotations

import pytest

from prober.channels.web.actions import Back, Click, Fill, Frame, Open, Read, Tab
from prober.loading.fields import expectation
from prober.model.run import Seen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_back_goes_to_the_page_before(customer, web_site):
    """It is timed like opening it, and what it shows can be waited for."""
    web_site.page("/a", "<p>第一页", title="一")
    web_site.page("/b", "<p>第二页", title="二")
    await customer.do(Open("/a"))
    await customer.do(Open("/b"))
    back = await customer.do(Back(expectation("第一页")))
    assert back.seen is Seen.EXPECTED
    assert back.facts["url"].endswith("/a")
    assert 0 < back.took_s < 2
    assert customer.run.stimulus.by == "web.back"


async def test_back_works_inside_one_document(customer, web_site):
    """A page that only changes what is behind its # is not loaded again."""
    web_site.page("/spa", "<a href='#two' onclick='out.textContent = 2'>下一步</a><p id=out>1</p>")
    await customer.do(Open("/spa"))
    await customer.do(Click("下一步"))
    assert (await customer.do(Back())).facts["url"].endswith("/spa")


async def test_there_is_nothing_before_the_first_page(customer, web_site):
    """It is said at once."""
    web_site.page("/a", "<p>第一页")
    await customer.do(Open("/a"))
    back = await customer.do(Back(), within=5.0)
    assert back.seen is Seen.NOTHING
    assert "there is no page before" in back.actual


async def test_tabs_come_to_the_front(customer, web_site):
    """A new one by itself, an older one when it is named; and the one that is left can be closed."""
    web_site.page("/first", "<a href=/second target=_blank>协议</a>", title="营业厅")
    web_site.page("/second", "<p>服务协议全文", title="协议")
    await customer.do(Open("/first"))
    await customer.do(Click("协议"))
    assert (await customer.see("服务协议全文")).seen is Seen.EXPECTED
    there = await customer.do(Tab(expectation("营业厅"), close=True))
    assert (there.seen, there.facts["title"]) == (Seen.EXPECTED, "营业厅")
    gone = await customer.do(Tab(expectation("服务协议")), within=0.3)
    assert gone.seen is Seen.NOTHING
    assert "the tabs are: 营业厅 (http" in gone.actual


async def test_a_tab_is_waited_for(customer, web_site):
    """One that a script opens later is timed from what caused it."""
    web_site.page(
        "/later", "<button onclick='setTimeout(() => window.open(\"/second\"), 300)'>打开</button>", title="营业厅"
    )
    web_site.page("/second", "<p>服务协议全文", title="协议")
    await customer.do(Open("/later"))
    await customer.do(Click("打开"))
    there = await customer.do(Tab(expectation("/second$/")))
    assert there.seen is Seen.EXPECTED, there.actual
    assert 0.28 < there.took_s < 1.5


PAYS = """<label>卡号：<input></label><button onclick="out.textContent = '支付成功'">付款</button>
<p id=out>应付 50.00元</p>"""


async def test_steps_look_and_act_inside_a_frame(customer, web_site):
    """Found by its title, name or address; what happens in it is timed there; `top` leads out."""
    web_site.page("/pays", PAYS)
    web_site.page("/shop", "<h1>订单</h1><p>应付 1.00元</p><iframe title=收银台 name=till src=/pays></iframe>")
    for name in ("收银台", "till", "/pays"):
        await customer.do(Open("/shop"))
        assert (await customer.do(Frame(name))).seen is Seen.EXPECTED
        assert (await customer.do(Fill({"卡号": "6222"}))).seen is Seen.EXPECTED
        clicked = await customer.do(Click("付款"))
        assert clicked.took_s < 0.1
        seen = await customer.see("支付成功")
        assert (seen.seen, seen.facts["url"].rpartition("/")[2]) == (Seen.EXPECTED, "shop")
        assert (await customer.see("订单", within=0.2)).seen is Seen.NOTHING
        await customer.do(Frame("top"))
        assert (await customer.see("订单")).seen is Seen.EXPECTED


async def test_what_happens_in_a_frame_is_timed_where_it_happens(customer, web_site):
    """By the frame's own clock, however long the robot took to look."""
    since = "performance.timeOrigin + performance.now() - parent.performance.timeOrigin"
    web_site.page(
        "/late", f"<p id=out></p><script>setTimeout(() => out.textContent = `到账${{{since}}}毫秒`, 700)</script>"
    )
    web_site.page("/shop", "<iframe title=收银台 src=/late></iframe>")
    await customer.do(Open("/shop"))
    await customer.do(Frame("收银台"))
    seen = await customer.see("/到账(?P<after_ms>[0-9.]+)毫秒/")
    assert seen.took_s == pytest.approx(float(seen.groups["after_ms"]) / 1000, abs=0.02)


async def test_a_frame_goes_with_its_page(customer, web_site):
    """After another page has come, steps are on the whole page."""
    web_site.page("/pays", PAYS)
    web_site.page("/shop", "<h1>订单</h1><iframe title=收银台 src=/pays></iframe>")
    await customer.do(Open("/shop"))
    await customer.do(Frame("收银台"))
    await customer.do(Open("/shop"))
    assert (await customer.do(Read("css:h1"))).text == "订单"


async def test_a_frame_that_is_not_there_says_which_are(customer, web_site):
    """By their names and addresses."""
    web_site.page("/pays", PAYS)
    web_site.page("/shop", "<iframe title=收银台 src=/pays></iframe>")
    await customer.do(Open("/shop"))
    missed = await customer.do(Frame("银行"), within=0.3)
    assert missed.seen is Seen.MISSING_ELEMENT
    assert "the page's frames are: 收银台 / http" in missed.actual
