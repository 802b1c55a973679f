"""What a reviewer would look at: texts, words, links, pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import pytest_asyncio

from prober.channels.web.actions import Open
from prober.channels.web.page_checks import Broken, Jargon, Matches
from prober.errors import RobotBroken
from prober.loading.experience import load_experience
from prober.loading.fields import expectation
from prober.model.briefing import Briefing
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "5G流量包每月10元。订购后立即生效。"


@pytest_asyncio.fixture(loop_scope="session")
async def reviewer(web_driver, web_run):
    """A customer whose robot knows the item."""
    run = replace(web_run(), briefing=Briefing({"web": TEXT}, load_experience().wording))
    one = Customer(run, await web_driver.open(run))
    yield one
    await one.session.close()


async def test_a_page_tells_all_of_the_items_text(reviewer, web_site):
    """Or a text in the step; it is waited for, and may be looked for in one place."""
    web_site.page(
        "/item",
        "<nav>首页</nav><section aria-label=介绍><p>5G流量包 每月10元</p><p id=more></p></section>"
        "<script>setTimeout(() => more.textContent = '订购后立即生效', 200)</script>",
    )
    await reviewer.do(Open("/item"))
    assert (await reviewer.do(Matches())).seen is Seen.EXPECTED
    assert (await reviewer.do(Matches("订购后立即生效", "介绍"))).seen is Seen.EXPECTED
    assert (await reviewer.do(Matches("首页", "介绍"), within=0.3)).seen is Seen.WRONG_CONTENT


async def test_what_the_page_tells_otherwise_is_quoted(reviewer, web_site):
    """With what stands in its place."""
    web_site.page("/item", "<p>5G流量包每月20元。</p><p>订购后立即生效。</p>")
    await reviewer.do(Open("/item"))
    told = await reviewer.do(Matches(), within=0.3)
    assert told.seen is Seen.WRONG_CONTENT
    assert told.actual == "not told: «5G流量包每月10元», but «5G流量包每月20元»"
    assert told.facts["untold"] == 1


async def test_a_page_cannot_match_what_nobody_wrote(customer, web_site):
    """The item has no reference for the web: that is to be written first."""
    web_site.page("/item", "<p>5G流量包")
    await customer.do(Open("/item"))
    with pytest.raises(RobotBroken, match="no reference text") as told:
        await customer.do(Matches())
    assert "reference: {web: …}" in told.value.cure


async def test_words_of_ours_are_named_with_those_of_customers(reviewer, web_site):
    """So many may be allowed, or some words."""
    web_site.page("/item", "<p>请配置APN，订购SP业务</p><footer>SHAPNESS</footer>")
    await reviewer.do(Open("/item"))
    told = await reviewer.do(Jargon())
    assert told.seen is Seen.WRONG_CONTENT
    assert told.actual == "«APN» (customers say 上网接入点); «SP业务» (customers say 第三方增值业务)"
    assert (await reviewer.do(Jargon(most=2))).seen is Seen.EXPECTED
    assert (await reviewer.do(Jargon(except_=(expectation("APN"), expectation("SP"))))).seen is Seen.EXPECTED


LINKS = """<a href=/there>首页</a><a href=/there#part>目录</a><a href=/none>活动</a><a href="javascript:void 0">无</a>
<a href="http://127.0.0.1:9/">合作</a><a href="mailto:a@b.c">信</a><img src=/there alt=图>"""


async def test_links_and_pictures_that_are_broken_are_named(reviewer, web_site):
    """Each address is asked for once, those of other kinds not at all."""
    web_site.page("/there", "<p>在")
    web_site.page("/links", LINKS)
    await reviewer.do(Open("/links"))
    told = await reviewer.do(Broken(), within=15)
    assert told.seen is Seen.WRONG_CONTENT
    assert f"link «活动» to {web_site.url}/none: HTTP 404" in told.actual
    assert "link «合作» to http://127.0.0.1:9/: " in told.actual
    assert f"picture {web_site.url}/there" in told.actual
    assert (told.facts["broken"], told.facts["links"]) == (3, 3)
    spared = tuple(map(expectation, ("/none", "127.0.0.1:9", "/there")))
    assert (await reviewer.do(Broken(except_=spared), within=15)).seen is Seen.EXPECTED


async def test_links_are_asked_for_by_a_stranger(reviewer, web_site):
    """A link that logs out, or orders, does so for nobody."""
    web_site.page("/sets", "<script>document.cookie = 'sid=1; path=/'</script><a href=/logout>退出</a>")
    web_site.page("/logout", "<p>已退出")
    await reviewer.do(Open("/sets"))
    assert (await reviewer.do(Broken(), within=15)).seen is Seen.EXPECTED
    assert "Cookie" not in web_site.headers["/logout"]
    assert (await reviewer.do(Open("/logout"))).seen is Seen.EXPECTED
    assert web_site.headers["/logout"]["Cookie"] == "sid=1"
