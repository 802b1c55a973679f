"""The robot that plays now, and those of before a change, until their last run is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prober.app.robot import App
from prober.app.work import Work
from prober.channels.base import Driver
from prober.store.store import Store

FAREWELL_S = 1.5
"""How long a run that is interrupted has to hang up, and as long again to close: stopping takes 10 s in all."""


@dataclass(eq=False)
class _Robot:
    app: App
    runs: int = 0


class Robots:
    """Plays by the *work* of the moment. A run goes on by what it began with; its robot is closed after its last."""

    def __init__(self, work: Work, store: Store, *, drivers: Mapping[str, Driver] | None = None) -> None:
        self.work = work
        self._store = store
        self._drivers = drivers
        self._present = self._made(work)
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[App]:
        """Return the robot of the moment, which stays open inside."""
        robot = self._present
        robot.runs += 1
        try:
            yield robot.app
        finally:
            robot.runs -= 1
            self._close_if_over(robot)

    @property
    def runs(self) -> int:
        """How many runs the present robot plays."""
        return self._present.runs

    def take(self, work: Work) -> None:
        """Work by *work* from now on, with a new robot where runs are played differently."""
        before, self.work = self.work, work
        if work.plays_as(before):
            return
        old, self._present = self._present, self._made(work)
        self._close_if_over(old)

    async def close(self) -> None:
        """End everything any of them started."""
        await asyncio.gather(self._present.app.close(), *self._closing, return_exceptions=True)

    def _made(self, work: Work) -> _Robot:
        app = App(work.settings, work.prompts, store=self._store, drivers=self._drivers, farewell_s=FAREWELL_S)
        return _Robot(app)

    def _close_if_over(self, robot: _Robot) -> None:
        if robot is not self._present and not robot.runs:
            closing = asyncio.ensure_future(robot.app.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
