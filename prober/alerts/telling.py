"""From stored changes to what people were told: the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from prober.alerts import routes
from prober.alerts.base import Around
from prober.alerts.delivering import Delivering
from prober.alerts.tickets import Desk
from prober.errors import StoreBroken
from prober.model.alarm import Alarm, Delivery, Way
from prober.model.incident import Incident

LOOK = timedelta(seconds=15)
"""How often changes are looked for: no event tells one process of what another wrote."""
_AGAIN = timedelta(seconds=5)
_HORIZON = timedelta(days=2)
_GOODBYE_S = 3.0
_TICKETS = "tickets, which no way is called"


class Alerts:
    """
    Tells people of incidents: each alarm is stored before it is sent, and tried until it is taken.

    A way that is slow or dead holds up no other.
    """

    def __init__(self, ways: Iterable[Way], around: Around, desk: Desk | None = None) -> None:
        self._ways = {way.name: way for way in ways}
        self._incidents, self._outbox, self._maintenance = around.incidents, around.outbox, around.maintenance
        self._now, self._mask = around.now, around.writer.mask
        self._desk = desk
        self._delivering = Delivering(self._ways, around)
        self._woken = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._settled: set[str] = set()
        self._store_trouble = ""
        self._held_up: dict[str, str] = {}  # the lanes that the store kept from their work
        self._stumbled: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """What keeps all alarms from being told now; "" if nothing does."""
        keeping = (self._delivering.trouble, self._desk.trouble if self._desk else "")
        every_one = self.stumbled if self._ways.keys() <= self._stumbled.keys() else ""
        return next(filter(None, (self._store_trouble, *keeping, *self._held_up.values(), every_one)), "")

    @property
    def stumbled(self) -> str:
        """Which ways, tickets among them, the robot stumbles over, and how; "" if none."""
        return "; ".join(self._stumbled.values())

    def wake(self) -> None:
        """Look at once whether there is something to tell."""
        self._woken.set()

    async def run(self) -> None:
        """Tell, until cancelled; what is being sent then has a few seconds to end."""
        try:
            while True:
                self._woken.clear()
                again_in = await self.look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(again_in.total_seconds()):
                        await self._woken.wait()
        finally:
            await self._leave()

    async def look(self) -> timedelta:
        """
        Store what is to be told now, begin to send what is due, and return how soon to look again.

        No instant is returned: while this looks, the clock may be set, and an instant would lie hours ahead.
        """
        now = self._now()
        try:
            times = await self._planned(now)
            due = dict(await asyncio.to_thread(self._outbox.due, now))
            tickets_at = await asyncio.to_thread(self._desk.next_at) if self._desk else None
            self._store_trouble = ""
        except StoreBroken as broken:
            self._store_trouble = str(broken)
            return _AGAIN
        self._over({**due, _TICKETS: tickets_at} if tickets_at else due, now)
        for name in (name for name, due_at in due.items() if due_at <= now):
            self._begin(name, partial(self._delivering.deliver, name))
        if self._desk and tickets_at and tickets_at <= now:
            self._begin(_TICKETS, self._desk.work)
        later = [at - now for at in (*times, *due.values(), tickets_at) if at is not None and at > now]
        return min([LOOK, *later])

    async def settle(self) -> None:
        """Look and send until nothing more is due."""
        while True:
            await self.look()
            if not self._lanes:
                return
            await asyncio.wait(self._lanes.values())
            await asyncio.sleep(0)  # in which those that ended are taken out

    async def _planned(self, now: datetime) -> list[datetime]:
        """Store what is to be told, and return the instants at which more will be."""
        found = await asyncio.to_thread(self._incidents.find, since=now - _HORIZON, limit=None)
        incidents = [
            one
            for one in found
            if one.id not in self._settled and not routes.in_maintenance(one, self._maintenance, now)
        ]
        told = await asyncio.to_thread(self._outbox.of, [one.id for one in incidents])
        times = [await self._plan(one, told.get(one.id, []), now) for one in incidents]
        if self._desk is not None:
            await self._desk.plan(incidents, now)
        return [at for at in times if at is not None]

    async def _plan(self, incident: Incident, told: list[Alarm], now: datetime) -> datetime | None:
        plan = routes.plan(incident, told, self._ways.values(), now)
        if plan.alarms:
            await self._outbox.make(plan.alarms, now)
        elif incident.closed_at is not None and plan.next_at is None and all(map(_is_over, told)):
            self._settled.add(incident.id)
        return plan.next_at

    def _over(self, open_: Mapping[str, datetime], now: datetime) -> None:
        """Forget the trouble of what another robot did meanwhile, by when something is next *open_* in each lane."""
        # What the store kept from being claimed is due still, unless another has it; what the robot stumbled over is
        # its own for a while, and is due then.
        for name in self._held_up.keys() - self._lanes.keys() - {lane for lane, at in open_.items() if at <= now}:
            del self._held_up[name]
        for name in self._stumbled.keys() - self._lanes.keys() - open_.keys():
            del self._stumbled[name]

    def _begin(self, name: str, work: Callable[[], Awaitable[bool]]) -> None:
        """Let *work* begin, unless it is under way."""
        if name not in self._lanes:
            self._lanes[name] = lane = asyncio.create_task(self._lane(name, work))
            lane.add_done_callback(lambda _: self._lanes.pop(name, None))

    async def _lane(self, name: str, work: Callable[[], Awaitable[bool]]) -> None:
        try:
            if await work():
                self.wake()  # for what became of it may call for more
            self._held_up.pop(name, None)
            self._stumbled.pop(name, None)
        except StoreBroken as broken:
            self._held_up[name] = str(broken)
        except Exception as exc:  # noqa: BLE001 - else nobody would see why this way tells nobody anything
            self._stumbled[name] = self._mask(f"{name}: {type(exc).__name__}: {exc}")

    async def _leave(self) -> None:
        lanes = list(self._lanes.values())
        if lanes:
            await asyncio.wait(lanes, timeout=_GOODBYE_S)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)


def _is_over(alarm: Alarm) -> bool:
    return alarm.state in (Delivery.SENT, Delivery.NEEDLESS)
