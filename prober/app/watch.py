"""The watch over the robot at work: figures, traces, vital signs, the robot's door and the dead man's switch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prober.app.asked import Asked
from prober.app.dead_man import DeadMan
from prober.app.health import Health
from prober.app.sources import Sources
from prober.app.vitals import Vitals
from prober.errors import RobotBroken
from prober.loading.config import Settings
from prober.metrics import Figures, table
from prober.model.probe import Probe, Start
from prober.runner import Sink
from prober.store.place import place_of
from prober.tracing import Traces

_AGAIN_S = 10.0


class Watch:
    """
    Watches over a robot that works by *settings* and plays *probes*.

    *check* checks a channel by its name; *sources* are all else there is to see. *say* hears sentences for a person,
    *opened* the address of the door.
    """

    def __init__(
        self,
        settings: Settings,
        probes: Collection[Probe],
        sources: Sources,
        *,
        check: Callable[[str], Awaitable[str]],
        say: Callable[[str], None],
        opened: Callable[[str], None],
    ) -> None:
        self.figures = Figures()
        self._sources, self._check, self._say, self._opened = sources, check, say, opened
        self._started_at = datetime.now(UTC)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = Asked(sources.leads)
        self._traces = Traces(settings.telemetry, counted=self._count_spans, say=self._say_on_loop)
        self._changed = asyncio.Event()
        self._settings, self._channels = settings, _channels(probes)
        self.vitals = self._made()
        self._watch(probes)

    @property
    def watchers(self) -> Sequence[Sink]:
        """Who hears of every run."""
        return (self.figures, self._traces, self._asked)

    def started(self, lateness_s: float) -> None:
        """Note how late a planned start was made."""
        self.vitals.started(lateness_s)

    def missed(self, start: Start) -> None:
        """Note a planned start that was not made."""
        self._asked.missed(start)
        self.vitals.missed(start)

    def take(self, settings: Settings, probes: Collection[Probe]) -> None:
        """Go on by other settings and probes. Where traces are sent is read once, when the robot starts."""
        self._watch(probes)
        before = self._settings.serve, self._settings.evidence, self._channels
        self._settings, self._channels = settings, _channels(probes)
        if (settings.serve, settings.evidence, self._channels) != before:
            for metric in (table.SIGN, table.DISK_FREE, table.SELF_CHECK, table.SELF_CHECK_AT, table.SELF_CHECK_TOOK):
                self.figures.clear(metric)
            self.vitals = self._made()
            self._changed.set()

    async def run(self) -> None:
        """
        Watch until cancelled.

        Raises:
            RobotBroken: The door cannot be opened where the settings say, at the first time.
        """
        self._loop = asyncio.get_running_loop()
        health = self._door()
        health.open()
        while True:
            self._changed.clear()
            try:
                await self._until_changed(health)
            except Exception as exc:  # noqa: BLE001 - what ails the watch must not end the robot; its signs grow old
                self._say(f"the watch over the robot stumbled, and begins anew: {exc!r}")
                await asyncio.sleep(_AGAIN_S)
            health = self._door()

    async def close(self) -> None:
        """Send the traces that wait, for 3 s at most; runs may end after `run` was cancelled."""
        await self._traces.close()

    async def _until_changed(self, health: Health) -> None:
        parts: list[Coroutine[Any, Any, Any]] = [self._changed.wait(), self.vitals.run()]
        try:
            self._opened(health.open())
            parts.append(health.serve())
        except RobotBroken as broken:
            self._say(f"the door stays shut: {broken}")
        if self._settings.serve.dead_man:
            dead_man = DeadMan(self._settings.serve.dead_man, self.figures, able=self._able, say=self._say)
            parts.append(dead_man.run())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            health.close()
        for task in done:
            task.result()

    def _watch(self, probes: Collection[Probe]) -> None:
        self.figures.probes(probes)
        self._asked.take(probes)

    def _made(self) -> Vitals:
        serve = self._settings.serve
        places = {"database": place_of(self._settings.store.url).file, "evidence": self._settings.evidence.path}
        watched = replace(
            self._sources,
            checks={channel: partial(self._check, channel) for channel in self._channels},
            places={name: place for name, place in places.items() if place},
            silent=self._asked.silent,
            probes=lambda: self._asked.number,
        )
        return Vitals(serve, self.figures, watched)

    def _door(self) -> Health:
        return Health(self._settings.serve, self.vitals, self.figures, started_at=self._started_at)

    def _able(self) -> bool:
        """Whether the dead man's switch is to be called; a robot that stands by would hide what ails the leader."""
        return self.vitals.able and self.vitals.leads

    def _count_spans(self, state: str, number: int) -> None:
        self.figures.count(table.SPANS, state, by=number)

    def _say_on_loop(self, sentence: str) -> None:
        if self._loop:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._say, sentence)


def _channels(probes: Collection[Probe]) -> tuple[str, ...]:
    """Return the channels that *probes* speak on."""
    return tuple(dict.fromkeys(channel for probe in probes for channel in probe.scenario.channels))
