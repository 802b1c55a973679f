"""What a person does becomes steps, by names that stand for nothing else on the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from prober.channels.web.config import Settings
from prober.channels.web.engine import Engine
from prober.channels.web.recorder import FLAGS, Act, Recorder
from prober.channels.web.written import ordering, remarks, steps
from prober.model.line import Line
from tests.channels.web.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = Line("demo", "13800000001", secrets={"service_password": "246801"})
Does = Callable[[Any], Awaitable[None]]
Recorded = Callable[[str, Does], Awaitable[list[Act]]]


class _Shared(Engine):
    """Lets the test's hands into the window that is recorded."""

    async def new_context(self, *args: Any, **named: Any) -> Any:
        self.context = await super().new_context(*args, **named)
        return self.context


@pytest_asyncio.fixture(loop_scope="session")
async def recorded() -> AsyncIterator[Recorded]:
    """Record what a test does on a page, from its address to the closing of all its tabs."""
    engine = _Shared(Settings(args=FLAGS, trace="never"))

    async def record(url: str, does: Does) -> list[Act]:
        begun = asyncio.Event()
        recorder = Recorder(engine, lambda _: begun.set())
        recording = asyncio.ensure_future(recorder.record(url))
        await begun.wait()
        page = engine.context.pages[0]
        page.set_default_timeout(10_000)
        await does(page)
        for one in list(engine.context.pages):
            await one.close()
        async with asyncio.timeout(10):
            await recording
        return recorder.acts

    yield record
    await engine.close()


def written(acts: list[Act], site: Site) -> list[dict[str, Any]]:
    return steps(acts, LINE, site.url)


async def test_a_login_is_written_as_a_person_would(recorded: Recorded, web_site: Site) -> None:
    """Letters make one step, the secrets of the line are named, and where it led to is waited for."""
    web_site.page(
        "/login",
        "<h1>登录</h1><form action=/home><label for=m>手机号：</label><input id=m name=m>"
        "<label for=p>服务密码</label><input id=p type=password name=p><button>登录</button></form>",
    )
    web_site.page("/home", "<h1>登录</h1><h2>我的余额</h2><p>86.50 元</p>")

    async def does(page: Any) -> None:
        await page.get_by_label("手机号").press_sequentially("13800000001")
        await page.get_by_label("服务密码").press_sequentially("246801")
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url("**/home*")
        await page.wait_for_function("document.readyState === 'complete'")
        await shown(page, "我的余额")

    acts = await recorded(f"{web_site.url}/login", does)
    assert written(acts, web_site) == [
        {"web.open": "/login", "ready": "登录"},
        {"web.fill": {"手机号": "${line.msisdn}", "服务密码": "${secret.service_password}"}},
        {"web.click": "登录"},
        {"web.see": "我的余额"},
    ]
    assert list(remarks(acts, LINE)) == []


async def shown(page: Any, heading: str) -> None:
    """Wait until the page has told of *heading*: it does within a tenth of a second."""
    await page.evaluate(
        "text => new Promise(done => { const look = () => document.body.innerText.includes(text)"
        " ? setTimeout(done, 300) : requestAnimationFrame(look); look(); })",
        heading,
    )


async def test_what_bears_a_name_twice_is_told_apart(recorded: Recorded, web_site: Site) -> None:
    """By its row or part of the page; by its role; else by the way to it."""
    web_site.page(
        "/shop",
        "<ul><li>流量加油包 <button>订购</button></li><li>语音畅聊包 <button>订购</button></li></ul>"
        "<nav aria-label=公告><a href='#a'>更多</a></nav><nav aria-label=活动><a href='#b'>更多</a></nav>"
        "<p>帮助</p><a href='#help'>帮助</a><div id=x onclick=1>&nbsp;</div>",
    )

    async def does(page: Any) -> None:
        await page.get_by_role("button", name="订购").nth(1).click()
        await page.get_by_role("link", name="更多").nth(0).click()
        await page.get_by_role("link", name="帮助").click()
        await page.locator("#x").click(force=True)

    acts = await recorded(f"{web_site.url}/shop", does)
    assert written(acts, web_site)[1:] == [
        {"web.click": "订购", "in": "语音畅聊包"},
        {"web.click": "更多", "in": "公告"},
        {"web.click": "帮助"},
        {"web.click": "css:#x"},
    ]
    assert ordering(acts) == "订购"


