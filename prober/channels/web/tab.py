"""One tab: how its page was fetched, and what the browser tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from prober.channels.timing import monotonic
from prober.channels.web.causes import net_code
from prober.channels.web.engine import Dialog, Frame, Gone, NotFetched, Page, TooLong, spoken
from prober.channels.web.notes import Notes
from prober.errors import RobotBroken

_NO_PAGE = "about:blank"
_NOT_LOADED = "Failed to load resource"
"""So the console begins to say that, without the address."""


@dataclass(frozen=True)
class Opened:
    """A dialog that stands before a page since *at_s*."""

    at_s: float
    dialog: Dialog

    @property
    def message(self) -> str:
        """What it says."""
        return str(self.dialog.message)

    @property
    def words(self) -> str:
        """What it is and says."""
        return f"{self.dialog.type}: {self.message}"


class Tab:
    """
    One page of the window. *wake* is called when something happened to it.

    *status* is the HTTP status of the document that is shown, *failed* the network error that kept one from being
    shown, *awaited* the address of one that was asked for and is not answered; each None if there is none. *headers*
    are what the document was sent with, *trail* the addresses the last navigation led through, *thrown* what the
    scripts of the page that is shown threw.
    """

    def __init__(
        self, page: Page, notes: Notes, wake: Callable[[], None], stands_still: Callable[[Opened], None]
    ) -> None:
        self.page = page
        self.frame: Frame | None = None
        """The frame in which steps look and act; None for the page itself."""
        self.crashed = self.closed = False
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.failed: str | None = None
        self.awaited: str | None = None
        self.trail: list[str] = []
        self.thrown: list[str] = []
        self._notes, self._wake, self._stands_still = notes, wake, stands_still
        self._leaving: set[asyncio.Task[None]] = set()
        page.on("crash", lambda _: self._ended(crashed=True))
        page.on("close", lambda _: self._ended(crashed=False))
        page.on("console", self._wrote)
        page.on("pageerror", self._threw)
        page.on("request", self._asked_for)
        page.on("response", self._answered)
        page.on("requestfailed", self._not_answered)
        page.on("dialog", self._opened_dialog)

    @property
    def root(self) -> Page | Frame:
        """What steps look at and act in: the page, or one of its frames."""
        if self.frame is not None and self.frame.is_detached():
            self.frame = None
        return self.frame or self.page

    @property
    def circling(self) -> bool:
        """Whether the navigation under way has come to the same address again and again."""
        return bool(self.trail) and self.trail.count(self.trail[-1]) > 2

    def check(self) -> None:
        """Raise Gone where there is no page any more."""
        if self.crashed:
            raise Gone("the page crashed")
        if self.closed:
            raise Gone("the page was closed")

    async def go(self, url: str, within_s: float) -> None:
        """
        Go to *url* and return when its first bytes are there; `status` or `failed` then says how it was answered.

        Raises:
            TooLong: No answer within *within_s*.
            Gone: The page crashed.
        """
        await self._go(partial(self.page.goto, url), within_s)

    async def go_back(self, within_s: float) -> None:
        """Go to the page before; otherwise as `go`."""
        await self._go(self.page.go_back, within_s)

    async def before(self) -> str | None:
        """Return the address of the page before, None if there is none."""
        with spoken(self.page.context.browser):
            wire = await self.page.context.new_cdp_session(self.page)
            history = await wire.send("Page.getNavigationHistory")
            await wire.detach()
        earlier = [entry["url"] for entry in history["entries"][: history["currentIndex"]]]
        return earlier[-1] if earlier and earlier[-1] != _NO_PAGE else None

    async def _go(self, navigate: Callable[..., Awaitable[Any]], within_s: float) -> None:
        self.status = self.failed = self.awaited = None
        self.trail = []
        try:
            with spoken(self.page.context.browser):
                await navigate(wait_until="commit", timeout=max(within_s, 0.001) * 1000)
        except NotFetched as exc:
            self.failed = exc.code
        except TooLong:
            await self._stop()
            raise

    async def _stop(self) -> None:
        """Give up a navigation that is not answered: until then the browser answers nothing else either."""
        with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(self.page.context.browser):
            wire = await self.page.context.new_cdp_session(self.page)
            await wire.send("Page.stopLoading")
            await wire.detach()

    def _ended(self, *, crashed: bool) -> None:
        self.crashed, self.closed = self.crashed or crashed, self.closed or not crashed
        self._wake()

    def _wrote(self, told: Any) -> None:
        if told.type == "error":
            where = f": {told.location['url']}" if told.text.startswith(_NOT_LOADED) else ""
            self._notes.console_errors.append(told.text + where)

    def _threw(self, told: Any) -> None:
        self._notes.exceptions.append(str(told))
        self.thrown.append(str(told))

    def _asked_for(self, request: Any) -> None:
        if not self._is_document(request):
            return
        if request.redirected_from is None:
            self.trail = []
        self.trail.append(request.url)
        self.awaited = request.url

    def _answered(self, response: Any) -> None:
        if self._is_document(response.request):
            self.status, self.failed, self.awaited = response.status, None, None
            self.headers = response.headers
            self.thrown.clear()
        elif response.status >= 400:
            self._notes.failed_requests.append(f"{response.status} {response.url}")

    def _not_answered(self, request: Any) -> None:
        code = net_code(request.failure or "") or request.failure or "unknown"
        if self._is_document(request):
            self.awaited = None
        if code == "ABORTED":  # the page itself, or leaving it, called the request off
            return
        if self._is_document(request):
            self.failed = code
        self._notes.failed_requests.append(f"{code} {request.url}")
        self._wake()

    def _is_document(self, request: Any) -> bool:
        return bool(request.is_navigation_request() and request.frame == self.page.main_frame)

    def _opened_dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # the customer has asked for another page
            task = asyncio.ensure_future(self._leave(dialog))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            return
        opened = Opened(monotonic(), dialog)
        self._notes.dialogs.append(opened.words)
        self._stands_still(opened)

    async def _leave(self, dialog: Dialog) -> None:
        with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(self.page.context.browser):
            await dialog.accept()
