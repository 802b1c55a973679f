"""The robot checks each channel against its own reference target, again and again, though no run is in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prober.app import signs
from prober.app.signs import Sign
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.metrics import Figures, table

_AGAIN_S = 30.0
"""How soon a channel that failed is checked again."""

_CONFIRM_S = 10.0
"""How long after a failure it is confirmed: a machine that has just started something is slow for a while."""

SelfCheck = Callable[[], Awaitable[str]]
"""Says what worked, or raises RobotBroken."""


class SelfChecks:
    """Checks every channel each *every_s*, one after another and evenly spread: a check is a load of its own."""

    confirm_s = _CONFIRM_S

    def __init__(
        self, checks: Mapping[str, SelfCheck], every_s: float, figures: Figures, *, now_s: Callable[[], float]
    ) -> None:
        self._checks = checks
        self._every_s = every_s
        self._figures = figures
        self._now_s = now_s
        self._told: dict[str, str | RobotBroken | None] = dict.fromkeys(checks)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What the last check of each channel said."""
        blind = not any(isinstance(told, str) for told in self._told.values())
        return tuple(signs.self_check(channel, told, blind=blind) for channel, told in self._told.items())

    @property
    def complete(self) -> bool:
        """Whether every channel was checked."""
        return None not in self._told.values()

    async def run(self, changed: Callable[[], None]) -> None:
        """Check until cancelled, at once for the first time; *changed* is called after each."""
        first = True
        while self._checks:
            for channel in self._checks:
                if not first:
                    await asyncio.sleep(self._pause_s() / len(self._checks))
                await self.check(channel)
                changed()
            first = False
        await asyncio.Event().wait()

    async def check(self, channel: str) -> None:
        """Check *channel*; a failure is confirmed by a second check, unless the last one failed, too."""
        began_s = monotonic()
        told = await self._tried(channel)
        if isinstance(told, RobotBroken) and not isinstance(self._told[channel], RobotBroken):
            await asyncio.sleep(self.confirm_s)
            began_s = monotonic()
            told = await self._tried(channel)
        self._told[channel] = told
        self._figures.set(table.SELF_CHECK, isinstance(told, str), channel)
        self._figures.set(table.SELF_CHECK_AT, self._now_s(), channel)
        self._figures.set(table.SELF_CHECK_TOOK, monotonic() - began_s, channel)

    async def _tried(self, channel: str) -> str | RobotBroken:
        try:
            return await self._checks[channel]()
        except RobotBroken as broken:
            return broken

    def _pause_s(self) -> float:
        failing = any(isinstance(told, RobotBroken) for told in self._told.values())
        return min(self._every_s, _AGAIN_S) if failing else self._every_s
