"""One tab: how its page was fetched, and what the browser tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from prober.channels.web.causes import net_code
from prober.channels.web.engine import Dialog, Gone, NotFetched, Page, TooLong, spoken
from prober.channels.web.notes import Notes
from prober.errors import RobotBroken


class Tab:
    """
    One page of the window. *wake* is called when something happened to it.

    *status* is the HTTP status of the document that is shown, *failed* the network error that kept one from being
    shown, *awaited* the address of one that was asked for and is not answered; each None if there is none. *trail* are
    the addresses the last navigation led through, *thrown* what the scripts of the page that is shown threw.
    """

    def __init__(self, page: Page, notes: Notes, wake: Callable[[], None]) -> None:
        self.page = page
        self.crashed = self.closed = False
        self.status: int | None = None
        self.failed: str | None = None
        self.awaited: str | None = None
        self.trail: list[str] = []
        self.thrown: list[str] = []
        self._notes, self._wake = notes, wake
        self._dialogs: set[asyncio.Task[None]] = set()
        page.on("crash", lambda _: self._ended(crashed=True))
        page.on("close", lambda _: self._ended(crashed=False))
        page.on("console", lambda told: self._notes.console_errors.append(told.text) if told.type == "error" else None)
        page.on("pageerror", self._threw)
        page.on("request", self._asked_for)
        page.on("response", self._answered)
        page.on("requestfailed", self._not_answered)
        page.on("dialog", self._opened_dialog)

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
        self.status = self.failed = self.awaited = None
        self.trail = []
        try:
            with spoken(self.page.context.browser):
                await self.page.goto(url, wait_until="commit", timeout=max(within_s, 0.001) * 1000)
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
        self._notes.dialogs.append(f"{dialog.type}: {dialog.message}")
        task = asyncio.ensure_future(self._dismiss(dialog))
        self._dialogs.add(task)
        task.add_done_callback(self._dialogs.discard)

    async def _dismiss(self, dialog: Dialog) -> None:
        with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(self.page.context.browser):
            await dialog.dismiss()
