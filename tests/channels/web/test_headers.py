"""Headers go to the operator's own sites, and no page breaks by them."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError

from prober.channels.web.actions import Click, Frame, Open, Tab
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.loading.fields import expectation
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Place:
    """A site that lets every other read it, and knows no header but the usual ones; what it was asked, by path."""

    url: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: dict[str, list[tuple[str, dict[str, str]]]] = field(default_factory=lambda: defaultdict(list))

    def told(self, path: str) -> dict[str, str]:
        """Return with what *path* was asked for last."""
        return self.asked[path][-1][1]


def _handler(place: Place) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            place.asked[self.path].append((self.command, dict(self.headers)))
            kind, text = place.pages.get(self.path, ("text/plain", "ok"))
            self.send_response(302 if kind == "location" else 200)
            self.send_header("Location" if kind == "location" else "Content-Type", text if kind == "location" else kind)
            self.send_header("Access-Control-Allow-Origin", "*")
            if kind == "text/css":
                self.send_header("Cache-Control", "max-age=600")
            if self.path == "/":
                self.send_header("Set-Cookie", "sid=1; SameSite=Strict")
            content = b"" if kind == "location" else text.encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_OPTIONS = do_GET  # noqa: N815 - the name http.server calls

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture
def places() -> Iterator[Callable[[], Place]]:
    """Opens sites on ports of their own."""
    open_now: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def new() -> Place:
        place = Place()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(place))
        server.daemon_threads = True
        place.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        open_now.append((server, thread))
        return place

    yield new
    for server, thread in open_now:
        server.shutdown()
        thread.join()
        server.server_close()


HOME = """<!doctype html><meta charset=utf-8><link rel=stylesheet href=/hall.css><p id=out></p>
<script src="{cdn}/plain.js"></script><script type=module src="{cdn}/module.js"></script>
<script>
  const say = text => out.textContent += ` ${{text}} `;
  fetch("{cdn}/api").then(answer => answer.text()).then(() => say("api came"), () => say("api refused"));
  new FontFace("f", "url({cdn}/font.woff)").load().catch(() => say("font tried"));
  fetch("/balance").then(() => say("balance came"));
  new Worker("/worker.js").onmessage = () => say("worker came");
</script>
<iframe name=offer src=/offer></iframe><a href=/popup target=_blank>协议</a><a href=/home>首页</a>"""


@pytest.fixture
def hall(places) -> tuple[Place, Place]:
    """An operator's page that takes scripts, a font and figures from elsewhere; and where from."""
    own, cdn = places(), places()
    own.pages = {
        "/": ("text/html", HOME.format(cdn=cdn.url)),
        "/hall.css": ("text/css", "p {}"),
        "/worker.js": ("text/javascript", "fetch('/by-worker').then(() => postMessage(1))"),
        "/offer": ("text/html", "<p>offer<script>fetch('/by-frame')</script>"),
        "/popup": ("text/html", "<p>terms<script>fetch('/by-popup')</script>"),
        "/home": ("text/html", "<link rel=stylesheet href=/hall.css><p>home"),
        "/away": ("location", f"{cdn.url}/arrived"),
    }
    cdn.pages = {"/module.js": ("text/javascript", "say('module came')"), "/plain.js": ("text/javascript", "1")}
    return own, cdn


@pytest_asyncio.fixture(loop_scope="session")
async def visits(web_run):
    """Opens windows of drivers with settings of their own."""
    drivers: list[WebDriver] = []
    there: list[Customer] = []

    async def visit(run_id: str = "run-7", **settings) -> Customer:
        if settings:
            drivers.append(WebDriver(Settings(**settings)))
        run = replace(web_run(), run_id=run_id)
        there.append(Customer(run, await drivers[-1].open(run)))
        return there[-1]

    yield visit
    for one in there:
        await one.session.close()
    for one in drivers:
        await one.close()


MARKED = {"headers": {"X-Captcha": "off"}, "probe_header": "X-Probe-ID", "traceparent": True}
NAMES = {"X-Captcha", "X-Probe-ID", "traceparent"}


