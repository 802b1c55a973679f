"""The evidence of a run and of its failures: pictures, trace and HAR, and no secret in any of it."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

import pytest

from prober.channels.web.actions import Click, Fill, Open, See
from prober.channels.web.config import Keep, Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.loading.fields import expectation
from prober.loading.masking import Masker
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "Kf7#q/密Wz"
FORM = """<h1>登录</h1>
<form><label>备注<input name=remark></label><label>口令<input type=password name=p></label></form>
<p id=echo></p><button onclick="send()">提交</button><script>
function send() {
  const said = document.querySelector('[name=p]').value;
  localStorage.setItem('said', said);
  document.cookie = 'said=' + encodeURIComponent(said);
  document.querySelector('#echo').textContent = '已提交 ' + said;
  fetch('/api', {method: 'POST', body: JSON.stringify({said, list: [btoa(unescape(encodeURIComponent(said)))]})});
  fetch('/api?' + new URLSearchParams({said}));
  console.error('said ' + said);
}
</script>"""


def written(secret: str) -> Iterator[bytes]:
    """Yield the ways a secret may stand in a file."""
    plain = secret.encode()
    yield from (plain, secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode("gb18030"))
    yield from (quote(secret).encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode())
    yield from (base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain.hex().upper().encode())


def files_in(folder) -> Iterator[tuple[str, bytes]]:
    """Yield every kept file, and every entry of every archive among them."""
    for path in sorted(folder.rglob("*.*")):
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert archive.testzip() is None
                yield from ((name, archive.read(name)) for name in archive.namelist())


async def test_a_secret_that_went_everywhere_is_kept_nowhere(web_driver, web_run, web_site, tmp_path):
    """Typed, in the URL, in a body, in storage, in a cookie, on the console: it is in no file, in no form."""
    web_site.page("/form", FORM)
    web_site.page("/api", "好")
    run = web_run(Masker([SECRET]))
    customer = Customer(run, await web_driver.open(run))
    await customer.do(Open(f"/form?said={quote(SECRET)}"), within=15)
    await customer.do(Fill({"备注": SECRET, "口令": SECRET}))
    await customer.do(Click("提交"))
    assert (await customer.see("已提交")).seen is Seen.EXPECTED
    seen = await customer.see("没有的字样", within=0.3)
    evidence = await customer.session.close()
    assert [kept.kind for kept in evidence] == ["trace", "har"]
    assert all(kept.step is None for kept in evidence)
    found = dict(files_in(tmp_path))
    assert {"web.har", "trace.zip", "trace.trace", "trace.network"} <= set(found)
    leaks = [(name, form) for name, content in found.items() for form in written(SECRET) if form in content]
    assert leaks == []
    assert SECRET not in repr(seen)
    assert "提交" in found["trace.trace"].decode()


async def test_the_rewritten_trace_is_whole(web_driver, web_run, web_site, tmp_path):
    """Every line is JSON, and every resource a line speaks of is in the archive."""
    web_site.page("/home", "<h1>首页</h1>")
    customer = Customer(run := web_run(), await web_driver.open(run))
    await customer.do(Open("/home"), within=15)
    await customer.see("没有", within=0.2)
    await customer.session.close()
    entries = dict(files_in(tmp_path))
    events = [json.loads(line) for name in ("trace.trace", "trace.network") for line in entries[name].splitlines()]
    kinds = {event["type"] for event in events}
    assert {"context-options", "before", "after", "frame-snapshot", "resource-snapshot"} <= kinds
    bodies = [event["snapshot"]["response"]["content"] for event in events if event["type"] == "resource-snapshot"]
    pages = [entries[body["_file"]].decode() for body in bodies if "_file" in body]
    assert any("首页" in page for page in pages)
    har = json.loads(entries["web.har"])["log"]
    assert har["entries"][0]["request"]["url"] == f"{web_site.url}/home"


@pytest.mark.parametrize(
    ("trace", "har", "after_failure", "after_success"),
    [
        (Keep.FAILURES, Keep.FAILURES, ["trace", "har"], []),
        (Keep.ALWAYS, Keep.NEVER, ["trace"], ["trace"]),
        (Keep.NEVER, Keep.NEVER, [], []),
    ],
)
async def test_what_is_kept_is_as_configured(web_run, web_site, trace, har, after_failure, after_success):
    """Of runs that failed, of all, or of none; and closing twice says the same."""
    web_site.page("/home", "<h1>首页</h1>")
    driver = WebDriver(Settings(base_url=web_site.url, trace=trace, har=har))
    for text, kinds in (("没有", after_failure), ("首页", after_success)):
        customer = Customer(run := web_run(), await driver.open(run))
        await customer.do(Open("/home"), within=15)
        await customer.see(text, within=0.3)
        assert [kept.kind for kept in await customer.session.close()] == kinds
        assert [kept.kind for kept in await customer.session.close()] == kinds
    await driver.close()


async def pixels(customer, name, boxes):
    """Return the colour in the middle of each of *boxes* of a picture, as the browser itself reads it."""
    content = base64.b64encode(name.read_bytes()).decode()
    script = """async ([png, boxes]) => {
      const image = new Image(); image.src = 'data:image/png;base64,' + png; await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      return boxes.map(([x, y]) => [...canvas.getImageData(x, y, 1, 1).data].slice(0, 3).join());
    }"""
    return await customer.session._window.front.page.evaluate(script, [content, boxes])


COVER, OUTLINE = "74,85,99", "217,72,15"
PLACED = """<style>body {margin: 0} p, input {position: absolute; left: 100px; width: 200px; height: 40px; margin: 0;
border: 0; padding: 0}</style><p style='top: 50px'>号码 138<b>0000</b>0001</p><input type=password style='top: 150px'>
<p class=price style='top: 250px'>40.00元/月</p><p style='top: 350px'>余额</p>"""


async def test_a_picture_points_out_what_is_wrong_and_covers_what_is_private(customer, web_site, tmp_path):
    """The element that says something else is outlined; number and password field are covered, nothing else."""
    web_site.page("/placed", PLACED)
    await customer.do(Open("/placed"), within=15)
    seen = await customer.do(See(expectation("30.00元/月"), "css:.price"), within=0.3)
    (picture,) = [tmp_path / kept.path for kept in seen.evidence if kept.kind == "screenshot"]
    spots = [(110, 55), (110, 155), (97, 270), (290, 270), (250, 370)]
    colours = await pixels(customer, picture, spots)
    assert colours == [COVER, COVER, OUTLINE, "255,255,255", "255,255,255"]


LISTS = """<style>body {margin: 0} select {position: absolute; left: 100px; width: 200px; height: 40px}</style>
<select style='top: 50px'><option value=1>13800000001</select>
<select style='top: 150px'><option value=2>北京</select>"""


async def test_a_list_is_covered_by_what_it_shows(customer, web_site, tmp_path):
    """The label of its chosen option counts, not the value behind it."""
    web_site.page("/lists", LISTS)
    await customer.do(Open("/lists"), within=15)
    seen = await customer.see("没有", within=0.1)
    (picture,) = [tmp_path / kept.path for kept in seen.evidence if kept.kind == "screenshot"]
    colours = await pixels(customer, picture, [(105, 70), (250, 170)])
    assert colours[0] == COVER != colours[1]


async def test_the_page_never_meets_what_is_drawn(customer, web_site):
    """A page that counts its own changes counts none while its picture is taken."""
    count = (
        "new MutationObserver((r) => window.changes += r.length).observe(document, {subtree: true, childList: true, "
    )
    script = f"<script>window.changes = 0; {count} attributes: true, characterData: true}})</script>"
    web_site.page("/counts", f"<p>13800000001</p><p>首页</p><input type=password>{script}")
    await customer.do(Open("/counts"), within=15)
    page = customer.session._window.front.page
    before = await page.evaluate("window.changes")
    assert (await customer.do(Click("没有"), within=0.2)).seen is Seen.MISSING_ELEMENT
    assert await page.evaluate("window.changes") == before


async def test_a_step_that_came_too_late_is_kept_as_well(customer, web_site):
    """Right, but past its limit: the picture shows it, and the run counts as failed."""
    web_site.page(
        "/late", "<button>查</button><p id=p></p><script>setTimeout(() => p.textContent = '到了', 600)</script>"
    )
    await customer.do(Open("/late"), within=15)
    await customer.see("到了", within=5)
    seen = await customer.see("到了", within=0.001)
    assert seen.seen is Seen.EXPECTED
    assert seen.took_s > 0.001
    assert [kept.kind for kept in seen.evidence] == ["page", "screenshot"]


async def test_a_password_is_kept_nowhere_if_its_step_breaks(web_driver, web_run, web_site, tmp_path, monkeypatch):
    """No secret of the run, typed into a password field just before the robot's own side failed."""
    web_site.page("/form", FORM)
    customer = Customer(run := web_run(), await web_driver.open(run))
    await customer.do(Open("/form"), within=15)

    async def breaking(*_, **__):
        raise RobotBroken("the network failed", cure="Look at it.")

    monkeypatch.setattr("prober.channels.web.window.Window.change_until", breaking)
    with pytest.raises(RobotBroken):
        await customer.do(Fill({"口令": "W0rkerPassw0rd"}))
    await customer.session.close()
    kept = dict(files_in(tmp_path))
    assert "trace.trace" in kept
    assert [name for name, content in kept.items() if b"W0rkerPassw0rd" in content] == []


