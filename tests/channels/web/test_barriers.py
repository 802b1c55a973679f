"""What a site puts before machines is named as such, let by, or answered."""

from __future__ import annotations

import sys

import pytest
import pytest_asyncio

from prober.channels.web.actions import Captcha, Click, Open
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

READS = "import sys; data = sys.stdin.buffer.read(); print({says!r} if data.startswith(b'\\x89PNG') else 'no picture')"


def program(says):
    return f'{sys.executable} -c "{READS.format(says=says)}"'


@pytest_asyncio.fixture(loop_scope="session")
async def led_by(web_site, web_run):
    """A customer of a browser with other settings."""
    under_way = []

    async def led(**settings):
        driver = WebDriver(Settings(base_url=web_site.url, **settings))
        run = web_run()
        session = await driver.open(run)
        under_way.append((session, driver))
        return Customer(run, session)

    yield led
    for session, driver in under_way:
        await session.close()
        await driver.close()


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ('<div class="geetest_panel" style="height:9em">验证</div>', 200, "GeeTest captcha (极验)"),
        ('<p>登录</p><div class="nc-container">滑块</div>', 200, "Alibaba Cloud captcha (阿里云验证码)"),
        ("<p>很抱歉，您的访问被拦截</p>", 405, "web application firewall"),
        ("<h1>Access Denied</h1>\n<p>Reference #18.5a</p>", 403, "Akamai block page"),
        ("<p>请按住滑块，拖动到最右边</p>", 200, "slider"),
        ("<meta id=x content=y r='m'>", 412, "River Security challenge (瑞数)"),
    ],
)
async def test_what_stands_before_a_page_is_named(customer, web_site, body, status, name):
    """It is neither a missing element nor an error of the site's, and says how the robot may pass."""
    web_site.page("/login", body, status=status)
    opened = await customer.do(Open("/login"))
    clicked = await customer.do(Click("登录按钮"), within=0.3)
    for seen in [clicked, *([opened] if status >= 400 else [])]:
        assert (seen.seen, seen.facts["barrier"]) == (Seen.BARRED, name)
        assert seen.actual.startswith(f"{name} stands before {web_site.url}/login")
        assert "channels.web.headers" in seen.actual


@pytest.mark.parametrize(
    "body",
    [
        '<div class="geetest_panel" style="display:none">验证</div><label>短信验证码 <input></label>',
        '<iframe src="about:blank#/recaptcha/api2/anchor" class=grecaptcha-badge></iframe><p>拖动可以排序</p>',
        "<p>拖动滑块选择每月流量</p>",
    ],
)
async def test_what_does_not_stand_there_is_not_named(customer, web_site, body):
    """A captcha that waits unseen, and a page that merely speaks of codes, bar nobody."""
    web_site.page("/login", body)
    await customer.do(Open("/login"))
    assert (await customer.do(Click("登录按钮"), within=0.3)).seen is Seen.MISSING_ELEMENT


@pytest.mark.parametrize("sign", ["稍后再试或拨打热线", "css:#guard"])
async def test_a_site_s_own_barrier_is_named_by_the_settings(led_by, web_site, sign):
    """A part of its text, or what is seen."""
    web_site.page("/login", "<div id=guard>操作频繁，请稍后再试或拨打热线</div>")
    customer = await led_by(barriers={"省公司风控": sign})
    await customer.do(Open("/login"))
    seen = await customer.see("我的余额", within=0.3)
    assert (seen.seen, seen.facts["barrier"]) == (Seen.BARRED, "省公司风控")


async def test_a_header_and_a_cookie_let_the_robot_pass(led_by, web_site):
    """They go with the first request, and are no part of any evidence."""
    web_site.page("/home", "<p>首页</p><p id=p></p><script>p.textContent = document.cookie</script>")
    customer = await led_by(headers={"X-Probe": "let-me-in-7731"}, cookies={"captcha": "off-for-probe"})
    await customer.do(Open("/home"))
    asked = web_site.headers["/home"]
    assert (asked["X-Probe"], asked["Cookie"]) == ("let-me-in-7731", "captcha=off-for-probe")
    assert "off-for-probe" not in (await customer.see("没有", within=0.3)).actual


