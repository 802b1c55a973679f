"""The film of a run: what stood on the page after each step, no secret in it, and no step charged for it."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageSequence

from prober.channels.web.actions import Click, Fill, NotSee, Open
from prober.channels.web.config import Keep, Settings, Viewport
from prober.channels.web.driver import WebDriver
from prober.channels.web.film import Film
from prober.loading.fields import expectation
from prober.loading.masking import Masker
from prober.model.run import Observation, Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "Kf7qWz"
VIEW = Viewport(width=800, height=500)
"""Small enough that the film shows it as it is."""
BARE = {"trace": Keep.NEVER, "har": Keep.NEVER, "viewport": VIEW}
FORM = """<style>body {margin: 0} input, div {position: absolute; left: 0; width: 800px; height: 100px; margin: 0;
border: 0; padding: 0; box-sizing: border-box; background: #0f0; color: #f00; font: bold 90px/100px monospace}</style>
<label style='position: absolute; top: 420px'>密码<input style='top: -420px' type=password></label>
<label style='position: absolute; top: 450px'>备注<input style='top: -300px'></label>
<div id=echo style='top: 300px'>空</div>
<button style='position: absolute; top: 470px' onclick="echo.textContent =
  document.querySelector('[type=password]').value">提交</button>"""
BANDS = [(0, 0, 800, 100), (0, 150, 800, 250), (0, 300, 800, 400)]


def frames(content: bytes) -> list[tuple[Image.Image, int]]:
    """Return every frame of a film, with the milliseconds it is shown."""
    with Image.open(io.BytesIO(content)) as film:
        return [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]


def redness(frame: Image.Image, band: tuple[int, int, int, int]) -> int:
    """Return how many pixels of a band are of the colour the page writes in."""
    return sum(count for count, (r, g, b) in frame.crop(band).getcolors(1 << 20) if r > 180 and g < 90 and b < 90)


async def test_a_film_shows_no_secret(web_run, web_site, tmp_path):
    """Typed into a password field, into another, and written on the page: each band is covered in every frame."""
    web_site.page("/form", FORM)
    driver = WebDriver(Settings(base_url=web_site.url, film=Keep.ALWAYS, **BARE))
    run = web_run(Masker([SECRET]))
    customer = Customer(run, await driver.open(run))
    await customer.do(Open("/form"), within=15)
    await customer.do(Fill({"备注": "abcdef"}))
    await customer.do(Fill({"密码": SECRET, "备注": SECRET}))
    await customer.do(Click("提交"))
    await customer.do(NotSee(expectation("空")))
    (film,) = await customer.session.close()
    await driver.close()
    assert (film.kind, film.step, film.path.endswith("film.webp")) == ("film", None, True)
    shown = [frame for frame, _ in frames((tmp_path / film.path).read_bytes())]
    assert len(shown) == 4, "a page that is to answer a click is left alone"
    assert redness(shown[1], BANDS[1]) > 1000, "what is no secret is shown"
    assert redness(shown[1], BANDS[2]) > 500
    assert [redness(frame, band) for frame in shown[2:] for band in BANDS[:2]] == [0, 0, 0, 0]
    assert redness(shown[3], BANDS[2]) == 0


SLOW = """<button onclick="setTimeout(() => done.textContent = '办好了', 200)">办理</button><p id=done></p>
<div>%s</div>""" % "".join(f"<i>{number} </i>" for number in range(6000))  # noqa: UP031


async def test_no_step_is_charged_for_the_film(web_run, web_site):
    """Where a picture takes far longer than the page, the steps say what the page took."""
    web_site.page("/slow", SLOW)
    took_s = {}
    for film in (Keep.NEVER, Keep.ALWAYS):
        driver = WebDriver(Settings(base_url=web_site.url, film=film, **BARE))
        customer = Customer(run := web_run(), await driver.open(run))
        await customer.do(Open("/slow"), within=15)
        clicked = await customer.do(Click("办理"))
        seen = await customer.see("办好了")
        took_s[film] = clicked.took_s, seen.took_s, seen.evidence_s
        await customer.session.close()
        await driver.close()
    (bare_click_s, bare_seen_s, bare_s), (click_s, seen_s, filmed_s) = took_s.values()
    assert filmed_s > 10 * bare_s, "a picture was taken, and it took its time"
    assert seen_s == pytest.approx(bare_seen_s, abs=0.15)
    assert (click_s or 0) == pytest.approx(bare_click_s or 0, abs=0.15)


@pytest.mark.parametrize(
    ("film", "after_failure", "after_success"),
    [(Keep.NEVER, [], []), (Keep.FAILURES, ["film"], []), (Keep.ALWAYS, ["film"], ["film"])],
)
async def test_a_film_is_kept_as_configured(web_run, web_site, film, after_failure, after_success):
    """Of runs that failed, of all, or of none; and closing twice says the same."""
    web_site.page("/home", "<h1>首页</h1>")
    driver = WebDriver(Settings(base_url=web_site.url, film=film, **BARE))
    for text, kinds in (("没有", after_failure), ("首页", after_success)):
        customer = Customer(run := web_run(), await driver.open(run))
        await customer.do(Open("/home"), within=15)
        await customer.see(text, within=0.3)
        assert [kept.kind for kept in await customer.session.close()] == kinds
        assert [kept.kind for kept in await customer.session.close()] == kinds
    await driver.close()


def png(width: int = 1920, height: int = 1200, shade: int = 200) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), (shade, shade, shade)).save(made, "PNG")
    return made.getvalue()


def took(took_s: float | None) -> Observation:
    return Observation(Seen.EXPECTED, took_s=took_s)


async def test_a_film_is_bounded():
    """960 pixels at most, 40 frames at most, each shown for its step's time between 0.5 and 3 s; the last for 3 s."""
    film = Film(Keep.ALWAYS)
    for step, took_s in enumerate([None] * 20 + [0.1] * 20 + [1.2, 60, 0.1]):
        film.add(png(shade=step * 5), took(took_s), step=step, wrong=step == 42)
    name, content = await film.made(30)
    shown = frames(content)
    assert (name, len(shown)) == ("film.webp", 40)
    assert {frame.size for frame, _ in shown} == {(960, 626)}
    assert [ms for _, ms in shown] == [500] * 37 + [1200, 3000, 3000]
    red, green, blue = shown[-1][0].getpixel((500, 615))
    assert red > 150 > max(green, blue), "the step that failed stands out"
    assert len(content) < 200_000


async def test_a_film_that_cannot_be_made_says_so():
    """In time, or at all."""
    film = Film(Keep.ALWAYS)
    film.add(png(), took(1), step=0, wrong=False)
    assert await film.made(0) == (
        "film.webp.txt",
        b"film.webp was not kept: it could not be made (it took too long).\n",
    )
    film.add(b"no picture", took(1), step=1, wrong=False)
    name, content = await film.made(30)
    assert name == "film.webp.txt"
    assert b"a still is no picture" in content
