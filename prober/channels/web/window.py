"""One run's browser window: its tabs, what their pages tell, and a look at the one in front."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from prober.channels.timing import monotonic
from prober.channels.web.barriers import Barrier
from prober.channels.web.clock import PageClock
from prober.channels.web.engine import Browser, BrowserContext, Download, Gone, Locator, Page, TooLong, spoken
from prober.channels.web.notes import Notes
from prober.channels.web.tab import Opened, Tab
from prober.errors import RobotBroken

_OBSERVER = files("prober.channels.web").joinpath("observer.js").read_text(encoding="utf-8")
_GRACE_S = 2.0
"""How long past its deadline a step waits for a page to answer what it shows; a page in an endless loop never does."""
_STUCK_S = 0.2
"""The same, once it did not answer and has not been heard of since."""
_SETTLE_S = 0.5
_TICK_S = 0.001
_SCREENSHOT_S = 5.0
_PATIENCE_S = 1.0
_CLOSE_S = 3.0

T = TypeVar("T")


class Blocked(Exception):
    """A dialog of the browser stands before the page, which answers nothing until it is answered."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened.words)
        self.opened = opened


@dataclass(frozen=True)
class Input:
    """
    An input's event as the page met it: *kind* `input` when dispatched, `handled` when its listeners were done.

    *delay_s* is how long a busy page let it wait before.
    """

    kind: str
    at_s: float
    delay_s: float


@dataclass(frozen=True)
class Look:
    """What the page in front shows at *at_s*. *loaded_s* is the instant of its load event, None before."""

    at_s: float
    text: str
    title: str
    url: str
    loading: bool
    loaded_s: float | None


@dataclass(frozen=True)
class Mark:
    """What a picture of the page is to point out: *where* it is, None if it is not there at all."""

    caption: str
    where: Locator | None = None


