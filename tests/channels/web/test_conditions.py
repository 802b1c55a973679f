"""What the customer sees, and when."""

from __future__ import annotations

from statistics import median

import pytest

from prober.channels.timing import monotonic
from prober.channels.web.actions import Click, NotSee, Open, Read, See
from prober.channels.web.conditions import chosen
from prober.channels.web.locate import Level
from prober.loading.fields import expectation
from prober.model.run import Seen
from prober.model.value import Capture, ValueType

pytestmark = pytest.mark.asyncio(loop_scope="session")

MONEY = (Capture("balance", ValueType.MONEY),)

DELAYED = """<button onclick="
  const pressed = performance.now();
  setTimeout(() => {
    document.querySelector('#out').textContent = '我的余额：86.50元';
    document.querySelector('#truth').dataset.ms = performance.now() - pressed;
  }, DELAY)">查询</button><p id=out></p><i id=truth></i>"""


async def truth_ms(customer) -> float:
    page = customer.session._window.front.page
    return float(await page.locator("#truth").get_attribute("data-ms"))


async def test_what_appears_later_is_timed_as_the_page_itself_times_it(customer, web_site):
    """The median error against delays that the page stamps itself is at most 15 ms."""
    errors = []
    for delay in (0, 20, 50, 100, 200, 300, 500):
        web_site.page("/delayed", DELAYED.replace("DELAY", str(delay)))
        await customer.do(Open("/delayed"))
        await customer.do(Click("查询"))
        seen = await customer.see("我的余额")
        assert seen.seen is Seen.EXPECTED
        errors.append(abs(seen.took_s * 1000 - await truth_ms(customer)))
    assert median(errors) <= 15, errors


async def test_a_text_that_came_before_it_was_waited_for_keeps_its_own_instant(customer, web_site):
    """Whether the step that waits comes at once or much later makes no difference to its time."""
    web_site.page("/delayed", DELAYED.replace("DELAY", "30"))
    await customer.do(Open("/delayed"))
    await customer.do(Click("查询"))
    await customer.session._window.watch(_never, monotonic() + 0.6)
    seen = await customer.see("我的余额")
    assert seen.took_s < 0.2


async def _never() -> None:
    return None


async def test_a_click_that_leads_to_another_page_is_followed(customer, web_site):
    """The text of the page a click led to is timed from the click, over both documents' clocks."""
    web_site.page("/first", "<a href=/second>我的账户</a>")
    web_site.page("/second", "<h1>欢迎</h1><p>我的余额：<strong>86.50元</strong></p>")
    await customer.do(Open("/first"))
    clicked = await customer.do(Click("我的账户"))
    seen = await customer.see("我的余额", captures=MONEY)
    assert clicked.seen is Seen.EXPECTED
    assert seen.text == "我的余额：86.50元"
    earliest = web_site.answered_s["/second"] - customer.run.stimulus.at_s
    assert earliest - 0.005 <= seen.took_s <= earliest + 1
    assert customer.run.stimulus.at_s < web_site.asked_s["/second"]


async def test_plain_text_is_tolerant(customer, web_site):
    """Width, spaces, case and traditional forms make no difference."""
    web_site.page("/loose", "<p>５Ｇ <b>流量</b> 包</p><p>我的餘額</p>")
    await customer.do(Open("/loose"))
    assert (await customer.see("5g流量包")).text == "５Ｇ 流量 包"
    assert (await customer.see("我的余额")).text == "我的餘額"


async def test_a_regular_expression_brings_its_groups(customer, web_site):
    """Named groups come back, and the text is that of the smallest element."""
    web_site.page("/regex", "<ul><li>话费：10元</li><li>余额为 86.50元，有效</li></ul>")
    await customer.do(Open("/regex"))
    seen = await customer.see(r"/余额为\s*(?P<balance>[\d.,]+元)/")
    assert seen.groups == {"balance": "86.50元"}
    assert seen.text == "余额为 86.50元，有效"


@pytest.mark.parametrize(
    "body",
    [
        "<p>我的余额：<strong>86.50元</strong></p>",
        "<table><tr><th>我的余额</th><td>86.50元</td></tr></table>",
        "<nav><ul><li><a href=#>我的余额</a></li></ul></nav><dl><dt>我的余额</dt><dd>86.50元</dd></dl>",
    ],
)
async def test_the_text_to_capture_from_is_that_of_the_element_with_the_value(customer, web_site, body):
    """Where the expected text stands alone, what encloses it and holds the value is taken."""
    web_site.page("/value", body)
    await customer.do(Open("/value"))
    seen = await customer.see("我的余额", captures=MONEY)
    assert "86.50元" in seen.text


async def test_a_value_that_comes_after_its_label_is_waited_for(customer, web_site):
    """A text with a value to capture is seen when the value is there."""
    web_site.page(
        "/late", "<p>我的余额：<b id=v>…</b></p><script>setTimeout(() => v.textContent = '86.50元', 300)</script>"
    )
    await customer.do(Open("/late"))
    seen = await customer.see("我的余额", captures=MONEY)
    assert seen.text == "我的余额：86.50元"
    assert seen.took_s >= 0.25


