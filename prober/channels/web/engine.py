"""
The browser: found, started once, shared, and started again after it died. The one importer of Playwright.

Playwright's exceptions end here: `spoken()` turns them into the three below, or into RobotBroken.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    Dialog,
    Download,
    Frame,
    Locator,
    Page,
    Playwright,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from prober.channels.web import certificates, launching, memory
from prober.channels.web.causes import net_code
from prober.channels.web.config import Keep, Settings
from prober.channels.web.folders import socket_folder, sweep
from prober.channels.web.launching import device_name, find_browser, flags, not_started
from prober.channels.web.traces import Traces
from prober.errors import RobotBroken

__all__ = [
    "Browser",
    "BrowserContext",
    "Dialog",
    "Download",
    "Engine",
    "Frame",
    "Gone",
    "Locator",
    "NotFetched",
    "Page",
    "TooLong",
    "browser_ended",
    "spoken",
]

_WEIGHED_EVERY = 20
"""How many runs there are from one weighing of a browser to the next: each costs some milliseconds."""
_FOOTER = (
    '<div style="width:100%;font-size:8px;color:#667;text-align:center">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
_RESTART = "The next run starts a new one. If it happens again, look for the out-of-memory killer in the system's log."


class TooLong(Exception):
    """The browser did not get it done in time. The message is Playwright's log of what it waited for."""


class Gone(Exception):
    """The page crashed, closed or was left while it was asked something."""


class NotFetched(Exception):
    """A page could not be fetched. *code* is the browser's network error, such as CONNECTION_REFUSED."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def spoken(browser: Browser | None) -> Iterator[None]:
    """Turn what Playwright raises into this file's exceptions, or RobotBroken where the browser itself is at fault."""
    try:
        yield
    except PlaywrightTimeout as exc:
        raise TooLong(exc.message) from exc
    except PlaywrightError as exc:
        raise _translated(exc.message, browser) from exc


def browser_ended() -> RobotBroken:
    """Return what is raised when the browser is killed, or dies, during a run."""
    return RobotBroken("the browser ended in the middle of the run", cure=_RESTART)


def _translated(message: str, browser: Browser | None) -> Exception:
    if browser is None or not browser.is_connected():
        return browser_ended()
    if "strict mode violation" in message:
        return TooLong(message)
    if code := net_code(message):
        return NotFetched(code)
    gone = ("crashed", "closed", "context was destroyed", "navigat", "detached", "not attached", "Cannot find context")
    if any(word in message for word in gone):
        return Gone(message.splitlines()[0])
    return RobotBroken(
        f"the browser refused what it was asked: {message.splitlines()[0]}",
        cure="Check the step's css:, xpath: or key, and channels.web in config.yaml.",
    )


class _Started:
    """A browser that was started, and what is kept beside it while it runs."""

    def __init__(self, browser: Browser, traces: Traces | None, folders: ExitStack) -> None:
        self.browser, self.traces = browser, traces
        self._folders = folders
        self.served = 0
        self.open = 0
        """How many contexts it has served, and how many of them are open."""

    async def end(self) -> None:
        """End it. Safe to call twice."""
        with suppress(PlaywrightError):
            await self.browser.close()
        self._folders.close()

    async def memory_mb(self) -> float:
        """Return the memory that is its processes' own; 0 where that cannot be told."""
        with suppress(PlaywrightError):
            wire = await self.browser.new_browser_cdp_session()
            told = await wire.send("SystemInfo.getProcessInfo")
            await wire.detach()
            return await asyncio.to_thread(memory.own_mb, [one["id"] for one in told["processInfo"]])
        return 0.0