class Window:
    """One context with its tabs. What a page tells arrives here, and wakes whoever waits."""

    def __init__(
        self,
        context: BrowserContext,
        left: Callable[[], object],
        *,
        proxied: bool = False,
        lenient: bool = False,
        barriers: tuple[Barrier, ...] = (),
    ) -> None:
        self._left, self._lenient = left, lenient
        self.barriers = barriers
        self.answered = False
        """Whether a captcha was answered in it."""
        self.proxied = proxied
        """Whether pages are fetched through a proxy."""
        self._context = context
        self._tabs: list[Tab] = []
        self._clocks: dict[float, PageClock] = {}
        self._changed = asyncio.Event()
        self._stuck = False
        self._dialogs: list[Opened] = []
        self._blocked = asyncio.Event()
        self.downloads: list[tuple[float, Download]] = []
        """The files that the browser began to fetch in this step, with the instants."""
        self.inputs: list[Input] = []
        self.notes = Notes()
        self.marks: list[Mark] = []
        self.passwords: list[str] = []
        """What was typed into password fields."""
        self.typed: list[tuple[str, str]] = []
        """What was typed, after the name of its field: the one it was found by, and the page's own."""
        self.expected_url: str | None = None
        """The page that was asked for, or that last showed what was expected."""

    def settle(self, url: str) -> None:
        """Note that the page at *url* showed what was expected: where it was come from explains nothing any more."""
        self.expected_url = url
        with suppress(Gone):
            self.front.trail.clear()

    def begin_step(self) -> None:
        """Forget what was noted of the step before."""
        self.notes.clear()
        self.marks.clear()
        self.downloads.clear()

    async def arm(self) -> None:
        """Put the observer into every page to come, and open the first tab."""
        self._context.on("page", self._open_tab)
        with spoken(self.browser):
            await self._context.expose_binding("__prober_tell", self._hear)
            await self._context.add_init_script(_OBSERVER)
            await self._context.new_page()

    async def close(self) -> None:
        """Close the context and all its pages; a browser too busy to do so is not waited for."""
        try:
            await self.dismiss()
            await self._close_all()
        finally:
            self._left()

    async def _close_all(self) -> None:
        closing = asyncio.ensure_future(self._close(self._context))
        try:
            await asyncio.wait([closing], timeout=_PATIENCE_S)
            if not closing.done():
                # It waits for what a busy page is still to tell. A page alone is closed without being asked.
                await asyncio.wait(
                    [closing, *(asyncio.ensure_future(self._close(page)) for page in self._context.pages)],
                    timeout=_CLOSE_S,
                )
        finally:
            closing.cancel()

    async def _close(self, what: BrowserContext | Page) -> None:
        with suppress(Gone, TooLong, RobotBroken, TimeoutError):
            async with asyncio.timeout(_PATIENCE_S + _CLOSE_S):
                with spoken(self.browser):
                    await what.close()

    async def start_trace(self, name: str) -> None:
        """Record the page before and after each act; no film of it, which would cost the steps their time."""
        with spoken(self.browser):
            await self._context.tracing.start(name=name, snapshots=True, screenshots=False, sources=False)

    async def stop_trace(self, path: Path | None, within_s: float) -> None:
        """Write the trace to *path*, or throw it away. Nothing is there where the browser did not do it in time."""
        with suppress(Gone, TooLong, RobotBroken, TimeoutError):
            async with asyncio.timeout(within_s):
                with spoken(self.browser):
                    await self._context.tracing.stop(path=path)

    @property
    def browser(self) -> Browser | None:
        """The browser this window belongs to, for `spoken()`."""
        return self._context.browser

    async def stranger(self) -> BrowserContext:
        """Return a context that shares nothing with this one, in the same browser; `part` ends it."""
        if self.browser is None:
            raise Gone("the browser has ended")
        with spoken(self.browser):
            return await self.browser.new_context(ignore_https_errors=self._lenient)

    async def part(self, stranger: BrowserContext) -> None:
        """Close a stranger's context."""
        await self._close(stranger)

    async def customer(self) -> Any:
        """Return who the customer is to the sites they were on: cookies and storage."""
        with spoken(self.browser):
            return await self._context.storage_state(indexed_db=True)

    async def be(self, customer: Any) -> None:
        """Be who *customer* was, to all sites."""
        with spoken(self.browser):
            await self._context.set_storage_state(customer)

    async def alive(self) -> bool:
        """Return whether the browser still answers, whatever became of its pages."""
        # A browser that is killed tells first of its pages' end, and a moment later of its own.
        await self.change_until(lambda: not self._connected(), _SETTLE_S)
        try:
            async with asyncio.timeout(_GRACE_S):
                with spoken(self.browser):
                    await self._context.cookies()
        except (Gone, TooLong, RobotBroken, TimeoutError):
            return False
        return self._connected()

    def _connected(self) -> bool:
        return self.browser is not None and self.browser.is_connected()

    @property
    def front(self) -> Tab:
        """The tab the customer sees: the newest that is open."""
        open_tabs = [tab for tab in self._tabs if not tab.closed]
        if not open_tabs:
            raise Gone("the page was closed")
        return open_tabs[-1]

    async def usable(self) -> Tab:
        """Return the tab in front, a new one where it crashed or was closed."""
        with suppress(Gone):
            if not self.front.crashed:
                return self.front
        with spoken(self.browser):
            return self._tab_of(await self._context.new_page())

    def _open_tab(self, page: Page) -> None:
        self._tab_of(page)

    def _tab_of(self, page: Any) -> Tab:
        for tab in self._tabs:
            if tab.page is page:
                return tab
        self._tabs.append(Tab(page, self.notes, self._changed.set, self._opened_dialog))
        page.on("download", self._began_download)
        return self._tabs[-1]

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The tabs that are open, the one in front last."""
        return tuple(tab for tab in self._tabs if not tab.closed)

    async def bring_to_front(self, tab: Tab) -> None:
        """Let the customer see *tab* from now on."""
        self._tabs.remove(tab)
        self._tabs.append(tab)
        with spoken(self.browser):
            await tab.page.bring_to_front()

    def _began_download(self, download: Download) -> None:
        self.downloads.append((monotonic(), download))
        self._changed.set()

    # ---- dialogs

    @property
    def dialog(self) -> Opened | None:
        """The dialog that stands before a page, None if there is none."""
        return self._dialogs[0] if self._dialogs else None

    def _opened_dialog(self, opened: Opened) -> None:
        self._dialogs.append(opened)
        self._blocked.set()
        self._changed.set()

    async def answer(self, *, accept: bool, typed: str | None = None) -> None:
        """Answer the dialog that stands before a page."""
        opened = self._dialogs.pop(0)
        if not self._dialogs:
            self._blocked.clear()
        with suppress(Gone, TooLong, RobotBroken, TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                with spoken(self.browser):
                    await (opened.dialog.accept(*filter(None, [typed])) if accept else opened.dialog.dismiss())

    async def dismiss(self) -> None:
        """Dismiss every dialog, as nobody expects one any more."""
        while self._dialogs:
            await self.answer(accept=False)

    async def unless_blocked(self, doing: Awaitable[T]) -> T:
        """
        Return what *doing* returns.

        Raises:
            Blocked: A dialog stands before a page; what was begun goes on behind it.
        """
        task, blocked = asyncio.ensure_future(doing), asyncio.ensure_future(self._blocked.wait())
        try:
            await asyncio.wait({task, blocked}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and self.dialog is not None:
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
                raise Blocked(self.dialog)
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            blocked.cancel()

    def _hear(self, source: dict[str, Any], message: dict[str, Any]) -> None:
        heard_s, self._stuck = monotonic(), False
        self._tab_of(source["page"])
        clock = self.clock(message["origin"])
        clock.heard(message["now"], heard_s)
        if message["kind"] in {"input", "handled"}:
            self.inputs.append(Input(message["kind"], clock.at_s(message["at"]), message.get("delay", 0) / 1000))
        self._changed.set()

    def clock(self, origin_ms: float) -> PageClock:
        """Return the clock of the document whose time origin this is."""
        return self._clocks.setdefault(origin_ms, PageClock(origin_ms))

    def first_document_s(self, since_s: float) -> float | None:
        """Return the instant at which the first navigation since *since_s* started, None if there was none."""
        # A document that was there before may be heard of late, but did not start since.
        zeros = [clock.at_s(0) for clock in self._clocks.values() if clock.at_s(0) >= since_s - _TICK_S]
        return min(zeros, default=None)

    async def ask(self, where: Locator | Page | None, script: str, argument: Any = None, *, within_s: float = 0) -> Any:
        """
        Return what *script* says of the elements *where* (`(elements, argument) => …`), of a page, or of the front.

        None where the page was left in the middle; nothing is waited for but the page's own answer.

        Raises:
            Blocked: A dialog stands before it.
        """
        tab = self.front
        tab.check()
        try:
            async with asyncio.timeout(max(within_s, 0) + (_STUCK_S if self._stuck else _GRACE_S)):
                with spoken(self.browser):
                    if isinstance(where, Locator):
                        return await self.unless_blocked(where.evaluate_all(script, argument))
                    return await self.unless_blocked((where or tab.root).evaluate(script, argument))
        except TimeoutError:
            self._stuck = True
            raise
        except Gone:
            tab.check()
            return None

    async def look(self, within_s: float) -> Look | None:
        """Return what the page shows, and have it tell of changes for *within_s*. None where it was left meanwhile."""
        asked_s = monotonic()
        said = await self.ask(
            None, "ms => window.__prober?.look(ms)", max(within_s, 0) * 1000 + 1000, within_s=within_s
        )
        if said is None:
            return None
        heard_s = monotonic()
        clock = self.clock(said["origin"])
        clock.heard(said["now"], heard_s, asked_s)
        return Look(
            at_s=clock.at_s(said["now"]),
            text=said["text"],
            title=said["title"],
            url=self.front.page.url if self.front.frame else said["url"],
            loading=said["state"] == "loading",
            loaded_s=clock.at_s(said["loaded"]) if said["loaded"] else None,
        )

    async def watch(self, condition: Callable[[], Awaitable[T | None]], until_s: float) -> T | None:
        """
        Return what *condition* finds, tried again whenever a page tells of a change; None if nothing by *until_s*.

        The last try is made after the end, so that what came true just before it is not missed.
        """
        while True:
            over = monotonic() >= until_s
            self._changed.clear()
            found = None
            with suppress(TimeoutError):  # a page too busy to answer is asked again
                found = await condition()
            if found is not None or over:
                return found
            await self.change(until_s - monotonic())

    async def change(self, within_s: float) -> None:
        """Wait until a page tells of anything, at most *within_s*."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(within_s, 0)):
                await self._changed.wait()

    async def change_until(self, holds: Callable[[], object], within_s: float) -> None:
        """Wait until *holds* is true after something a page or the browser told, at most *within_s*."""
        until_s = monotonic() + within_s
        while not holds() and monotonic() < until_s:
            self._changed.clear()
            await self.change(until_s - monotonic())

    async def screenshot(self, *, whole: bool = False) -> bytes | None:
        """Return what is in view of the page in front, or the *whole* of it, as PNG; None where it cannot be drawn."""
        limit_s = _STUCK_S if self._stuck else _SCREENSHOT_S
        with suppress(Gone, TooLong), spoken(self.browser):
            # caret: hiding it would change the page, which its own scripts may notice
            return await self.front.page.screenshot(timeout=limit_s * 1000, caret="initial", full_page=whole)
        return None
