"""A page's own figures, and what went wrong beneath it."""

from __future__ import annotations

import pytest

from prober.channels.web.actions import Click, Open, Screenshot
from prober.channels.web.page_checks import Errors, Vitals
from prober.loading.fields import expectation
from prober.model.run import Seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHIFTS = """<div id=top></div><p style="font-size:40px">很大的一段文字在这里</p>
<script>setTimeout(() => top.style ? 0 : document.getElementById('top').style.height = '300px', 200)</script>"""


async def test_a_page_is_held_against_limits(customer, web_site):
    """Those it keeps to are told as well; a figure it does not have keeps to none."""
    web_site.page("/fast", "<h1>余额</h1>")
    await customer.do(Open("/fast"))
    kept = await customer.do(Vitals(ttfb=2.0, fcp=2.0, load=3.0, bytes=100_000, requests=3))
    assert kept.seen is Seen.EXPECTED
    assert kept.expected.startswith("time to first byte ≤ 2.00 s; first contentful paint ≤ 2.00 s; load ≤ 3.00 s")
    assert 0 < kept.timings["ttfb_s"] <= kept.timings["load_s"]
    missed = await customer.do(Vitals(inp=0.2, bytes=10))
    assert missed.seen is Seen.POOR_FIGURES
    assert missed.actual.startswith("no interaction to next paint; bytes ")


async def test_a_slow_request_is_named(customer, web_site):
    """With how long it took, as a fact of opening as well."""
    web_site.page("/api", "ok")
    web_site.page("/page", "<img src=/img.png><script src=/api></script>")
    opened = await customer.do(Open("/page"))
    assert opened.facts["requests"] == 3
    assert opened.facts["slowest_request"].startswith(web_site.url)
    slow = await customer.do(Vitals(slowest=0.0))
    assert (slow.seen, web_site.url in slow.actual) == (Seen.POOR_FIGURES, True)


async def test_what_moves_under_the_eyes_is_counted(customer, web_site):
    """Layout that shifts by itself, in its worst burst."""
    body = SHIFTS.replace("top.style ? 0 : ", "")
    web_site.page("/shifts", body + "<script>setTimeout(() => out.textContent = '完', 400)</script><p id=out></p>")
    await customer.do(Open("/shifts"))
    await customer.see("完")
    shifted = await customer.do(Vitals(cls=0.01))
    assert (shifted.seen, shifted.facts["cls"] > 0.01) == (Seen.POOR_FIGURES, True)


async def test_an_input_the_page_is_slow_to_paint_is_timed(customer, web_site):
    """From the input to the next paint, as the customer's browser has it."""
    busy = "const t = performance.now(); while (performance.now() - t < 250) {}; this.textContent = '好'"
    web_site.page("/busy", f'<button onclick="{busy}">办理</button>')
    await customer.do(Open("/busy"))
    await customer.do(Click("办理"))
    slow = await customer.do(Vitals(inp=0.2))
    assert slow.seen is Seen.POOR_FIGURES
    assert 0.24 <= slow.timings["inp_s"] < 1


TROUBLED = """<script>console.error('token expired')</script><script>undefinedThing()</script><img src=/none.png>
<p id=out></p><script>onload = () => out.textContent = '好了'</script>"""


async def test_errors_are_held_against_none(customer, web_site):
    """Exceptions, console errors and failed requests of all steps before; each is told once."""
    web_site.page("/troubled", TROUBLED)
    await customer.do(Open("/troubled"))
    await customer.see("好了")
    told = await customer.do(Errors())
    assert told.seen is Seen.PAGE_ERRORS
    for words in ("exception: undefinedThing is not defined", "console: token expired", "request: 404 http"):
        assert words in told.actual
    assert told.facts["errors"] == len(told.actual.split("; "))
    assert (await customer.do(Errors())).seen is Seen.EXPECTED


async def test_some_errors_may_be_allowed(customer, web_site):
    """So many of them, or those known by their words or addresses."""
    web_site.page("/troubled", TROUBLED)
    known = tuple(map(expectation, ("token expired", "none.png", "/undefined\\w+/", "Failed to load resource")))
    await customer.do(Open("/troubled"))
    await customer.see("好了")
    assert (await customer.do(Errors(except_=known))).seen is Seen.EXPECTED
    await customer.do(Open("/troubled"))
    await customer.see("好了")
    assert (await customer.do(Errors(most=9))).seen is Seen.EXPECTED


async def test_a_picture_is_kept_when_asked_for(customer, web_site):
    """Of what is in view, or of the whole page, private texts covered wherever they are."""
    web_site.page("/tall", "<h1>首页</h1><div style='height:3000px'></div><p>号码 13800000001</p>")
    await customer.do(Open("/tall"))
    heights = []
    for whole in (False, True):
        taken = await customer.do(Screenshot("首页", whole=whole))
        (kept,) = taken.evidence
        assert (taken.seen, kept.kind) == (Seen.EXPECTED, "screenshot")
        image = customer.run.evidence.path(kept.path.rpartition("/")[2]).read_bytes()
        heights.append(int.from_bytes(image[20:24]))
    assert heights[0] == 800
    assert heights[1] > 3000
