"""Files that the customer hands over, and files that the page does."""

from __future__ import annotations

import hashlib
import threading

import pytest
import pytest_asyncio

from prober.channels.web.actions import Download, Open, Upload
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.loading.fields import expectation
from prober.model.run import Seen
from prober.model.value import Capture, ValueType
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

BILL = "月份,金额\n2026年10月,58.00元\n号码,13800000001\n"
FORM = """<form method=post enctype=multipart/form-data>{field}<button>提交</button></form>
<p id=out></p><script>document.querySelector("input[type=file]").onchange = (e) =>
  { out.textContent = [...e.target.files].map(f => `${f.name} ${f.size}`).join() }</script>"""
FIELDS = {
    "a label": "<label>身份证照片：<input type=file></label>",
    "a hidden field": "<label>身份证照片<input type=file hidden></label>",
    "a button": "<input type=file id=f hidden><button type=button onclick='f.click()'>身份证照片</button>",
}


@pytest_asyncio.fixture(loop_scope="session")
async def with_files(web_site, web_run, tmp_path):
    """A customer with a folder of files at hand."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "front.png").write_bytes(b"\x89PNG" + bytes(1000))
    driver = WebDriver(Settings(base_url=web_site.url, files=folder))
    run = web_run()
    one = Customer(run, await driver.open(run))
    yield one
    await one.session.close()
    await driver.close()


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
async def test_a_file_is_uploaded_however_the_page_asks_for_it(with_files, web_site, field):
    """By a field with a label, by one that is hidden, by a button that opens the browser's own window."""
    web_site.page("/upload", FORM.replace("{field}", field))
    await with_files.do(Open("/upload"))
    assert (await with_files.do(Upload({"身份证照片": "front.png"}))).seen is Seen.EXPECTED
    assert (await with_files.see("front.png 1004")).seen is Seen.EXPECTED


async def test_a_file_that_is_not_there_is_the_robots(with_files, web_site):
    """The cure says where it belongs."""
    web_site.page("/upload", FORM.replace("{field}", FIELDS["a label"]))
    await with_files.do(Open("/upload"))
    with pytest.raises(RobotBroken, match=r"there is no file .*back\.png to upload") as told:
        await with_files.do(Upload({"身份证照片": "back.png"}))
    assert "channels.web.files" in told.value.cure


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_file_is_downloaded_and_read(customer, web_site, encoding):
    """Its name, size and hash are facts; values come out of its text, and what is kept of it is masked."""
    content = BILL.encode(encoding)
    web_site.files["/bill"] = "账单.csv", content
    web_site.page("/bills", "<a href=/bill>导出账单</a>")
    await customer.do(Open("/bills"))
    wanted = Download("导出账单", expectation("/账单.*csv/"), expectation("2026年10月"))
    fetched = await customer.do(wanted, captures=(Capture("amount", ValueType.MONEY),))
    assert fetched.seen is Seen.EXPECTED
    assert fetched.facts["file"] == "账单.csv"
    assert fetched.facts["file_bytes"] == len(content)
    assert fetched.facts["file_sha256"] == hashlib.sha256(content).hexdigest()
    assert "58.00元" in fetched.text
    assert 0 < fetched.timings["began_s"] <= fetched.took_s < 2
    (kept,) = fetched.evidence
    text = customer.run.evidence.path(kept.path.rpartition("/")[2]).read_text()
    assert (kept.kind, "58.00元" in text, "13800000001" in text) == ("download", True, False)


async def test_a_file_that_is_no_text_is_not_kept(customer, web_site):
    """What it holds cannot be masked; its size and hash tell enough."""
    web_site.files["/pdf"] = "bill.pdf", b"%PDF\0" + bytes(5000)
    web_site.page("/bills", "<a href=/pdf>下载</a>")
    await customer.do(Open("/bills"))
    fetched = await customer.do(Download("下载"))
    assert (fetched.seen, fetched.facts["file_bytes"], fetched.evidence) == (Seen.EXPECTED, 5005, ())


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Download("导出账单", file=expectation("话费")), f"账单.csv, {len(BILL.encode())} bytes"),
        (Download("导出账单", text=expectation("九月")), f"账单.csv, {len(BILL.encode())} bytes: «月份,金额"),
    ],
)
async def test_a_file_that_is_another_one_is_wrong(customer, web_site, wanted, why):
    """By its name, or by what it holds."""
    web_site.files["/bill"] = "账单.csv", BILL.encode()
    web_site.page("/bills", "<a href=/bill>导出账单</a>")
    await customer.do(Open("/bills"))
    fetched = await customer.do(wanted)
    assert fetched.seen is Seen.WRONG_CONTENT
    assert fetched.actual.startswith(why)


async def test_a_download_that_stalls_is_given_up(customer, web_site):
    """It is the site's, with the name of the file; and the next step is clean."""
    web_site.files["/bill"] = "账单.csv", bytes(2_000_000)
    web_site.stalls["/bill"] = threading.Event()
    web_site.page("/bills", "<a href=/bill>导出账单</a>")
    try:
        await customer.do(Open("/bills"))
        stalled = await customer.do(Download("导出账单"), within=1.0)
        assert stalled.seen is Seen.NOTHING
        assert stalled.actual == "the download of 账单.csv began, and did not come to its end"
        assert (await customer.see("导出账单")).seen is Seen.EXPECTED
    finally:
        web_site.stalls.pop("/bill").set()
        del web_site.files["/bill"]


async def test_no_download_says_what_came_instead(customer, web_site):
    """An error page is one, and a page that stays as it is another."""
    web_site.page("/gone", "<p>系统繁忙", status=503)
    web_site.page("/bills", "<a href=/gone>导出账单</a><a href=#>刷新</a>")
    await customer.do(Open("/bills"))
    stayed = await customer.do(Download("刷新"), within=0.5)
    assert (stayed.seen, "/bills" in stayed.actual) == (Seen.NOTHING, True)
    failed = await customer.do(Download("导出账单"), within=1.0)
    assert (failed.seen, failed.actual.startswith("HTTP 503")) == (Seen.HTTP_ERROR, True)
