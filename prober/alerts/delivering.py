"""From the outbox to people: what is due by one way becomes one message."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from prober.alerts import routes
from prober.alerts.base import FOR_GOOD, LEASE, Around, Keeping, RefusedForGood, again_at
from prober.alerts.sending import Sender
from prober.alerts.words import News
from prober.errors import RobotBroken, StoreBroken
from prober.model.alarm import FAILED_AFTER, MAYBE, Alarm, Delivery, Way, Words, last_change
from prober.model.incident import Incident


class Delivering(Keeping):
    """Sends what is due; what is told is how things stand when it is sent, not how they stood when it was due."""

    def __init__(self, ways: Mapping[str, Way], around: Around) -> None:
        self._ways = ways
        self._incidents, self._outbox, self._maintenance = around.incidents, around.outbox, around.maintenance
        self._now, self._writer, self._sender = around.now, around.writer, Sender(around.texter)

    async def deliver(self, name: str) -> bool:
        """
        Send what is due by the way called *name*, and return whether anything was.

        Raises:
            StoreBroken: The store kept it from that; nothing was told.
        """
        now = self._now()
        claimed = await self._outbox.claim(name, now, now + LEASE)
        if claimed:
            await self._told(name, claimed, now)
        return bool(claimed)

    async def _told(self, name: str, claimed: Sequence[Alarm], now: datetime) -> None:
        way = self._ways.get(name)
        if way is None:
            error = "config.yaml has no such way any more"
            await self._keep([replace(one, state=Delivery.NEEDLESS, error=error) for one in claimed])
            return
        try:
            incidents, told = await asyncio.to_thread(self._read, sorted({one.incident_id for one in claimed}))
        except StoreBroken:
            await self._keep(claimed)  # as they were: nothing was told
            raise
        sorted_out = [self._sorted_out(one, incidents.get(one.incident_id), way, told, now) for one in claimed]
        rest = [one for one, kept in zip(claimed, sorted_out, strict=True) if kept is None]
        await self._keep([kept for kept in sorted_out if kept is not None])
        if rest:
            await self._send(way, rest, incidents, told)

    def _read(self, ids: Sequence[str]) -> tuple[dict[str, Incident], dict[int, Alarm]]:
        found = {one: self._incidents.get(one) for one in ids}
        told = {alarm.id: alarm for alarms in self._outbox.of(ids).values() for alarm in alarms}
        return {one: incident for one, incident in found.items() if incident is not None}, told

    def _sorted_out(
        self, alarm: Alarm, incident: Incident | None, way: Way, told: Mapping[int, Alarm], now: datetime
    ) -> Alarm | None:
        """Return *alarm* as it is kept if it is not to be told now: never, or later; None if it is."""
        if incident is None or routes.needless(alarm, incident, told, now):
            return replace(alarm, state=Delivery.NEEDLESS)
        until = routes.held_until(incident, way, now)
        if routes.in_maintenance(incident, self._maintenance, now):
            until = now + routes.HELD
        return replace(alarm, due_at=until) if until > now else None

    async def _send(
        self, way: Way, alarms: Sequence[Alarm], incidents: Mapping[str, Incident], told: Mapping[int, Alarm]
    ) -> None:
        news = _news(alarms, incidents, told)
        words = self._words(way, news)
        well = all(one.incident.closed_at is not None for one in news)
        try:
            await self._sender.send(way, words, well=well)
        except RobotBroken as broken:
            error = self._writer.mask(broken.what)
            failed = [_failed(one, words, error, self._now()) for one in alarms]
            if isinstance(broken, RefusedForGood):
                due_at = self._now() + FOR_GOOD
                failed = [replace(one, state=Delivery.FAILED, due_at=due_at) for one in failed]
            await self._keep(failed)
        else:
            at = self._now()
            await self._keep([_sent(one, words, incidents[one.incident_id], at) for one in alarms])

    def _words(self, way: Way, news: Sequence[News]) -> Words:
        if way.number:
            return self._writer.short(news, way.language)
        return self._writer.long(news, way.language, self._now())

    async def _keep(self, alarms: Sequence[Alarm]) -> None:
        if alarms:
            await self.kept(partial(self._outbox.save, alarms))


def _news(alarms: Sequence[Alarm], incidents: Mapping[str, Incident], told: Mapping[int, Alarm]) -> list[News]:
    """Return what is to be told of each incident, whatever the number of alarms."""
    of: defaultdict[str, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        of[alarm.incident_id].append(alarm)
    return [
        News(
            incidents[incident_id],
            reasons=tuple(one.reason for one in own),
            failed=tuple(dict.fromkeys(one.way for alarm in own if (one := told.get(alarm.instead_of or 0)))),
            again=any(MAYBE in one.error for one in own),
        )
        for incident_id, own in of.items()
    ]


def _sent(alarm: Alarm, words: Words, incident: Incident, at: datetime) -> Alarm:
    return replace(
        alarm,
        state=Delivery.SENT,
        sent_at=at,
        attempts=alarm.attempts + 1,
        error="",
        change_id=last_change(incident),
        title=words.title,
        text=words.text,
    )


def _failed(alarm: Alarm, words: Words, error: str, at: datetime) -> Alarm:
    attempts = alarm.attempts + 1
    if MAYBE in alarm.error and MAYBE not in error:
        error = f"{error}; {MAYBE}"  # before: nothing that failed since takes the doubt away
    return replace(
        alarm,
        state=Delivery.FAILED if attempts >= FAILED_AFTER else Delivery.WAITING,
        due_at=again_at(attempts, at),
        attempts=attempts,
        error=error,
        title=words.title,
        text=words.text,
    )
