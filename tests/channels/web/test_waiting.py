"""What an element is waited to be, and scrolling."""

from __future__ import annotations

import pytest

from prober.channels.web.actions import Click, Open, Scroll, State, WaitFor
from prober.model.run import Seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHANGES = {
    State.VISIBLE: ("<div hidden id=x><button>提交</button></div>", "x.hidden = false"),
    State.HIDDEN: ("<div id=x><button>提交</button></div>", "x.style.display = 'none'"),
    State.ENABLED: ("<button id=x disabled>提交</button>", "x.disabled = false"),
    State.DISABLED: ("<button id=x>提交</button>", "x.disabled = true"),
    State.CHECKED: ("<label><input type=checkbox id=x>提交</label>", "x.click()"),
    State.UNCHECKED: (
        "<div role=checkbox aria-checked=true id=x>提交</div>",
        "x.setAttribute('aria-checked', 'false')",
    ),
}


@pytest.mark.parametrize("state", State)
async def test_an_element_is_waited_to_be_so(customer, web_site, state):
    """It is timed in the page, from what caused it."""
    body, change = CHANGES[state]
    web_site.page("/waits", f'<button onclick="setTimeout(() => {{ {change} }}, 1000)">开始</button>{body}')
    await customer.do(Open("/waits"))
    await customer.do(Click("开始"))
    waited = await customer.do(WaitFor("提交", state))
    assert waited.seen is Seen.EXPECTED
    assert waited.took_s == pytest.approx(1.0, abs=0.15)


async def test_an_element_that_is_taken_away_is_hidden_since_then(customer, web_site):
    """So is what is drawn anew in another place."""
    web_site.page(
        "/goes",
        "<div id=box><p>加载中</p></div><button onclick=\"box.innerHTML = '<i><p>加载中</p></i>';"
        "setTimeout(() => box.innerHTML = '完成', 1000)\">开始</button>",
    )
    await customer.do(Open("/goes"))
    await customer.do(Click("开始"))
    waited = await customer.do(WaitFor("加载中", State.HIDDEN))
    assert waited.took_s == pytest.approx(1.0, abs=0.15)


async def test_what_was_so_already_took_no_time(customer, web_site):
    """It is said that it was."""
    web_site.page("/there", "<button>提交</button>")
    await customer.do(Open("/there"))
    await customer.do(Click("提交"))
    waited = await customer.do(WaitFor("提交", State.ENABLED))
    assert (waited.took_s, waited.facts["already_there"]) == (0.0, True)


async def test_what_does_not_come_says_what_is_there(customer, web_site):
    """Missing, several, or there but not so are told apart."""
    web_site.page("/there", "<button disabled>提交</button><button>取消</button><a href=#>取消</a>")
    await customer.do(Open("/there"))
    late = await customer.do(WaitFor("提交", State.ENABLED), within=0.3)
    assert late.seen is Seen.NOTHING
    assert [kept.kind for kept in late.evidence] == ["page", "screenshot"]
    missing = await customer.do(WaitFor("提交单"), within=0.3)
    assert (missing.seen, "did you mean ‘提交’?" in missing.actual) == (Seen.MISSING_ELEMENT, True)
    assert (await customer.do(WaitFor("取消"), within=0.3)).seen is Seen.AMBIGUOUS_ELEMENT


LONG = """<div style="height:3000px">上</div><p id=end>账单明细</p><div style="height:3000px">下</div>
<script>onscroll = () => { where.textContent = scrollY > 2000 ? '往下' : '顶部' }</script>
<p id=where style="position:fixed;top:0"></p>"""


async def test_scrolling_is_an_act(customer, web_site):
    """To an element, to both ends; what the page does about it is measured from there."""
    web_site.page("/long", LONG)
    await customer.do(Open("/long"))
    for to, then in (("账单明细", "往下"), ("top", "顶部"), ("bottom", "往下")):
        scrolled = await customer.do(Scroll(to))
        assert scrolled.seen is Seen.EXPECTED
        assert scrolled.took_s < 0.5
        assert customer.run.stimulus.by == "web.scroll"
        assert (await customer.see(then)).seen is Seen.EXPECTED
    assert (await customer.do(Scroll("没有"), within=0.3)).seen is Seen.MISSING_ELEMENT
