"""The headers that go to the operator's own sites, and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from prober.channels.web.config import Settings
from prober.channels.web.engine import Browser, BrowserContext, Gone, TooLong, spoken
from prober.errors import RobotBroken

_TREE_S = 1.0


class Headers:
    """
    Adds headers to what pages ask of the sites of *settings*, where no page knows of it.

    As extra headers of the pages they would go to every site; there browsers first ask for leave (CORS), and fonts,
    modules and fetches of whoever does not know them are refused.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._browsers: WeakKeyDictionary[Browser, _Held] = WeakKeyDictionary()

    async def go_with(self, context: BrowserContext, marks: Mapping[str, str] | None = None) -> None:
        """
        Send them with what *context* asks, and *marks*, which are its own alone. It has a page, which asked nothing.

        Raises:
            Gone: The browser has ended.
        """
        browser = context.browser
        if not self._settings.sends_along or browser is None:
            return
        with spoken(browser):
            async with self._lock:
                if browser not in self._browsers:
                    self._browsers[browser] = await _Held.begun(browser, self._settings)
            if marks:
                await self._browsers[browser].mark(context, marks)

    def left(self, context: BrowserContext) -> None:
        """Know nothing more of *context*. Safe to call twice."""
        if context.browser is not None and (held := self._browsers.get(context.browser)):
            held.forget(context)


class _Held:
    """One browser, which holds each request to the sites back until its headers are added."""

    def __init__(self, wire: Any, browser: Browser, always: Mapping[str, str]) -> None:
        self._wire, self._browser, self._always = wire, browser, always
        self._marks: dict[str, tuple[BrowserContext, Mapping[str, str]]] = {}
        """By what the browser calls the context."""
        self._context_of: dict[str, str] = {}
        """By frame."""

    @classmethod
    async def begun(cls, browser: Browser, settings: Settings) -> _Held:
        # Playwright's own way, `route`, would do without the browser's cache.
        wire: Any = await browser.new_browser_cdp_session()
        held = cls(wire, browser, settings.headers)
        wire.on("Fetch.requestPaused", held.send_on)
        await wire.send("Fetch.enable", {"patterns": [{"urlPattern": f"{site}/*"} for site in settings.sites]})
        return held

    async def mark(self, context: BrowserContext, marks: Mapping[str, str]) -> None:
        wire = await context.new_cdp_session(context.pages[0])
        told = await wire.send("Target.getTargetInfo")
        await wire.detach()
        self._marks[told["targetInfo"]["browserContextId"]] = context, marks

    def forget(self, context: BrowserContext) -> None:
        self._marks = {name: marked for name, marked in self._marks.items() if marked[0] is not context}
        self._context_of = {frame: name for frame, name in self._context_of.items() if name in self._marks}

    async def send_on(self, event: Mapping[str, Any]) -> None:
        added = {**self._always, **await self._marks_of(event.get("frameId", ""))}
        names = {name.lower() for name in added}
        own = {name: value for name, value in event["request"]["headers"].items() if name.lower() not in names}
        headers = [{"name": name, "value": value} for name, value in {**own, **added}.items()]
        await self._ask("Fetch.continueRequest", requestId=event["requestId"], headers=headers)

    async def _marks_of(self, frame: str) -> Mapping[str, str]:
        if self._marks and frame not in self._context_of and (name := await self._found(frame)):
            self._context_of[frame] = name
        _, marks = self._marks.get(self._context_of.get(frame, ""), (None, {}))
        return marks

    async def _found(self, frame: str) -> str | None:
        """Return the context of *frame*: the browser knows that of a page, and only the page its frames."""
        if told := await self._ask("Target.getTargetInfo", targetId=frame):
            return str(told["targetInfo"]["browserContextId"])
        for name, (context, _) in list(self._marks.items()):
            if frame in await self._frames(context):
                return name
        return None

    async def _frames(self, context: BrowserContext) -> set[str]:
        """Return the frames that the pages of *context* have, as far as they say so in time."""
        found: set[str] = set()
        for page in context.pages:
            with suppress(Gone, TooLong, RobotBroken, TimeoutError):
                async with asyncio.timeout(_TREE_S):
                    with spoken(self._browser):
                        wire = await context.new_cdp_session(page)
                        trees = [(await wire.send("Page.getFrameTree"))["frameTree"]]
                        await wire.detach()
                for tree in trees:
                    found.add(tree["frame"]["id"])
                    trees.extend(tree.get("childFrames", []))
        return found

    async def _ask(self, method: str, **what: Any) -> Mapping[str, Any] | None:
        """Return the browser's answer; None where it has none, as of a frame that is no page's, or has ended."""
        with suppress(Gone, TooLong, RobotBroken), spoken(self._browser):
            told: Mapping[str, Any] = await self._wire.send(method, what)
            return told
        return None
