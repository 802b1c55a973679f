"""The dead man's switch: an outside address that is called as long as the robot can probe and tell people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from prober.loading.config_service import DeadManSettings
from prober.metrics import Figures, table

_PATIENCE_S = 10.0
_LOOK_S = 5.0
"""How soon it is called again after the robot was not able: who watches it is waiting."""


class DeadMan:
    """
    Calls the address while *able*, and does not while not; who watches it tells people when the calls cease.

    A call that fails is a figure and, once, a sentence: it says nothing of any channel. The address is a secret.
    """

    def __init__(
        self,
        settings: DeadManSettings,
        figures: Figures,
        *,
        able: Callable[[], bool],
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._settings, self._figures = settings, figures
        self._able, self._say = able, say
        self._failing = False

    async def run(self) -> None:
        """Call until cancelled."""
        async with httpx.AsyncClient(timeout=_PATIENCE_S, follow_redirects=True) as client:
            while True:
                if self._able():
                    self._note(await self._call(client))
                    await asyncio.sleep(self._settings.every)
                else:
                    await asyncio.sleep(min(self._settings.every, _LOOK_S))

    async def _call(self, client: httpx.AsyncClient) -> str:
        """Call, and return why that failed; "" if it did not."""
        try:
            answer = await client.get(self._settings.url)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return type(exc).__name__  # what it says may hold the address
        return "" if answer.is_success else f"it answers {answer.status_code}"

    def _note(self, failure: str) -> None:
        self._figures.count(table.DEAD_MAN, "failed" if failure else "answered")
        if failure and not self._failing:
            self._say(f"the dead man's switch cannot be called: {failure}; look at serve.dead_man and the way out")
        elif self._failing and not failure:
            self._say("the dead man's switch answers again")
        self._failing = bool(failure)
