"""What the customer clicks, fills in, chooses and presses."""

from __future__ import annotations

import pytest

from prober.channels.web.actions import Check, Choose, Click, Fill, Open, Press
from prober.model.run import Seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = """<form onsubmit="event.preventDefault(); out.textContent = [...new FormData(this).values()].join('|') + '|好'">
<label>手机号：<input name=msisdn></label> <label for=p>服务密码</label><input id=p name=p type=password>
<input name=code placeholder=验证码> <label>省份 <select name=province><option>广东<option>北京</select></label>
<fieldset><legend>品牌</legend><label><input type=radio name=brand value=g>全球通</label>
<label><input type=radio name=brand value=d>动感地带</label></fieldset>
<label><input type=checkbox name=agree value=yes>同意协议</label>
<button>登录</button></form><p id=out></p>"""


async def test_a_form_is_filled_as_a_person_would(customer, web_site):
    """Labels (also with a colon), placeholders, lists, radio groups and boxes are all found by what they say."""
    web_site.page("/form", FORM)
    await customer.do(Open("/form"))
    filled = await customer.do(Fill({"手机号": "13800000001", "服务密码": "246801", "验证码": "77"}))
    chosen = await customer.do(Choose({"省份": "北京", "品牌": "动感地带"}))
    ticked = await customer.do(Check("同意协议"))
    pressed = await customer.do(Press("Tab"))
    clicked = await customer.do(Click("登录"))
    assert {one.seen for one in (filled, chosen, ticked, pressed, clicked)} == {Seen.EXPECTED}
    assert (await customer.see("/.*好/")).text == "13800000001|246801|77|北京|d|yes|好"
    assert "246801" not in str([filled, clicked])
    assert clicked.facts["locator"] == "role: button «登录» in form"


async def test_enter_sends_a_form(customer, web_site):
    """A key goes where the focus is."""
    web_site.page("/form", FORM)
    await customer.do(Open("/form"))
    await customer.do(Fill({"验证码": "77"}))
    assert (await customer.do(Press("Enter"))).seen is Seen.EXPECTED
    assert (await customer.see("77|广东|好")).seen is Seen.EXPECTED


async def test_an_input_is_timed_from_its_dispatch_until_it_is_handled(customer, web_site):
    """Waiting for the element is beside it; what the page's own listeners take is in it, and it is the stimulus."""
    enable = "setTimeout(() => b.disabled = false, 300)"
    busy = "const t = performance.now(); while (performance.now() - t < 150) {}"
    web_site.page(
        "/slow",
        f'<button id=b disabled onclick="{busy}">办理</button><script>{enable}</script>',
    )
    await customer.do(Open("/slow"))
    clicked = await customer.do(Click("办理"))
    assert 0.14 <= clicked.took_s <= 0.4
    assert clicked.timings["actionable_s"] >= 0.15
    assert customer.run.stimulus.by == "web.click"


async def test_the_whole_name_is_preferred_to_a_part_of_it(customer, web_site):
    """登录 is not 登录帮助; a button is not the heading of the same name; what is hidden is not clicked."""
    said = "onclick='out.textContent = this.id'"
    web_site.page(
        "/names",
        f"<h1>登录</h1><a href=# id=help {said}>登录帮助</a><button hidden>登录</button>"
        f"<button id=real {said}>登录</button><p id=out>",
    )
    await customer.do(Open("/names"))
    await customer.do(Click("登录"))
    assert (await customer.see("real")).seen is Seen.EXPECTED
    assert (await customer.do(Click("帮助"))).seen is Seen.EXPECTED
    assert (await customer.see("help")).seen is Seen.EXPECTED


async def test_several_of_one_name_are_ambiguous_until_told_apart(customer, web_site):
    """The failure says which there are; a role, `in:`, css:, xpath: or testid: tells them apart."""
    web_site.page(
        "/two",
        "<header><a href=#a>登录</a></header><main><form><button type=button data-testid=go>登录</button></form></main>"
        "<ul><li>短信包 <button>订购</button></li>"
        "<li>流量包 <button onclick='this.textContent=1'>订购</button></li></ul>",
    )
    await customer.do(Open("/two"))
    seen = await customer.do(Click("登录"))
    assert seen.seen is Seen.AMBIGUOUS_ELEMENT
    assert "link «登录» in header, button «登录» in form" in seen.actual
    for told in ("link:登录", "button: 登录", "css:form button", "xpath://form/button", "testid:go"):
        assert (await customer.do(Click(told))).seen is Seen.EXPECTED, told
    assert (await customer.do(Click("订购", "流量包"))).seen is Seen.EXPECTED
    assert (await customer.do(Click("订购"))).seen is Seen.EXPECTED


