"""A browser, a small site on loopback, and a customer who plays single steps."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.timing import Stimulus, monotonic
from prober.channels.web.actions import See
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.channels.web.session import WebSession
from prober.channels.web.verbs import VERBS
from prober.loading.fields import expectation
from prober.loading.masking import Masker
from prober.model.line import Line
from prober.model.run import Observation
from prober.model.scenario import Action
from prober.model.value import Capture


@dataclass
class Site:
    """The site under test: what each path answers, and when it was asked for and answered."""

    url: str
    pages: dict[str, tuple[int, str]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """What a path hands over: the file's name and content."""
    stalls: dict[str, threading.Event] = field(default_factory=dict)
    """The paths whose files come in half, and the rest once the event is set."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """With which headers each path was asked for last."""
    asked_s: dict[str, float] = field(default_factory=dict)
    answered_s: dict[str, float] = field(default_factory=dict)

    def page(self, path: str, body: str, *, status: int = 200, title: str = "测试厅") -> None:
        """Let *path* answer with an HTML page."""
        html = f"<!doctype html><html lang=zh><meta charset=utf-8><title>{title}</title><body>{body}</body></html>"
        self.pages[path] = status, html


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            site.asked_s[path] = monotonic()
            site.headers[path] = dict(self.headers)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if path in site.files:
                self._hand_over(path, *site.files[path])
                return
            status, html = site.pages.get(path, (404, "<p>没有这个页面"))
            content = html.encode()
            if path in site.redirects:
                self.send_response(302)
                self.send_header("Location", site.redirects[path])
            else:
                self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            site.answered_s[path] = monotonic()
            if status != 204:
                self.wfile.write(content)

        def _hand_over(self, path: str, name: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            half = len(content) // 2
            self.wfile.write(content[:half])
            if path in site.stalls:
                self.wfile.flush()
                site.stalls[path].wait(30)
            with suppress(OSError):  # who stalled may have been left
                self.wfile.write(content[half:])

        do_POST = do_GET  # noqa: N815 - the name http.server calls

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture(scope="session")
def web_site() -> Iterator[Site]:
    site = Site("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web_driver(web_site: Site) -> AsyncIterator[WebDriver]:
    driver = WebDriver(Settings(base_url=web_site.url))
    yield driver
    await driver.close()


@dataclass
class Customer:
    """Plays single steps in one window."""

    run: RunContext
    session: WebSession

    async def do(self, argument: Any, within: float = 5.0, captures: tuple[Capture, ...] = ()) -> Observation:
        """Do one step, its verb known from its argument."""
        verb = next(verb.name for verb in VERBS if verb.argument is type(argument))
        return await self.session.perform(Action("web", verb, argument, captures), within)

    async def see(self, text: str, within: float = 5.0, captures: tuple[Capture, ...] = ()) -> Observation:
        """See a text, written as in a scenario."""
        return await self.do(See(expectation(text)), within, captures)


@pytest.fixture
def web_run(tmp_path: Path) -> Callable[[], RunContext]:
    def new(mask: Masker | None = None) -> RunContext:
        line = Line("demo-1", "13800000001", secrets={"service_password": "246801"})
        return RunContext(
            "r1", line, Stimulus(), EvidenceBox(tmp_path, "day/r1"), mask or Masker(line.secrets.values())
        )

    return new


@pytest_asyncio.fixture(loop_scope="session")
async def customer(web_driver: WebDriver, web_run: Callable[[], RunContext]) -> AsyncIterator[Customer]:
    run = web_run()
    session = await web_driver.open(run)
    yield Customer(run, session)
    await session.close()
