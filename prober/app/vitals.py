"""The robot watches itself: self-checks, clock, disk, memory, loop, starts, queues, store and alarms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from prober.app import signs
from prober.app.lately import Counts, Worst
from prober.app.robot_incidents import RobotIncidents
from prober.app.self_checks import SelfChecks
from prober.app.signs import Sign
from prober.app.sources import Seen, Sources, read
from prober.channels.timing import LoopLag, monotonic
from prober.errors import RobotBroken
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures, table
from prober.model.incident import Incident
from prober.model.probe import Start

_EVERY_S = 10.0
_SILENT_S = 60.0
"""Signs that are older are worth nothing."""
_PATIENCE_S = 15.0
"""How long the store is waited for: longer than it waits for a lock."""


class Vitals:
    """
    Looks at every sign every ten seconds while `run` is awaited; who asks gets what was seen last.

    What is unwell, and is the robot's own fault, becomes a robot incident, as long as this robot leads.
    """

    def __init__(
        self,
        settings: ServeSettings,
        figures: Figures,
        sources: Sources,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._settings, self._figures, self._sources = settings, figures, sources
        self._now, self._clock_s = now, clock_s
        self._checks = SelfChecks(
            sources.checks, settings.self_check.every, figures, now_s=lambda: self._now().timestamp()
        )
        self._incidents = RobotIncidents(sources.incidents, now) if sources.incidents else None
        self._lag: LoopLag | None = None
        self._between_s = self._difference_s()
        self._worst = {kind: Worst(clock_s) for kind in ("clock", "loop", "starts")}
        self._missed = Counts(clock_s)
        self._looked_s: float | None = None
        self._seen: tuple[Sign, ...] = ()
        self._awake = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        self._lag = LoopLag(asyncio.get_running_loop())
        checking = asyncio.create_task(self._checks.run(self._awake.set))
        try:
            while True:
                await self.look()
                self._awake.clear()
                await _either(self._awake.wait(), checking, at_most_s=_EVERY_S)
        finally:
            self._lag.close()
            checking.cancel()
            await asyncio.gather(checking, return_exceptions=True)

    async def look(self) -> None:
        """Look at every sign once, tell the figures, and open or close incidents."""
        (took_s, broken), seen = await asyncio.gather(self._beat(), self._read())
        if isinstance(seen, RobotBroken):
            broken, seen = broken or seen, Seen()
        self._seen = (
            *self._of_robot(),
            *((signs.probes(seen.silent, self._sources.probes()),) if seen.silent is not None else ()),
            *self._of_machine(seen),
            *self._of_store(took_s, broken),
            *self._of_alarms(seen),
        )
        self._looked_s = self._clock_s()
        seen.tell(self._figures)
        self.figure()
        await self._incident(seen.incidents)

    def started(self, lateness_s: float) -> None:
        """Note that a planned start was made, and how late; the figures are told."""
        self._figures.observe(table.LATENESS, max(0.0, lateness_s))
        self._worst["starts"].note(lateness_s)

    def missed(self, start: Start) -> None:
        """Note that a planned start was not made; the figures are told."""
        self._figures.missed(start)
        if start.missed:
            self._missed.note(start.missed.name.lower(), start.count)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What was seen last; and that this is long ago, if it is."""
        silent_s = self._silent_s()
        stale = (signs.unwatched(silent_s),) if silent_s > _SILENT_S else ()
        return (*stale, *self._checks.signs, *self._seen)

    @property
    def well(self) -> bool:
        """Whether every sign has been seen, and none is unwell."""
        return self._complete and all(sign.well is not False for sign in self.signs)

    @property
    def able(self) -> bool:
        """
        Whether it can probe and tell people: every sign has been seen, and none says that it cannot do so at all.

        What else is unwell is told as any incident. Were the dead man's switch silent for that, nobody would hear of
        the robot's end while a single probe or a system of tickets is out of order.
        """
        return self._complete and not any(sign.grave for sign in self.signs)

    @property
    def _complete(self) -> bool:
        return self._looked_s is not None and self._checks.complete

    @property
    def leads(self) -> bool:
        """Whether this robot keeps the schedule."""
        return self._sources.leads()

    def figure(self) -> None:
        """Tell the figures how it is now: whoever asks for them is to see, too, that nobody has looked for long."""
        silent = self._silent_s() > _SILENT_S
        self._figures.set(table.UP, self.well)
        self._figures.set(table.LEADER, self.leads)
        judged = {sign.name: sign.well for sign in self.signs if sign.well is not None} | {"watch": not silent}
        self._figures.keep(table.SIGN, "sign", judged)
        for name, well in judged.items():
            self._figures.set(table.SIGN, well, name)

    def _silent_s(self) -> float:
        """Return how long ago anybody looked; 0 before the first time."""
        return self._clock_s() - self._looked_s if self._looked_s is not None else 0.0

    async def _incident(self, still_open: Sequence[Incident] | None) -> None:
        """Let what is unwell become an incident; a robot that stands by leaves that to the one that leads."""
        if self._incidents is None:
            return
        if not self._sources.leads():
            self._incidents.stand_by(self.signs)
            return
        told = await self._incidents.tell(self.signs, still_open)
        settled = await self._incidents.settle(still_open or (), self.signs)
        if told or settled:
            self._sources.told()

    async def _beat(self) -> tuple[float, RobotBroken | None]:
        """Return how long a write took, and why it was not made."""
        if self._sources.beat is None:
            return 0.0, None
        began_s = monotonic()
        broken = None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._sources.beat()
        except RobotBroken as refused:
            broken = refused
        except TimeoutError:
            broken = RobotBroken(f"a write was not done in {_PATIENCE_S:g} s", cure="Look at the disk of the database.")
        else:
            self._figures.observe(table.STORE_WRITE, monotonic() - began_s)
        return monotonic() - began_s, broken

    async def _read(self) -> Seen | RobotBroken:
        try:
            return await asyncio.to_thread(read, self._sources)
        except RobotBroken as broken:
            return broken

    def _of_robot(self) -> tuple[Sign, ...]:
        lag_s = self._lag.worst_s() if self._lag else 0.0
        self._figures.set(table.LOOP_LAG, lag_s)
        self._worst["loop"].note(lag_s)
        found = [
            signs.loop(self._worst["loop"].value),
            signs.starts(self._worst["starts"].value, self._missed.value),
        ]
        if self._sources.queued:
            waiting = self._sources.queued()
            for channel, number in waiting.items():
                self._figures.set(table.QUEUED, number, channel)
            found.append(signs.queue(waiting))
        return (signs.role(self._sources.leads()), *found)

    def _of_machine(self, seen: Seen) -> tuple[Sign, ...]:
        between_s = self._difference_s()
        drift_s, self._between_s = between_s - self._between_s, between_s
        self._figures.set(table.CLOCK_DRIFT, drift_s)
        self._worst["clock"].note(drift_s)
        limit = self._settings.disk_free
        return (
            *(signs.disk(place, disk, limit) for place, disk in seen.disks.items()),
            signs.memory(seen.memory),
            signs.clock(self._worst["clock"].value, self._settings.clock_drift),
            signs.synchronisation(seen.synchronised),
        )

    def _of_store(self, took_s: float, broken: RobotBroken | None) -> tuple[Sign, ...]:
        waiting = self._sources.unwritten()
        self._figures.set(table.STORE_QUEUE, waiting)
        return (signs.store(took_s, waiting, broken),) if self._sources.beat or broken else ()

    def _of_alarms(self, seen: Seen) -> tuple[Sign, ...]:
        if seen.alarms is None:
            return ()
        untold, stumbled = self._sources.untold(), self._sources.stumbled()
        return (signs.alarms(seen.alarms, seen.tickets, untold=untold, stumbled=stumbled, unheard=seen.unheard),)

    def _difference_s(self) -> float:
        return self._now().timestamp() - self._clock_s()


async def _either(waking: Awaitable[object], task: asyncio.Task[None], *, at_most_s: float) -> None:
    """Wait for *waking*, *at_most_s* at most; what *task* raises is raised."""
    woken = asyncio.ensure_future(waking)
    try:
        await asyncio.wait((woken, task), timeout=at_most_s, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
    finally:
        woken.cancel()