async def test_a_missing_element_says_what_is_there(customer, web_site):
    """The nearest name is offered, else what there is."""
    web_site.page("/form", FORM)
    await customer.do(Open("/form"))
    clicked = await customer.do(Click("登陆"), within=0.3)
    filled = await customer.do(Fill({"手机号码": "1"}), within=0.3)
    assert (clicked.seen, filled.seen) == (Seen.MISSING_ELEMENT, Seen.MISSING_ELEMENT)
    assert clicked.actual.startswith("nothing is called ‘登陆’: http")
    assert "服务密码, 登录," in clicked.actual
    assert "手机号" in filled.actual
    assert [kept.kind for kept in clicked.evidence] == ["page", "screenshot"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<button disabled>办理</button>", "is disabled"),
        ("<button>办理</button><div id=mask style='position:fixed;inset:0'></div>", 'covered: <div id="mask"'),
    ],
)
async def test_an_element_that_cannot_be_clicked_says_why(customer, web_site, body, why):
    """Disabled and covered are not missing."""
    web_site.page("/blocked", body)
    await customer.do(Open("/blocked"))
    seen = await customer.do(Click("办理"), within=0.8)
    assert seen.seen is Seen.NOTHING
    assert why in seen.actual
    assert not seen.doubtful


async def test_an_element_that_takes_no_input_for_no_known_reason_is_in_doubt(customer, web_site):
    """Nothing is in the way of it: a browser without a processor would not have done it either."""
    busy = "const t = performance.now(); while (performance.now() - t < 2000) {}"
    web_site.page("/busy", f'<label>手机号 <input onfocus="{busy}"></label>')
    await customer.do(Open("/busy"))
    seen = await customer.do(Fill({"手机号": "13800000001"}), within=0.8)
    assert seen.seen is Seen.NOTHING
    assert "did not take it in time" in seen.actual
    assert seen.doubtful


async def test_an_option_that_is_not_there_says_so(customer, web_site):
    """The list is there, its option is not."""
    web_site.page("/form", FORM)
    await customer.do(Open("/form"))
    seen = await customer.do(Choose({"省份": "上海"}), within=2)
    assert seen.seen is Seen.NOTHING
    assert "has no such option" in seen.actual


async def test_an_element_that_comes_later_is_clicked_when_it_is_there(customer, web_site):
    """A click waits for its element within its own limit."""
    web_site.page("/later", "<script>setTimeout(() => document.body.innerHTML = '<button>办理</button>', 300)</script>")
    await customer.do(Open("/later"))
    assert (await customer.do(Click("办理"))).seen is Seen.EXPECTED


async def test_a_new_tab_comes_to_the_front(customer, web_site):
    """A link that opens a tab leads the customer there; when it closes they are back."""
    web_site.page("/tab", "<p>新窗口</p><button onclick='window.close()'>关闭</button>")
    web_site.page("/opener", "<p>原窗口</p><a href=/tab target=_blank rel=opener>打开</a>")
    await customer.do(Open("/opener"))
    await customer.do(Click("打开"))
    assert (await customer.see("新窗口")).seen is Seen.EXPECTED
    assert (await customer.do(Click("关闭"))).seen is Seen.EXPECTED
    assert (await customer.see("原窗口")).seen is Seen.EXPECTED


async def test_what_is_missing_is_missing_though_the_page_is_slow_to_name_the_rest(customer, web_site):
    """Of thousands of things only the first few are named, and no script is blamed for what takes long."""
    count = "get() { window.asked = (window.asked || 0) + 1; return '办理' + window.asked; }"
    named = "<script>Object.defineProperty(HTMLButtonElement.prototype, 'innerText', {%s})</script>"
    web_site.page("/many", "<hr style='height: 100vh'>" + "<button>办理</button>" * 500 + named % count)
    await customer.do(Open("/many"))
    seen = await customer.do(Click("退订"), within=0.3)
    assert (seen.seen, "办理1" in seen.actual) == (Seen.MISSING_ELEMENT, True)
    assert await customer.session._window.front.page.evaluate("window.asked") < 100
    slow = "get() { for (const end = Date.now() + 2500; Date.now() < end;); return ''; }"
    web_site.page("/slow", "<button>办理</button>" + named % slow)
    await customer.do(Open("/slow"))
    seen = await customer.do(Click("退订"), within=0.3)
    assert seen.seen is Seen.MISSING_ELEMENT
    assert "script" not in seen.actual
