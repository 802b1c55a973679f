"""Watches what a person does in a browser, and tells it as the steps of a scenario."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from prober.channels.timing import monotonic
from prober.channels.web.engine import (
    BrowserContext,
    Dialog,
    Download,
    Engine,
    Frame,
    Gone,
    NotFetched,
    Page,
    TooLong,
    browser_ended,
    spoken,
)
from prober.channels.web.headers import Headers
from prober.errors import RobotBroken

_RECORDER = files("prober.channels.web").joinpath("recorder.js").read_text(encoding="utf-8")
FLAGS = ("--enable-blink-features=ComputedAccessibilityInfo",)
"""What lets a page's script ask for roles and names as the browser computes them."""
_GO_S = 60.0
_LED_S = 1.0
"""What comes so soon after a person's own act was led to by it."""
_TYPED = frozenset({"typed", "address_bar", "auto_bookmark", "generated", "keyword"})
"""How the browser calls that a person, not the page, asked for an address."""
_FRAME = "el => el.title || el.getAttribute('aria-label') || el.name || el.id || ''"
_TOP = "top"
_BLANK = "about:blank"


@dataclass(frozen=True)
class Act:
    """
    One step that a person took, or saw: the verb, what it is about (*name*), and what was typed or chosen (*value*).

    *inside* is the part of the page that `in:` names. *secret* was typed into a password field, *once* is a one-time
    code. Of an `open`, *value* is the text that made the page ready.
    """

    verb: str
    name: str = ""
    value: str = ""
    inside: str = ""
    secret: bool = False
    once: bool = False
    checked: bool = True


@dataclass
class _Tab:
    """A page as the recorder knows it: its history, the headings it shows with what they alone are, and its words."""

    page: Page
    wire: Any = None
    place: int = -1
    headings: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    frame: Frame | None = None
    asks: str = ""
    """The kind of dialog that is open."""