NAMED = """<label>支付密码：<input name=second></label><button onclick="echo.textContent =
document.querySelector('input').value">提交</button><p id=echo></p>"""


@pytest.mark.parametrize("called", ["支付密码", "css:input"])
async def test_what_is_typed_into_a_masked_field_is_kept_nowhere(web_driver, web_run, web_site, tmp_path, called):
    """Its characters may be shown, and the scenario call it otherwise: the field's name is a masked one."""
    web_site.page("/named", NAMED)
    customer = Customer(run := web_run(), await web_driver.open(run))
    await customer.do(Open("/named"), within=15)
    await customer.do(Fill({called: "W0rkerPassw0rd"}))
    await customer.do(Click("提交"))
    seen = await customer.see("没有的字样", within=0.3)
    await customer.session.close()
    kept = dict(files_in(tmp_path))
    assert "trace.trace" in kept
    assert [name for name, content in kept.items() if b"W0rkerPassw0rd" in content] == []
    assert "W0rkerPassw0rd" not in repr(seen)


async def test_private_texts_of_a_picture_are_searched_at_once_and_aside(web_driver, web_run, web_site):
    """A page of many texts costs few searches, and none in the loop in which other runs go on."""

    class Counting(Masker):
        searches: ClassVar[list[int]] = []

        def hides(self, text):
            self.searches.append(threading.get_ident())
            return super().hides(text)

        def document(self, value):
            self.searches.append(threading.get_ident())
            return super().document(value)

    web_site.page("/many", "<p>号码 13800000001</p>" + "<i>字</i>" * 300)
    customer = Customer(run := web_run(Counting([SECRET])), await web_driver.open(run))
    await customer.do(Open("/many"), within=15)
    Counting.searches.clear()
    assert await customer.session._studio.take()
    await customer.session.close()
    assert 0 < len(Counting.searches) < 10
    assert threading.get_ident() not in Counting.searches
