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
    shown; each None if there is none.
    """

    def __init__(self, page: Page, notes: Notes, wake: Callable[[], None]) -> None:
        self.page = page
        self.crashed = self.closed = False
        self.status: int | None = None
        self.failed: str | None = None
        self._notes, self._wake = notes, wake
        self._dialogs: set[asyncio.Task[None]] = set()
        page.on("crash", lambda _: self._ended(crashed=True))
        page.on("close", lambda _: self._ended(crashed=False))
        page.on("console", lambda told: self._notes.console_errors.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda told: self._notes.exceptions.append(str(told)))
        page.on("response", self._answered)
        page.on("requestfailed", self._not_answered)
        page.on("dialog", self._asked)

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
        self.status = self.failed = None
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
        with suppress(Gone, TooLong, NotFetched), spoken(self.page.context.browser):
            wire = await self.page.context.new_cdp_session(self.page)
            await wire.send("Page.stopLoading")
            await wire.detach()

    def _ended(self, *, crashed: bool) -> None:
        self.crashed, self.closed = self.crashed or crashed, self.closed or not crashed
        self._wake()

    def _answered(self, response: Any) -> None:
        if self._is_document(response.request):
            self.status, self.failed = response.status, None
        elif response.status >= 400:
            self._notes.failed_requests.append(f"{response.status} {response.url}")

    def _not_answered(self, request: Any) -> None:
        code = net_code(request.failure or "") or request.failure or "unknown"
        if code == "ABORTED":  # the page itself, or leaving it, called the request off
            return
        if self._is_document(request):
            self.failed = code
        self._notes.failed_requests.append(f"{code} {request.url}")
        self._wake()

    def _is_document(self, request: Any) -> bool:
        return bool(request.is_navigation_request() and request.frame == self.page.main_frame)

    def _asked(self, dialog: Dialog) -> None:
        self._notes.dialogs.append(f"{dialog.type}: {dialog.message}")
        task = asyncio.ensure_future(self._dismiss(dialog))
        self._dialogs.add(task)
        task.add_done_callback(self._dialogs.discard)

    async def _dismiss(self, dialog: Dialog) -> None:
        with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(self.page.context.browser):
            await dialog.dismiss()
