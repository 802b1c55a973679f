"""The browser's own dialogs: answered where the scenario says so, told where it does not."""

from __future__ import annotations

import pytest

from prober.channels.web.actions import Answer, Click, Dialog, Open
from prober.loading.fields import expectation
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS = """<p id=out></p>
<button onclick="out.textContent = confirm('确认订购10元流量包？') ? '已订购' : '已取消'">订购</button>
<button onclick="out.textContent = prompt('请输入验证码', '') ?? '没有'">验证</button>
<button onclick="setTimeout(() => { alert('系统维护中'); out.textContent = '看过了' }, 100)">查询</button>"""


async def test_a_dialog_is_answered_as_the_scenario_says(customer, web_site):
    """What it asks is timed and can be captured; the page goes on with the answer, which is the next stimulus."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    for answer, then in ((Answer.ACCEPT, "已订购"), (Answer.DISMISS, "已取消")):
        assert (await customer.do(Click("订购"))).seen is Seen.EXPECTED
        answered = await customer.do(Dialog(answer, expectation("/确认订购(?P<yuan>\\d+)元/")))
        assert answered.seen is Seen.EXPECTED
        assert answered.groups == {"yuan": "10"}
        assert 0 <= answered.took_s < 0.2
        assert customer.run.stimulus.by == "web.dialog"
        assert (await customer.see(then)).took_s < 0.2


async def test_a_prompt_is_typed_into(customer, web_site):
    """The page gets what a customer would have typed."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    await customer.do(Click("验证"))
    assert (await customer.do(Dialog(Answer.ACCEPT, type="246801"))).text == "请输入验证码"
    assert (await customer.see("246801")).seen is Seen.EXPECTED


async def test_a_dialog_that_says_something_else_is_dismissed(customer, web_site):
    """Nobody orders what was not meant."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    await customer.do(Click("订购"))
    answered = await customer.do(Dialog(Answer.ACCEPT, expectation("免费")))
    assert (answered.seen, answered.actual) == (Seen.WRONG_CONTENT, "confirm: 确认订购10元流量包？")
    assert (await customer.see("已取消")).seen is Seen.EXPECTED


async def test_a_dialog_nobody_expected_fails_the_step_that_meets_it(customer, web_site):
    """It is named, with its words, and the picture is of the page behind it; the next step goes on."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    await customer.do(Click("订购"))
    met = await customer.see("已取消")
    assert met.seen is Seen.DIALOG
    assert met.actual.startswith("confirm: 确认订购10元流量包？")
    assert [kept.kind for kept in met.evidence] == ["page", "screenshot"]
    assert (await customer.see("已取消")).seen is Seen.EXPECTED


async def test_a_dialog_that_comes_while_something_is_waited_for_is_told_at_once(customer, web_site):
    """Not only when the time is over: the page shows nothing behind it."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    await customer.do(Click("查询"))
    met = await customer.see("余额", within=5.0)
    assert met.seen is Seen.DIALOG
    assert "alert: 系统维护中" in met.actual
    assert (await customer.see("看过了")).seen is Seen.EXPECTED


async def test_a_page_that_greets_with_a_dialog_is_open(customer, web_site):
    """What stands before it belongs to the next step."""
    web_site.page("/greets", "<script>alert('公告')</script><p>首页")
    assert (await customer.do(Open("/greets"))).seen is Seen.EXPECTED
    assert (await customer.do(Dialog(Answer.ACCEPT))).text == "公告"
    assert (await customer.see("首页")).seen is Seen.EXPECTED


async def test_no_dialog_is_nothing(customer, web_site):
    """It is waited for as long as the step has."""
    web_site.page("/asks", ASKS)
    await customer.do(Open("/asks"))
    waited = await customer.do(Dialog(Answer.ACCEPT), within=0.3)
    assert (waited.seen, waited.actual) == (Seen.NOTHING, "no dialog was opened")


async def test_a_page_that_would_keep_its_customer_is_left(customer, web_site):
    """`beforeunload` asks whether to leave: whoever opens another page does."""
    web_site.page("/keeps", "<button onclick='onbeforeunload = e => e.preventDefault()'>填写</button>")
    web_site.page("/home", "<p>首页")
    await customer.do(Open("/keeps"))
    await customer.do(Click("填写"))
    assert (await customer.do(Open("/home"))).seen is Seen.EXPECTED
    assert (await customer.see("首页")).seen is Seen.EXPECTED


async def test_a_run_that_ends_behind_a_dialog_is_closed(web_driver, web_run, web_site):
    """Its window goes, and the next run is clean."""
    web_site.page("/asks", ASKS)
    for _ in range(2):
        run = web_run()
        one = Customer(run, await web_driver.open(run))
        assert (await one.do(Open("/asks"))).seen is Seen.EXPECTED
        assert (await one.do(Click("订购"))).seen is Seen.EXPECTED
        await one.session.close()