async def test_every_kind_of_field_is_written(recorded: Recorded, web_site: Site) -> None:
    """Lists, boxes, radio buttons, files, fields without a label, codes, and keys that matter."""
    web_site.page(
        "/form",
        "<form onsubmit='return false'><select name=city aria-label=城市><option>北京<option>上海</select>"
        "<label><input type=checkbox> 我同意</label>"
        "<fieldset><legend>套餐</legend><label><input type=radio name=r>小</label>"
        "<label><input type=radio name=r>大</label></fieldset><input name=promo><label>附件 <input type=file></label>"
        "<label>短信验证码 <input></label><label>密码 <input type=password></label></form>",
    )

    async def does(page: Any) -> None:
        await page.get_by_label("城市").select_option("上海")
        await page.get_by_text("我同意").click()
        await page.get_by_text("我同意").click()
        await page.get_by_label("大").check()
        await page.locator("[name=promo]").fill("A1")
        await page.get_by_label("附件").set_input_files({"name": "id.png", "mimeType": "image/png", "buffer": b"x"})
        await page.get_by_label("短信验证码").fill("123456")
        await page.get_by_label("密码").fill("whatever")
        await page.get_by_label("密码").press("Enter")

    acts = await recorded(f"{web_site.url}/form", does)
    assert written(acts, web_site)[1:] == [
        {"web.choose": {"城市": "上海"}},
        {"web.check": "我同意"},
        {"web.check": "我同意", "checked": False},
        {"web.choose": {"套餐": "大"}},
        {"web.fill": {"promo": "A1"}},
        {"web.upload": {"附件": "id.png"}},
        {"web.fill": {"短信验证码": "123456", "密码": "${secret.password}"}},
        {"web.press": "Enter"},
    ]
    told = list(remarks(acts, LINE))
    assert [one.partition(" ")[0] for one in told] == ["put", "‘短信验证码’", "what"]
    assert "whatever" not in "".join(told)


async def test_other_pages_dialogs_and_frames_are_steps(recorded: Recorded, web_site: Site) -> None:
    """The address bar, back, a dialog that is answered, a tab, a frame, a file, a text that is chosen."""
    web_site.page("/in", "<button>确定</button>")
    web_site.page("/pop", "<h1>条款</h1><button>同意</button>", title="服务条款")
    web_site.page("/next", "<h1>第二页</h1><p id=t>套餐说明</p>")
    web_site.files["/bill"] = ("bill.csv", b"x")
    web_site.page(
        "/",
        "<h1>首页</h1><button onclick=\"confirm('要吗')\">删除</button><iframe title=支付 src=/in></iframe>"
        "<button>刷新</button><a href=/pop target=_blank>条款</a><a href=/bill>下载账单</a>",
    )

    async def does(page: Any) -> None:
        async with page.expect_event("dialog") as opened:
            clicking = asyncio.ensure_future(page.get_by_role("button", name="删除").click())
        await (await opened.value).accept()
        await clicking
        await page.frame_locator("iframe").get_by_role("button").click()
        async with page.expect_download():
            await page.get_by_text("下载账单").click()
        async with page.expect_popup() as popped:
            await page.get_by_text("条款").click()
        popup = await popped.value
        await popup.get_by_role("button").click()
        await page.bring_to_front()
        await page.get_by_role("button", name="刷新").click()
        await page.goto(f"{web_site.url}/next")
        await shown(page, "第二页")
        await page.locator("#t").select_text()
        await page.keyboard.press("Alt+KeyS")

    acts = await recorded(f"{web_site.url}/", does)
    assert written(acts, web_site) == [
        {"web.open": "/", "ready": "首页"},
        {"web.click": "删除"},
        {"web.dialog": "accept"},
        {"web.frame": "支付"},
        {"web.click": "确定"},
        {"web.frame": "top"},
        {"web.download": "下载账单"},
        {"web.click": "条款"},
        {"web.see": "条款", "in": "css:h1"},
        {"web.click": "同意"},
        {"web.tab": "测试厅"},
        {"web.click": "刷新"},
        {"web.open": "/next", "ready": "第二页"},
        {"web.see": "套餐说明"},
    ]
