"""Whether a page looks as it was approved, and whether everybody can use it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from prober.channels.web import looks
from prober.channels.web.actions import Open
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.channels.web.page_checks import Accessible, Impact, LooksLike
from prober.errors import RobotBroken
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def png(pixels: np.ndarray) -> bytes:
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()


def strokes(shift: int = 0, shade: int = 0) -> np.ndarray:
    """Return a picture with black strokes on white."""
    picture = np.full((100, 200, 3), 255, np.uint8)
    picture[20 + shift : 24 + shift, 30:170] = shade
    picture[40:80, 50 + shift : 53 + shift] = shade
    return picture


@pytest.mark.parametrize(("shift", "shade"), [(0, 0), (1, 0), (0, 20)], ids=["the same", "a pixel beside", "a shade"])
async def test_what_nobody_sees_is_no_difference(shift, shade):
    """Fonts are smoothed anew, and drawn a pixel beside."""
    assert looks.difference(png(strokes()), png(strokes(shift, shade))).share == 0


async def test_what_is_seen_is_a_difference_both_ways():
    """Something that came, and something that went."""
    more = strokes()
    more[85:95, 10:110] = (200, 0, 0)
    came, went = looks.difference(png(strokes()), png(more)), looks.difference(png(more), png(strokes()))
    assert came.share == went.share == pytest.approx(1000 / 20000)
    shown = np.asarray(Image.open(io.BytesIO(came.picture)).convert("RGB"))
    assert tuple(shown[90, 50]) == (217, 72, 15)


async def test_another_size_is_another_picture():
    """With both sizes."""
    found = looks.difference(png(strokes()), png(strokes()[:90]))
    assert (found.share, found.why) == (1.0, "it is 200x90, and was 200x100 when it was approved")


PAGE = """<style>body {{margin: 0; font: 16px sans-serif}} section {{height: 100px; background: #eee}}</style>
<h1>首页</h1><section aria-label=公告>{notice}</section><p id=clock></p>
<script>clock.textContent = performance.now()</script>"""


@pytest_asyncio.fixture(loop_scope="session")
async def judge(web_site, web_run, tmp_path):
    """A customer with a folder of approved pictures."""
    driver = WebDriver(Settings(base_url=web_site.url, approved=tmp_path / "approved"))
    run = web_run()
    one = Customer(run, await driver.open(run))
    yield one
    await one.session.close()
    await driver.close()


def kept(one: Customer, evidence) -> bytes:
    return one.run.evidence.path(evidence.path.rpartition("/")[2]).read_bytes()


async def test_a_page_is_held_against_its_approved_picture(judge, web_site, tmp_path):
    """Without one it is an error with a candidate; what always differs is hidden; what differs is shown."""
    web_site.page("/home", PAGE.format(notice="春节优惠"))
    await judge.do(Open("/home"))
    wanted = LooksLike("首页", hide=("css:#clock",))
    with pytest.raises(RobotBroken, match=r"there is no approved picture .*首页@1280x800\.png") as told:
        await judge.do(wanted)
    assert "prober approve" in told.value.cure
    (candidate,) = judge.run.evidence.of_step(judge.run.evidence.step) or judge.run.evidence.of_run
    assert (candidate.kind, candidate.path.endswith("-candidate-首页@1280x800.png")) == ("candidate", True)
    (tmp_path / "approved").mkdir()
    (tmp_path / "approved/首页@1280x800.png").write_bytes(kept(judge, candidate))
    await judge.do(Open("/home"))
    assert (await judge.do(wanted)).seen is Seen.EXPECTED
    web_site.page("/home", PAGE.format(notice="<b style='font-size:60px'>系统维护</b>"))
    await judge.do(Open("/home"))
    unlike = await judge.do(wanted, within=1)
    assert unlike.seen is Seen.OTHER_LOOK
    assert unlike.facts["unlike"] > 0.001
    assert [one.kind for one in unlike.evidence] == ["candidate", "approved", "difference", "page", "screenshot"]


async def test_a_part_of_a_page_is_enough(judge, web_site, tmp_path):
    """What is around it may look as it likes."""
    web_site.page("/home", PAGE.format(notice="春节优惠"))
    await judge.do(Open("/home"))
    wanted = LooksLike("公告", in_="公告")
    with pytest.raises(RobotBroken):
        await judge.do(wanted)
    (candidate,) = judge.run.evidence.of_step(judge.run.evidence.step) or judge.run.evidence.of_run
    picture = kept(judge, candidate)
    assert Image.open(io.BytesIO(picture)).size == (1280, 100)
    (tmp_path / "approved").mkdir()
    (tmp_path / "approved/公告@1280x800.png").write_bytes(picture)
    assert (await judge.do(wanted)).seen is Seen.EXPECTED


async def test_an_approved_picture_that_is_none_is_the_robots(judge, web_site, tmp_path):
    """With what to do."""
    (tmp_path / "approved").mkdir()
    (tmp_path / "approved/首页@1280x800.png").write_bytes(b"no picture")
    web_site.page("/home", PAGE.format(notice=""))
    await judge.do(Open("/home"))
    with pytest.raises(RobotBroken, match="cannot be read"):
        await judge.do(LooksLike("首页"))


FORM = """<main><h1>办理</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<input type=text><p style="color:#ddd;background:#fff">看不清的字</p></main>"""


async def test_what_keeps_people_out_is_named(customer, web_site):
    """By rule, impact and place; rules may be left out, and the least impact chosen."""
    web_site.page("/form", FORM)
    await customer.do(Open("/form"))
    told = await customer.do(Accessible(Impact.CRITICAL))
    assert told.seen is Seen.INACCESSIBLE
    assert "critical: Images must have alternative text (image-alt, at img)" in told.actual
    assert "(label, at input)" in told.actual
    assert "color-contrast" not in told.actual
    assert told.facts["rules_critical"] == 2
    assert "color-contrast" in (await customer.do(Accessible())).actual
    spared = ("image-alt", "label", "color-contrast")
    assert (await customer.do(Accessible(except_=spared))).seen is Seen.EXPECTED


async def test_a_page_for_everybody_passes(customer, web_site):
    """Nothing of that impact is broken."""
    web_site.page("/good", "<main><h1>首页</h1><p>欢迎</p></main>")
    await customer.do(Open("/good"))
    fine = await customer.do(Accessible())
    assert (fine.seen, fine.actual) == (Seen.EXPECTED, "none is broken")
