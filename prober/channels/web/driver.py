"""Opens the sessions of the web channel."""

from __future__ import annotations

from prober.channels.base import RunContext
from prober.channels.web.config import Settings
from prober.channels.web.engine import Engine, Gone, TooLong, browser_ended
from prober.channels.web.session import WebSession
from prober.channels.web.window import Window


class WebDriver:
    """One browser, started with the first run and shared; each run gets a window of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = Engine(settings)

    async def open(self, run: RunContext) -> WebSession:
        """
        Open a window whose pages are watched from their first moment.

        Raises:
            RobotBroken: There is no browser, or it does not start.
        """
        try:
            window = Window(await self._engine.new_context())
            await window.arm()
        except (Gone, TooLong) as exc:
            raise browser_ended() from exc
        return WebSession(run, window, self._settings)

    async def close(self) -> None:
        """End the browser. Safe to call twice."""
        await self._engine.close()