@dataclass
class Recorder:
    """
    Records what is done in a browser that *engine* opens, until its last page is closed or `stop` is called.

    *acts* are the steps so far; *tell* hears of each as it is known.
    """

    engine: Engine
    tell: Callable[[Act], object]
    acts: list[Act] = field(default_factory=list)
    headers: Headers | None = None
    """What goes with what is asked of the sites of the settings."""
    _told: asyncio.Queue[tuple[Any, ...] | None] = field(default_factory=asyncio.Queue)
    _tabs: dict[Page, _Tab] = field(default_factory=dict)
    _front: _Tab | None = None
    _acted_s: float = 0.0
    _seen: frozenset[str] = frozenset()
    """The headings that the last step met: what is new since is what it led to."""
    _words: str = ""
    """All that stood there then."""

    def stop(self) -> None:
        """Take no further step."""
        self._told.put_nowait(None)

    async def record(self, url: str) -> None:
        """
        Open *url*, and take in what is done from there.

        Raises:
            RobotBroken: There is no browser, it does not start, or the page cannot be opened.
        """
        context = await self.engine.new_context()
        try:
            with spoken(context.browser):
                await self._arm(context)
                page = await context.new_page()
                if self.headers is not None:
                    await self.headers.go_with(context)
                await self._opened(page)
            await self._open(page, url, context)
            while (told := await self._told.get()) is not None:
                does, *what = told
                # What was done before is not lost with a page that went away, or with the browser.
                with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(context.browser):
                    await does(*what)
            self._look_back()
            self._tell_fill()
        except (Gone, TooLong) as exc:
            raise browser_ended() from exc
        finally:
            with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(context.browser):
                await context.close()
            self.engine.left(context)

    async def _arm(self, context: BrowserContext) -> None:
        await context.expose_binding("__prober_act", self._hear)
        await context.add_init_script(_RECORDER)
        context.on("page", self._began)
        context.on("close", lambda _: self.stop())

    def _hear(self, source: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        self._told.put_nowait((self._acted, source["page"], source["frame"], told))

    def _began(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self._told.put_nowait((self._moved, page, frame)))
        page.on("dialog", lambda dialog: self._told.put_nowait((self._asked, page, dialog)))
        page.on("download", lambda download: self._told.put_nowait((self._fetched, download)))
        page.on("close", lambda _: self._told.put_nowait((self._closed, page)))
        self._told.put_nowait((self._opened, page))

    async def _open(self, page: Page, url: str, context: BrowserContext) -> None:
        try:
            with spoken(context.browser):
                await page.goto(url, timeout=_GO_S * 1000)
        except (TooLong, NotFetched) as exc:
            why = exc.code if isinstance(exc, NotFetched) else "it did not load"
            raise RobotBroken(
                f"{url} cannot be opened: {why}", cure="Open it in a browser of this machine, and check channels.web."
            ) from exc
        self._note(Act("open", url))

    async def _opened(self, page: Page) -> None:
        if page in self._tabs:
            return
        wire = await page.context.new_cdp_session(page)
        wire.on("Page.javascriptDialogClosed", lambda told: self._told.put_nowait((self._answered, page, told)))
        await wire.send("Page.enable")
        self._tabs[page] = self._front = _Tab(page, wire, await _place(wire))

    async def _closed(self, page: Page) -> None:
        gone = self._tabs.pop(page, None)
        if not self._tabs:
            self.stop()
        elif gone is self._front:
            self._front = next(reversed(self._tabs.values()))

    async def _moved(self, page: Page, frame: Frame) -> None:
        """Note where a person went by the address bar, or back; where the page led to, it does again by itself."""
        tab = self._tabs.get(page)
        if tab is None or frame is not page.main_frame:
            return
        history = await tab.wire.send("Page.getNavigationHistory")
        place, before = history["currentIndex"], tab.place
        entry = history["entries"][place]
        if entry["url"] == _BLANK:
            return
        tab.place, tab.frame = place, None
        if before < 0 or not self.acts:
            return
        if place < before and monotonic() - self._acted_s > _LED_S:
            await self._go_to(tab, page.main_frame)
            self._step(tab, Act("back"))
        elif place > before and entry["transitionType"] in _TYPED:
            self._front = tab
            self._step(tab, Act("open", entry["url"]))

    async def _asked(self, page: Page, dialog: Dialog) -> None:
        if tab := self._tabs.get(page):
            tab.asks = dialog.type

    async def _answered(self, page: Page, told: Mapping[str, Any]) -> None:
        tab = self._tabs.get(page)
        if tab is None or tab.asks in ("", "beforeunload"):
            return
        typed = told.get("userInput", "") if tab.asks == "prompt" and told["result"] else ""
        tab.asks = ""
        self._note(Act("dialog", "accept" if told["result"] else "dismiss", typed))

    async def _fetched(self, download: Download) -> None:
        """Take the click that led to a file for a download."""
        last = self.acts[-1]
        if last.verb == "click":
            self.acts[-1] = replace(last, verb="download", value=download.suggested_filename)
            self.tell(self.acts[-1])

    async def _acted(self, page: Page, frame: Frame, told: Mapping[str, Any]) -> None:
        tab = self._tabs.get(page)
        if tab is None:
            return
        if told["kind"] == "shown":
            tab.headings = dict(told["headings"])
            return
        if frame is page.main_frame and "headings" in told:
            tab.headings, tab.words = dict(told["headings"]), told["words"]
        act = Act(
            told["kind"],
            told.get("name", ""),
            told.get("value", ""),
            told.get("in", ""),
            secret=told.get("secret", False),
            once=told.get("once", False),
            checked=told.get("checked", True),
        )
        self._acted_s = monotonic()
        last = self.acts[-1] if self.acts else act
        if act.verb == "fill" and replace(last, value=act.value) == act:
            self.acts[-1] = act  # the same field, a letter more
            return
        await self._go_to(tab, frame)
        self._step(tab, act)

    async def _go_to(self, tab: _Tab, frame: Frame) -> None:
        """Be where the person is: in another tab, or in a frame."""
        if self._front is not None and tab is not self._front:
            self._look_back()
            self._front, self._seen = tab, frozenset(tab.headings)
            self._step(tab, Act("tab", await tab.page.title() or tab.page.url))
        of = None if frame is tab.page.main_frame else frame
        if of is not tab.frame:
            tab.frame = of
            name = _TOP if of is None else await (await of.frame_element()).evaluate(_FRAME) or urlsplit(of.url).path
            self._step(tab, Act("frame", name))

    def _step(self, tab: _Tab, act: Act) -> None:
        self._look_back()
        self._note(act)
        self._seen, self._words = frozenset(tab.headings), tab.words

    def _look_back(self) -> None:
        """Note what the step before led to: a heading that was not there, so that the scenario waits for it."""
        if self._front is None or not self.acts:
            return
        new = next((one for one in self._front.headings if one not in self._seen), None)
        last = self.acts[-1]
        if new is None or last.verb in ("see", "fill") or (last.value and last.verb in ("open", "back")):
            return
        self._seen = frozenset(self._front.headings)
        if last.verb in ("open", "back"):
            self.acts[-1] = replace(last, value=new)
        else:
            # What stood there before, as in the link that led here, would be seen at once: it is sought in the heading.
            sole = self._front.headings[new] if new in self._words else ""
            self._note(Act("see", value=new, inside=f"css:{sole}" if sole else ""))

    def _note(self, act: Act) -> None:
        self._tell_fill()
        self.acts.append(act)
        if act.verb != "fill":
            self.tell(act)

    def _tell_fill(self) -> None:
        """Tell of a field once all its letters are there."""
        if self.acts and self.acts[-1].verb == "fill":
            self.tell(self.acts[-1])


async def _place(wire: Any) -> int:
    """Return where in its history a page is; -1 before its first address."""
    history = await wire.send("Page.getNavigationHistory")
    place: int = history["currentIndex"]
    return -1 if history["entries"][place]["url"] in ("", _BLANK) else place
