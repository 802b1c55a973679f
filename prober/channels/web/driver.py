"""Opens the sessions of the web channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from prober.channels.base import RunContext
from prober.channels.web.barriers import Barrier
from prober.channels.web.config import Settings
from prober.channels.web.darkroom import Darkroom
from prober.channels.web.engine import BrowserContext, Engine, Gone, NotFetched, TooLong, browser_ended
from prober.channels.web.headers import Headers
from prober.channels.web.recording import Recording
from prober.channels.web.reference import proxy_answers, reference_page, visit
from prober.channels.web.session import WebSession
from prober.channels.web.traces import Traces
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.model.trace import traceparent

_CHECK_S = 8.0


class WebDriver:
    """One browser, started with the first run and shared; each run gets a window of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = Engine(settings)
        self._headers = Headers(settings)
        self._darkroom = Darkroom()

    async def open(self, run: RunContext) -> WebSession:
        """
        Open a window whose pages are watched from their first moment.

        Raises:
            RobotBroken: There is no browser, or it does not start.
        """
        recording = Recording(self._settings)
        try:
            window = await self._window(recording, self._marks(run.run_id))
        except BaseException:
            recording.discard()
            raise
        return WebSession(run, window, self._settings, recording=recording, darkroom=self._darkroom)

    def _marks(self, run_id: str) -> dict[str, str]:
        """Return the headers by which the site's own logs and traces know the run."""
        marks = {self._settings.probe_header: run_id} if self._settings.probe_header else {}
        return marks | ({"traceparent": traceparent(run_id)} if self._settings.traceparent else {})

    async def _window(self, recording: Recording | None = None, marks: Mapping[str, str] | None = None) -> Window:
        try:
            har = recording.har if recording is not None else None
            context = await self._engine.new_context(har, waits=recording is not None)
            mine = self._settings
            left = partial(self._left, context)
            window = Window(
                context,
                left,
                proxied=bool(mine.proxy),
                lenient=mine.ignore_https_errors,
                barriers=tuple(Barrier.of(name, sign) for name, sign in mine.barriers.items()),
            )
            try:
                await self._prepare(window, recording, self._engine.traces_of(context))
                await self._headers.go_with(context, marks)
            except BaseException:  # or it would stay in the shared browser, and record
                await window.close()
                raise
        except (Gone, TooLong) as exc:
            raise browser_ended() from exc
        return window

    def _left(self, context: BrowserContext) -> None:
        self._headers.left(context)
        self._engine.left(context)

    async def _prepare(self, window: Window, recording: Recording | None, traces: Traces | None) -> None:
        if recording is not None:
            await recording.start(window, traces)
        await window.arm()
        if recording is not None:
            await self._darkroom.open(window.browser)

    async def self_check(self) -> str:
        """
        Open, read and click a page of this very machine in the same browser, and say how long it took.

        Raises:
            RobotBroken: The proxy does not answer, or the browser does not manage one of them.
        """
        if self._settings.proxy:
            await proxy_answers(self._settings.proxy)
        window: Window | None = None
        try:
            async with asyncio.timeout(_CHECK_S), reference_page() as url:
                window = await self._window()
                took_s = await visit(window, url)
        except (Gone, TooLong, NotFetched, TimeoutError) as exc:
            raise RobotBroken(
                f"the browser does not even open a page of this very machine in {_CHECK_S:g} s",
                cure="Look at the load and memory of this machine; the next run may start a new browser.",
            ) from exc
        finally:
            if window is not None:
                await window.close()
        return f"a page on 127.0.0.1 was opened, read and clicked in {took_s:.2f} s, in the same browser"

    async def close(self) -> None:
        """End the browser. Safe to call twice."""
        await self._engine.close()