async def test_a_page_of_two_origins_works_as_without_headers(visits, hall):
    """Elsewhere nobody is asked for leave, nor told: neither scripts, modules, fonts nor what is fetched."""
    own, cdn = hall
    one = await visits(base_url=own.url, **MARKED)
    await one.do(Open("/"))
    for words in ("api came", "module came", "balance came", "worker came", "font tried"):
        assert (await one.see(words)).seen is Seen.EXPECTED
    assert {"/plain.js", "/module.js", "/api", "/font.woff"} <= set(cdn.asked)
    every = [asked for each in cdn.asked.values() for asked in each]
    assert [method for method, _ in every] == ["GET"] * len(every)
    assert not any(NAMES & set(told) for _, told in every)


async def test_all_that_is_asked_of_the_own_site_is_marked(visits, hall):
    """Pages, frames, workers and what they open; cookies, referrers and the browser's cache are as they were."""
    own, _ = hall
    one = await visits(base_url=own.url, **MARKED)
    await one.do(Open("/"))
    await one.see("worker came")
    await one.do(Frame("offer"))
    await one.see("offer")
    await one.do(Frame("top"))
    await one.do(Click("协议"))
    await one.do(Tab(expectation("popup")))
    await one.see("terms")
    for path in ("/", "/hall.css", "/balance", "/by-worker", "/offer", "/popup"):
        assert own.told(path)["X-Probe-ID"] == "run-7", path
        assert set(own.told(path)) >= NAMES, path
    assert own.told("/popup")["Cookie"] == "sid=1"
    assert own.told("/balance")["Referer"] == f"{own.url}/"
    await one.do(Open("/home"))
    assert len(own.asked["/hall.css"]) == 1


async def test_a_redirect_elsewhere_takes_no_header_along(visits, hall):
    """The site that leads away is asked with them, the one that is led to without."""
    own, cdn = hall
    one = await visits(base_url=own.url, **MARKED)
    await one.do(Open("/away"))
    assert set(own.told("/away")) >= NAMES
    assert not NAMES & set(cdn.told("/arrived"))


async def test_further_sites_are_named(visits, hall):
    """They are told as well, and still no other site need give leave for it."""
    own, cdn = hall
    one = await visits(base_url=own.url, headers_for=[cdn.url], **MARKED)
    await one.do(Open("/"))
    assert (await one.see("api came")).seen is Seen.EXPECTED
    assert [method for method, _ in cdn.asked["/api"]] == ["GET"]
    assert cdn.told("/api")["X-Probe-ID"] == "run-7"


async def test_runs_at_once_have_their_own_marks(visits, hall):
    """In one browser, whichever page, frame or worker asks."""
    own, _ = hall
    first = await visits("run-1", base_url=own.url, **MARKED)
    second = await visits("run-2")
    await asyncio.gather(*(one.do(Open("/")) for one in (first, second)))
    await asyncio.gather(*(one.see("worker came") for one in (first, second)))
    for path in ("/", "/offer", "/by-worker"):
        assert {told["X-Probe-ID"] for _, told in own.asked[path]} == {"run-1", "run-2"}, path


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"probe_header": "X-Probe-ID"}, "headers are for the site at base_url, and there is none"),
        ({"base_url": "http://a", "headers": {"X a": "1"}}, "HTTP cannot carry the header ‘X a’"),
        ({"base_url": "http://a", "headers": {"X-A": "关"}}, "HTTP cannot carry the header ‘X-A’"),
        ({"base_url": "http://a", "headers_for": ["*.example.com"], "traceparent": True}, "‘*.example.com’ is no site"),
        ({"base_url": "http://[::1", "traceparent": True}, "‘http://[::1’ is no site"),
    ],
)
async def test_headers_that_reach_nobody_are_refused(settings, words):
    """Before anything is asked."""
    with pytest.raises(ValidationError) as refused:
        Settings(**settings)
    assert words in str(refused.value)


async def test_sites_are_written_as_browsers_write_them():
    """Without the port that is meant anyway, without a path, and once."""
    settings = Settings(
        base_url="https://WWW.Example.com:443/hall", headers_for=["https://www.example.com", "http://bücher.example"]
    )
    assert settings.sites == ("https://www.example.com", "http://xn--bcher-kva.example")