async def test_cookies_need_a_site():
    """They are the site's at base_url."""
    with pytest.raises(ValueError, match="cookies are for the site at base_url"):
        Settings(cookies={"captcha": "off"})


CAPTCHA = (
    "<form><img alt=图 width=90 height=30 src=data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=>"
    "<label>图形验证码 <input id=f></label></form><p id=p></p>"
    "<script>f.oninput = () => { p.textContent = '填了' + f.value }</script>"
)


async def test_the_operator_s_own_program_answers_a_captcha(led_by, web_site):
    """It is given the picture nearest to the field, and what it says is typed."""
    web_site.page("/login", CAPTCHA)
    customer = await led_by(captcha=program("7kx2"))
    await customer.do(Open("/login"))
    assert (await customer.do(Captcha("图形验证码"))).seen is Seen.EXPECTED
    assert (await customer.see("填了7kx2")).seen is Seen.EXPECTED


async def test_the_operator_s_own_program_says_how_far_a_slider_goes(led_by, web_site):
    """The handle is dragged by as many pixels."""
    web_site.page(
        "/login",
        "<img id=bg width=300 height=90 alt=背景 src=data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=>"
        "<div id=handle style='width:40px;height:40px;background:#26a'>▶</div><p id=p></p>"
        "<script>let from = null; handle.onpointerdown = e => { from = e.clientX };"
        "onpointerup = e => { if (from !== null) p.textContent = '拖了' + Math.round(e.clientX - from) }</script>",
    )
    customer = await led_by(captcha=program("120"))
    await customer.do(Open("/login"))
    assert (await customer.do(Captcha("css:#handle", picture="背景", drag=True))).seen is Seen.EXPECTED
    dragged = await customer.see("拖了120")
    assert dragged.seen is Seen.EXPECTED
    assert dragged.took_s < 0.3  # from when it was let go, not from when the picture was read


async def test_a_captcha_without_a_picture_is_a_missing_one(led_by, web_site, monkeypatch):
    """It is the page's, and says what was looked for."""
    monkeypatch.setattr("prober.channels.web.captchas._PICTURE_S", 0.3)
    web_site.page("/login", "<label>图形验证码 <input></label>")
    customer = await led_by(captcha=program("7kx2"))
    await customer.do(Open("/login"))
    seen = await customer.do(Captcha("图形验证码"))
    assert (seen.seen, "a picture near 图形验证码" in seen.actual) == (Seen.MISSING_ELEMENT, True)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("", "there is nobody to answer a captcha"),
        ("/nowhere/solver", "cannot be started"),
        ("false", "has no answer: exit code 1"),
        ("sleep 60", "said nothing in"),
    ],
)
async def test_a_program_that_does_not_answer_is_the_robots(led_by, web_site, says, why):
    """Whatever keeps it from answering."""
    web_site.page("/login", CAPTCHA)
    customer = await led_by(captcha=says)
    await customer.do(Open("/login"))
    with pytest.raises(RobotBroken, match=why):
        await customer.do(Captcha("图形验证码"), within=1.0)


async def test_a_captcha_that_was_answered_is_no_excuse(led_by, web_site):
    """What fails after it is told as what it is, with the word that the captcha stands there still."""
    web_site.page("/login", f'<div class="geetest_holder">验证</div>{CAPTCHA}')
    customer = await led_by(captcha=program("7kx2"))
    await customer.do(Open("/login"))
    await customer.do(Captcha("图形验证码"))
    seen = await customer.see("我的余额", within=0.3)
    assert seen.seen is Seen.NOTHING
    assert "GeeTest captcha (极验) stands there, which was answered before" in seen.actual
