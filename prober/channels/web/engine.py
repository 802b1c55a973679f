"""
The browser: found, started once, shared, and started again after it died. The one importer of Playwright.

Playwright's exceptions end here: `spoken()` turns them into the three below, or into RobotBroken.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, BrowserContext, Dialog, Locator, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from prober.channels.web.causes import net_code
from prober.channels.web.config import Keep, Settings
from prober.channels.web.folders import socket_folder, sweep
from prober.channels.web.traces import Traces
from prober.errors import RobotBroken

__all__ = [
    "Browser",
    "BrowserContext",
    "Dialog",
    "Engine",
    "Gone",
    "Locator",
    "NotFetched",
    "Page",
    "TooLong",
    "browser_ended",
    "spoken",
]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_S = 60.0
_INSTALL = (
    "Install the chromium package of your distribution (apt install chromium), or run `playwright install chromium`, "
    "or name a browser at channels.web.browser in config.yaml."
)
_SLOW = "Look at the load and memory of this machine; the next run tries again."
_FOOTER = (
    '<div style="width:100%;font-size:8px;color:#667;text-align:center">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
_WRAPPERS = re.compile(r"\S+: (line )?\d+: \[: ")
"""What the shell says of a test in a distribution's launcher, whether the browser starts or not."""
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


class Engine:
    """One browser for all runs; each gets a context of its own: no cookies, no cache, nothing of another run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._sockets: TemporaryDirectory[str] | None = None
        self.traces: Traces | None = None
        """Where the browser writes its traces; None before it started, and where none is wanted."""

    async def new_context(self, har: Path | None = None) -> BrowserContext:
        """
        Return a fresh context, in a browser that is started first where none runs.

        What it fetches is written to *har* when it is closed.

        Raises:
            RobotBroken: There is no browser, or it does not start.
        """
        async with self._lock:
            if self._browser is not None and not self._browser.is_connected():
                await self._end()
            if self._browser is None:
                await self._start()
            try:
                with spoken(self._browser):
                    return await self._context(har)
            except Gone:  # the browser or its driver ended, and nobody has told yet
                await self._end()
                await self._start()
            with spoken(self._browser):
                return await self._context(har)

    async def _context(self, har: Path | None) -> BrowserContext:
        if self._browser is None:
            raise browser_ended()
        mine = self._settings
        return await self._browser.new_context(
            locale=mine.locale,
            timezone_id=mine.timezone,
            viewport={"width": mine.viewport.width, "height": mine.viewport.height},
            user_agent=mine.user_agent or None,
            ignore_https_errors=mine.ignore_https_errors,
            record_har_path=har,
            record_har_content="embed" if har else None,
        )

    async def _start(self) -> None:
        executable = find_browser(self._settings.browser)
        proxy: Any = {"server": self._settings.proxy} if self._settings.proxy else None
        await asyncio.to_thread(sweep)
        self._playwright = await _playwright()
        try:
            self.traces = Traces() if self._settings.trace is not Keep.NEVER else None
            self._sockets = socket_folder()
            self._browser = await self._playwright.chromium.launch(
                executable_path=executable,
                headless=self._settings.headless,
                args=[*_FLAGS, *(["--no-sandbox"] if _is_root() else []), *self._settings.args],
                proxy=proxy,
                timeout=_START_S * 1000,
                traces_dir=self.traces.path if self.traces else None,
                env={**os.environ, "TMPDIR": self._sockets.name} if self._sockets else None,
                # Ctrl-C is the robot's to answer: it leaves as a polite customer would.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except RobotBroken:
            await self._end()
            raise
        except (PlaywrightError, OSError) as exc:
            await self._end()
            raise _not_started(executable, exc) from exc

    async def printed(self, page: str) -> bytes:
        """
        Return *page*, HTML that needs nothing else, as a PDF on A4.

        Raises:
            RobotBroken: There is no browser, or it does not print.
        """
        context = await self.new_context()
        try:
            with spoken(self._browser):
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
            raise RobotBroken(f"the browser does not print the page: {exc}", cure=_SLOW) from exc
        finally:
            with suppress(PlaywrightError):
                await context.close()

    async def close(self) -> None:
        """End the browser and Playwright's driver. Safe to call twice."""
        async with self._lock:
            await self._end()

    async def _end(self) -> None:
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        if browser is not None:
            with suppress(PlaywrightError):
                await browser.close()
        if playwright is not None:
            with suppress(PlaywrightError):
                await playwright.stop()
        if self.traces is not None:
            self.traces.close()
        if self._sockets is not None:
            self._sockets.cleanup()


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


def find_browser(wanted: str) -> str | None:
    """
    Return the path of the browser to start; None means Playwright's own.

    Raises:
        RobotBroken: A browser is named, and is not there.
    """
    if wanted == "auto":
        return next(filter(None, map(shutil.which, _NAMES)), None)
    if found := shutil.which(Path(wanted).expanduser()):
        return str(found)
    raise RobotBroken(f"there is no browser at {wanted} (channels.web.browser)", cure=_INSTALL)


def _not_started(executable: str | None, exc: Exception) -> RobotBroken:
    message, browser = str(exc), executable or "of Playwright"
    if executable is None and "Executable doesn't exist" in message:
        return RobotBroken("no browser was found on this machine", cure=_INSTALL)
    told = _last_words(message)
    if isinstance(exc, PlaywrightTimeout):
        last = f"; it said: {told[:300]}" if told else ""
        return RobotBroken(f"the browser {browser} is not ready {_START_S:g} s after its start{last}", cure=_SLOW)
    first = next(iter(message.splitlines()), "")
    return RobotBroken(f"the browser {browser} does not start: {(told or first)[:300]}", cure=_INSTALL)


def _last_words(log: str) -> str:
    """Return the line of a browser's own that tells best why it ended, from Playwright's log; empty if it said none."""
    said = [line.partition("[err]")[2].strip() for line in log.splitlines() if "[err]" in line]
    said = [line for line in said if line and not _WRAPPERS.match(line)]
    telling = [line for line in said if re.search("error|fatal|cannot|failed", line, re.IGNORECASE)]
    return next(iter([*telling, *reversed(said)]), "")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
