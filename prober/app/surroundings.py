"""What stands around the schedule: figures, traces, vital signs, the robot's door, and who is told of incidents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from prober.app.news import About, Mood, News, Tell
from prober.app.sources import Sources
from prober.app.telling import Telling
from prober.app.watch import Watch
from prober.app.work import Work
from prober.model.probe import Start
from prober.runner import Sink

if TYPE_CHECKING:
    from prober.app.serving import Serving


class Surroundings:
    """Everything that serves beside the schedule, made anew where its settings change."""

    def __init__(self, serving: Serving, tell: Tell) -> None:
        self._serving = serving
        self._tell = tell
        store, work = serving.store, serving.work
        sources = Sources(
            beat=store.beat,
            incidents=store.incidents,
            open_incidents=partial(store.incidents.find, open_only=True, limit=None),
            alarms=store.alarms.counts,
            tickets=lambda: store.tickets.counts([one.name for one in serving.work.settings.tickets]),
            unheard=store.alarms.unheard,
            untold=lambda: self.telling.trouble,
            stumbled=lambda: self.telling.stumbled,
            queued=lambda: serving.admission.queue,
            unwritten=lambda: store.unwritten,
            leads=lambda: serving.leads,
            told=serving.changed,
        )
        self.telling = Telling(work.settings, store)
        self.watch = Watch(work.settings, work.probes, sources, check=self._check, say=self._say, opened=self._opened)

    @property
    def watchers(self) -> Sequence[Sink]:
        """Who hears of every run."""
        return self.watch.watchers

    def started(self, late_s: float) -> None:
        """Note how late a start was."""
        self.watch.started(late_s)

    def missed(self, start: Start) -> None:
        """Note a start that was missed."""
        self.watch.missed(start)

    def wake(self) -> None:
        """Have it told that an incident changed."""
        self.telling.wake()

    def take(self, work: Work) -> None:
        """Go on by *work*."""
        self.watch.take(work.settings, work.probes)
        self.telling.take(work.settings)

    async def run(self) -> None:
        """Serve until cancelled."""
        tasks = [asyncio.create_task(part.run()) for part in (self.watch, self.telling)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Send what is still to be sent."""
        await self.watch.close()

    async def _check(self, channel: str) -> str:
        async with self._serving.robots.one() as app:
            return await app.self_check(channel)

    def _say(self, sentence: str) -> None:
        self._tell(News(About.TROUBLE, self._serving.work.mask(sentence), Mood.ERROR))

    def _opened(self, address: str) -> None:
        self._tell(News(About.DOOR, f"tells how it is at {address}", facts={"address": address}))