async def test_a_value_that_never_comes_leaves_the_text(customer, web_site):
    """The text without its value is brought back at the deadline, for the judge to say what is wrong with it."""
    web_site.page("/novalue", "<p>我的余额：暂无</p>")
    await customer.do(Open("/novalue"))
    seen = await customer.see("我的余额", within=0.5, captures=MONEY)
    assert (seen.seen, seen.text) == (Seen.EXPECTED, "我的余额：暂无")


async def test_what_does_not_come_is_nothing_with_what_is_there_instead(customer, web_site):
    """A failure says where the customer is and what they read, and keeps picture and text without secrets."""
    web_site.page("/other", "<h1>系统繁忙</h1><p>密码 246801</p>", title="提示")
    await customer.do(Open("/other"))
    began = monotonic()
    seen = await customer.see("我的余额", within=0.4)
    assert monotonic() - began < 4
    assert seen.seen is Seen.NOTHING
    assert seen.expected == "text 我的余额"
    assert "系统繁忙" in seen.actual
    assert "/other (提示)" in seen.actual
    assert "246801" not in seen.actual
    assert [kept.kind for kept in seen.evidence] == ["page", "screenshot"]
    assert seen.evidence_s > 0


async def test_hidden_text_is_not_seen(customer, web_site):
    """What the customer cannot see is not there, until it shows."""
    web_site.page(
        "/hidden", "<p id=p style='display:none'>办理成功</p><script>setTimeout(() => p.style = '', 400)</script>"
    )
    await customer.do(Open("/hidden"))
    seen = await customer.see("办理成功")
    assert 0.3 <= seen.took_s <= 2.5


async def test_not_see_is_timed_to_when_the_text_went(customer, web_site):
    """Taken away or hidden, asked before or after it went: the instant is the page's own."""
    went = "setTimeout(() => p.remove(), 200); setTimeout(() => q.hidden = true, 300)"
    web_site.page("/went", f"<p id=p>加载中</p><p id=q>请稍候</p><script>{went}</script>")
    await customer.do(Open("/went"))
    removed = await customer.do(NotSee(expectation("加载中")))
    assert 0.15 <= removed.took_s <= 2.0
    hidden = await customer.do(NotSee(expectation("请稍候")))
    assert 0.25 <= hidden.took_s <= 2.0
    again = await customer.do(NotSee(expectation("加载中")))
    assert abs(again.took_s - removed.took_s) < 0.05


async def test_not_see_fails_while_the_text_stays(customer, web_site):
    """A text that stays is what was seen instead."""
    web_site.page("/stays", "<p>加载中</p>")
    await customer.do(Open("/stays"))
    seen = await customer.do(NotSee(expectation("加载中")), within=0.3)
    assert (seen.seen, seen.expected) == (Seen.NOTHING, "no text 加载中")


async def test_see_in_looks_only_there(customer, web_site):
    """`in:` takes a row by its text, or css:."""
    web_site.page(
        "/rows", "<table><tr><td>短信包</td><td>未订购</td></tr><tr id=b><td>流量包</td><td>已订购</td></tr></table>"
    )
    await customer.do(Open("/rows"))
    assert (await customer.do(See(expectation("已订购"), "流量包"))).seen is Seen.EXPECTED
    assert (await customer.do(See(expectation("已订购"), "css:#b"))).seen is Seen.EXPECTED
    assert (await customer.do(See(expectation("已订购"), "短信包"), within=0.3)).seen is Seen.WRONG_CONTENT


async def test_read_brings_the_text_of_an_element(customer, web_site):
    """By css, by label of a field, or by the text it begins with; passwords stay dots."""
    web_site.page(
        "/read",
        "<p id=b>86.50元</p><label>号码<input value=13800000001></label>"
        "<label>密码<input type=password value=246801></label>"
        "<p>套餐 <b>5G 流量包</b></p>",
    )
    await customer.do(Open("/read"))
    assert (await customer.do(Read("css:#b"))).text == "86.50元"
    assert (await customer.do(Read("号码"))).text == "13800000001"
    assert (await customer.do(Read("密码"))).text == "••••••"
    missing = await customer.do(Read("积分"), within=0.3)
    assert missing.seen is Seen.MISSING_ELEMENT


async def test_a_text_already_there_says_so(customer, web_site):
    """What was there before the stimulus took no time, and the facts say why."""
    web_site.page("/there", "<button>刷新</button><p>首页</p>")
    await customer.do(Open("/there"))
    await customer.do(Click("刷新"))
    seen = await customer.see("首页")
    assert seen.took_s == 0
    assert seen.facts["already_there"] is True


BARE, NAV, ROW = Level(0, "我的余额"), Level(0, "我的余额 账单"), Level(0, "我的余额 86.50元")


@pytest.mark.parametrize(
    ("spots", "text", "readable"),
    [
        ([[BARE, NAV], [BARE, ROW]], ROW.text, True),
        ([[BARE, NAV, ROW]], ROW.text, True),
        ([[BARE, NAV], [ROW, ROW]], ROW.text, True),
        ([[BARE, NAV]], BARE.text, False),
        ([[BARE], [NAV]], NAV.text, False),
    ],
)
async def test_the_nearest_text_with_the_value_is_chosen(spots, text, readable):
    """The element itself before what encloses it; without a value, the first that says more than was expected."""
    level, found = chosen(spots, "我的余额", MONEY)
    assert (level.text, found) == (text, readable)