class Engine:
    """
    One warm browser for all runs; each gets a context of its own: no cookies, no cache, nothing of another run.

    A browser that has served its number of runs, or grown over its memory, serves those it has to their end while the
    next run gets a new one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._room = asyncio.Semaphore(settings.contexts)
        self._playwright: Playwright | None = None
        self._now: _Started | None = None
        self._open: dict[BrowserContext, tuple[_Started, bool]] = {}
        """Whose each context is, and whether it takes one of the places that are waited for."""
        self._retired: set[_Started] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def new_context(self, har: Path | None = None, *, waits: bool = False) -> BrowserContext:
        """
        Return a fresh context, in a browser that is started first where none runs.

        What it fetches is written to *har* when it is closed. With *waits*, there are no more such contexts at once
        than `contexts` of the settings: one is waited for until `left()` is called.

        Raises:
            RobotBroken: There is no browser, or it does not start.
        """
        if waits:
            await self._room.acquire()
        try:
            started, context = await self._begun(har)
        except BaseException:
            if waits:
                self._room.release()
            raise
        self._open[context] = started, waits
        return context

    def left(self, context: BrowserContext) -> None:
        """Give its place back, whether it could be closed or not. Safe to call twice."""
        started, waited = self._open.pop(context, (None, False))
        if waited:
            self._room.release()
        if started is not None:
            started.open -= 1
            self._end_if_left(started)

    def traces_of(self, context: BrowserContext) -> Traces | None:
        """Return where the traces of *context* are written; None where none is wanted."""
        return self._open[context][0].traces

    async def _begun(self, har: Path | None) -> tuple[_Started, BrowserContext]:
        async with self._lock:
            started = await self._ready()
            try:
                with spoken(started.browser):
                    context = await self._context(started, har)
            except Gone:  # the browser or its driver ended, and nobody has told yet
                await self._end()
                started = await self._ready()
                with spoken(started.browser):
                    context = await self._context(started, har)
            started.served += 1
            started.open += 1
            return started, context

    async def _ready(self) -> _Started:
        """Return the browser that serves the next run."""
        if self._now is not None and not self._now.browser.is_connected():
            await (self._drop(self._now) if self._retired else self._end())
        if self._now is not None and await self._is_worn(self._now):
            worn, self._now = self._now, None
            self._retired.add(worn)
            self._end_if_left(worn)
        if self._now is None:
            self._now = await self._start()
        return self._now

    async def _drop(self, died: _Started) -> None:
        """Forget the one that died; runs in an older one go on."""
        self._now = None
        await died.end()

    async def _is_worn(self, started: _Started) -> bool:
        if started.served >= self._settings.runs_per_browser:
            return True
        return started.served % _WEIGHED_EVERY == 0 and await started.memory_mb() > self._settings.memory_mb

    def _end_if_left(self, started: _Started) -> None:
        if started in self._retired and not started.open:
            self._retired.discard(started)
            task = asyncio.ensure_future(started.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _context(self, started: _Started, har: Path | None) -> BrowserContext:
        mine = self._settings
        seen: dict[str, Any] = {"viewport": {"width": mine.viewport.width, "height": mine.viewport.height}}
        if mine.device and self._playwright is not None:
            seen = dict(self._playwright.devices[device_name(mine.device, self._playwright.devices)])
            seen.pop("default_browser_type", None)
        if mine.user_agent:
            seen["user_agent"] = mine.user_agent
        context = await started.browser.new_context(
            **seen,
            locale=mine.locale,
            timezone_id=mine.timezone,
            ignore_https_errors=mine.ignore_https_errors,
            client_certificates=[certificates.shown(one) for one in mine.client_certificates],
            record_har_path=har,
            record_har_content="embed" if har else None,
        )
        if mine.cookies:
            await context.add_cookies([{"name": n, "value": v, "url": mine.base_url} for n, v in mine.cookies.items()])
        return context

    async def _start(self) -> _Started:
        executable = find_browser(self._settings.browser)
        proxy: Any = {"server": self._settings.proxy} if self._settings.proxy else None
        await asyncio.to_thread(sweep)
        if self._playwright is None:
            self._playwright = await _playwright()
        traces: Traces | None = None
        with ExitStack() as folders:
            try:
                if self._settings.trace is not Keep.NEVER:
                    traces = Traces()
                    folders.callback(traces.close)
                if (sockets := socket_folder()) is not None:
                    folders.callback(sockets.cleanup)
                browser = await self._playwright.chromium.launch(
                    executable_path=executable,
                    headless=self._settings.headless,
                    args=flags(self._settings),
                    proxy=proxy,
                    timeout=launching.START_S * 1000,
                    traces_dir=traces.path if traces else None,
                    env={**os.environ, "TMPDIR": sockets.name} if sockets else None,
                    # Ctrl-C is the robot's to answer: it leaves as a polite customer would.
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
            except (PlaywrightError, OSError) as exc:
                await self._end()
                raise not_started(executable, str(exc), too_slow=isinstance(exc, PlaywrightTimeout)) from exc
            except BaseException:
                await self._end()
                raise
            return _Started(browser, traces, folders.pop_all())

    async def printed(self, page: str) -> bytes:
        """
        Return *page*, HTML that needs nothing else, as a PDF on A4.

        Raises:
            RobotBroken: There is no browser, or it does not print.
        """
        context = await self.new_context()
        try:
            with spoken(context.browser):
                tab = await context.new_page()
                await tab.emulate_media(media="print", color_scheme="light")
                await tab.set_content(page, wait_until="load")
                return await tab.pdf(
                    format="A4",
                    print_background=True,
                    display_header_footer=True,
                    header_template="<span></span>",
                    footer_template=_FOOTER,
                    margin={"top": "12mm", "bottom": "16mm", "left": "11mm", "right": "11mm"},
                )
        except (TooLong, Gone) as exc:
            raise RobotBroken(
                f"the browser does not print the page: {exc}", cure="Look at the load and memory of this machine."
            ) from exc
        finally:
            with suppress(PlaywrightError):
                await context.close()
            self.left(context)

    async def close(self) -> None:
        """End the browser and Playwright's driver. Safe to call twice."""
        async with self._lock:
            await self._end()

    async def _end(self) -> None:
        every, self._now, self._retired = [self._now, *self._retired], None, set()
        playwright, self._playwright = self._playwright, None
        for started in filter(None, every):
            await started.end()
        await asyncio.gather(*self._ending)
        if playwright is not None:
            with suppress(PlaywrightError):
                await playwright.stop()


async def _playwright() -> Playwright:
    starting = async_playwright()
    try:
        started = await starting.start()
    except Exception as exc:
        raise RobotBroken(
            f"Playwright's driver does not start: {exc}",
            cure="Run `playwright --version` and install what it says is missing (on a minimal Debian: libatomic1).",
        ) from exc
    _retrieve_end(starting)
    return started


def _retrieve_end(starting: Any) -> None:
    """Take note of the driver's end: Playwright keeps it in a future that nobody asks once it has started."""
    client = getattr(starting, "_client", None) or getattr(starting, "_connection", None)  # no public way leads there
    ended = getattr(getattr(client, "_transport", None), "on_error_future", None)
    if ended is not None:
        ended.add_done_callback(lambda future: future.cancelled() or future.exception())
