"""
Who is to be told what, and when: pure, of stored incidents, what was told of them, the ways and the time.

An alarm is made when its time has come, and again and again the same one: the outbox takes it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from prober.alerts.quiet import told_from
from prober.model.alarm import Alarm, Delivery, Reason, Way, last_change, severe
from prober.model.incident import Change, Happened, Incident, Kind

FOLD = timedelta(seconds=5)
"""Failures of one cause that come together are told together."""
GATHER = timedelta(minutes=1)
"""What joins an incident later is gathered this long,"""
APART = timedelta(minutes=10)
"""and told at least so long after the way was told of the incident before."""
FRESH = timedelta(hours=1)
"""An incident that nobody was told of is told though it is over, if it is over no longer than this."""
HELD = timedelta(minutes=1)
"""What is held back is looked at again so often: the incident may have become critical, or be over."""

_OPENING = (Reason.OPENED, Reason.ESCALATED)
_ON_ITS_WAY = (Delivery.WAITING, Delivery.SENDING)


@dataclass(frozen=True)
class Plan:
    """What is to be told now, and when to look again at the latest; None: when something changes."""

    alarms: tuple[Alarm, ...] = ()
    next_at: datetime | None = None


def plan(incident: Incident, told: Sequence[Alarm], ways: Iterable[Way], now: datetime) -> Plan:
    """Return what *ways* are to be told of *incident* at *now*, *told* being all alarms of it that there are."""
    by_name = {way.name: way for way in ways}
    incident = _before(incident, now)
    found = [*_planned(incident, told, by_name, now)]
    due = tuple(
        replace(alarm, due_at=held_until(incident, by_name[alarm.way], now)) for alarm in found if alarm.due_at <= now
    )
    later = [alarm.due_at for alarm in found if alarm.due_at > now]
    return Plan(due, min(later, default=None))


def matches(way: Way, incident: Incident) -> bool:
    """Return whether *way* is told of such incidents."""
    return (
        incident.cause.kind in way.kinds
        and severe(incident.severity, way.severity)
        and _any(way.items, incident.items)
        and _any(way.channels, incident.cause.channels)
        and _any(way.teams, incident.teams)
    )


def in_maintenance(incident: Incident, window: Callable[[str | None, datetime], str], now: datetime) -> bool:
    """Return whether all items of *incident*, or what has none, are in a window; the robot itself is in none."""
    of_robot = incident.cause.kind is Kind.ROBOT and not incident.items
    return not of_robot and all(window(item, now) for item in incident.items or (None,))


def held_until(incident: Incident, way: Way, now: datetime) -> datetime:
    """Return *now* if *way* may be told of *incident*, else when to look again: it is snoozed, or hours are quiet."""
    until = told_from(way.quiet, incident.severity, now)
    if _snoozed(incident, now):
        until = max(until, incident.snoozed_until or now)
    return min(until, now + HELD)


def needless(alarm: Alarm, incident: Incident, told: Mapping[int, Alarm], now: datetime) -> bool:
    """Return whether *alarm*, made earlier, says nothing any more: it was answered, or is over."""
    closed, acknowledged = incident.closed_at is not None, incident.acknowledged_at is not None
    if incident.closed_at is not None and incident.closed_at < now - FRESH and _was_told_instead(alarm, told):
        return True
    match alarm.reason:
        case Reason.ESCALATED:
            return closed or acknowledged
        case Reason.REMINDER:
            return closed or acknowledged or _snoozed(incident, now)
        case Reason.UPDATED:
            return closed
        case Reason.INSTEAD:
            original = told.get(alarm.instead_of or 0)
            return original is None or original.state in (Delivery.SENT, Delivery.NEEDLESS)
        case _:
            return False


def _before(incident: Incident, now: datetime) -> Incident:
    """Return *incident* with what lies ahead of *now*, because the clock was set back since, as if it just was."""
    if incident.opened_at > now:
        incident = replace(incident, opened_at=now - FOLD)
    if incident.closed_at is not None and incident.closed_at > now:
        incident = replace(incident, closed_at=now)
    return incident


def _planned(incident: Incident, told: Sequence[Alarm], ways: Mapping[str, Way], now: datetime) -> Iterator[Alarm]:
    if not _snoozed(incident, now):
        yield from _instead(told, ways, now)
    for way in ways.values():
        so_far = _SoFar(incident, way, [alarm for alarm in told if alarm.way == way.name])
        if incident.closed_at is not None:
            yield from so_far.closing(incident.closed_at, now)
        elif matches(way, incident):
            yield from so_far.opening() or so_far.next()


def _instead(told: Sequence[Alarm], ways: Mapping[str, Way], now: datetime) -> Iterator[Alarm]:
    """Yield, for each alarm that failed, one by each way that is tried then."""
    tried = {(alarm.way, alarm.instead_of) for alarm in told}
    for failed in told:
        if failed.state is Delivery.FAILED and failed.way in ways:
            for other in ways[failed.way].otherwise:
                if other in ways and (other, failed.id) not in tried:
                    yield Alarm(
                        failed.incident_id,
                        other,
                        Reason.INSTEAD,
                        now,
                        number=failed.id,
                        change_id=failed.change_id,
                        instead_of=failed.id,
                    )


@dataclass(frozen=True)
class _SoFar:
    """What a way was told of an incident."""

    incident: Incident
    way: Way
    told: Sequence[Alarm]
    _standing: list[Alarm] = field(init=False)

    def __post_init__(self) -> None:
        """Leave out what says nothing."""
        object.__setattr__(self, "_standing", [one for one in self.told if one.state is not Delivery.NEEDLESS])

    def opening(self) -> list[Alarm]:
        """Return the first alarm, unless it was made; an escalation, unless somebody has acknowledged."""
        incident, after = self.incident, timedelta(seconds=self.way.after_s)
        if self._has(*_OPENING) or (after and incident.acknowledged_at):
            return []
        due_at = max(incident.opened_at + max(after, FOLD), incident.snoozed_until or incident.opened_at)
        return [self._alarm(Reason.ESCALATED if after else Reason.OPENED, due_at)]

    def next(self) -> list[Alarm]:
        """Return what is told next of an incident the way was told of: a reminder, or what has joined since."""
        if self._on_its_way or not self._has(*_OPENING):
            return []
        last_at = max(one.sent_at or one.made_at or one.due_at for one in self._standing)
        at = {Reason.REMINDER: self._remind_at(last_at), Reason.UPDATED: self._update_at(last_at)}
        planned = [self._alarm(reason, due_at) for reason, due_at in at.items() if due_at is not None]
        # Either tells all there is to tell, so that one of them is enough.
        return sorted(planned, key=lambda one: one.due_at)[:1]

    def closing(self, closed_at: datetime, now: datetime) -> list[Alarm]:
        """Return what tells that it is over, to who was told of it; or both at once, if it was short."""
        closing_id = max((one.id for one in self.incident.changes if one.happened is Happened.CLOSED), default=0)
        was_told = any(one.state is Delivery.SENT for one in self._standing)
        if was_told and not any(one.change_id >= closing_id for one in self._standing):
            return [self._alarm(Reason.CLOSED, closed_at)]
        if self._standing or self.way.after_s or closed_at < now - FRESH or not matches(self.way, self.incident):
            return []
        return [self._alarm(Reason.OPENED, self.incident.opened_at + FOLD)]

    def _remind_at(self, last_at: datetime) -> datetime | None:
        """Return when the way is reminded: some time after it was told last, or when a snooze is over."""
        until = self.incident.snoozed_until
        if self.incident.acknowledged_at is not None:
            return None
        if until is not None and until > last_at:
            return until
        return None if self.way.remind_s is None else last_at + timedelta(seconds=self.way.remind_s)

    def _update_at(self, last_at: datetime) -> datetime | None:
        joined = self._joined
        if not joined:
            return None
        return max(joined[0].at + GATHER, last_at + APART, self.incident.snoozed_until or last_at)

    @property
    def _joined(self) -> list[Change]:
        known = max((one.change_id for one in self._standing), default=0)
        return [one for one in self.incident.changes if one.happened is Happened.JOINED and one.id > known]

    @property
    def _on_its_way(self) -> bool:
        return any(one.state in _ON_ITS_WAY for one in self._standing)

    def _has(self, *reasons: Reason) -> bool:
        return any(one.reason in reasons for one in self._standing)

    def _alarm(self, reason: Reason, due_at: datetime) -> Alarm:
        number = sum(one.reason is reason for one in self.told) + 1
        change_id = last_change(self.incident)
        return Alarm(self.incident.id, self.way.name, reason, due_at, number=number, change_id=change_id)


def _was_told_instead(alarm: Alarm, told: Mapping[int, Alarm]) -> bool:
    return any(one.instead_of == alarm.id and one.state is Delivery.SENT for one in told.values())


def _snoozed(incident: Incident, now: datetime) -> bool:
    """Return whether nobody is to be told of *incident* yet; that it is over is told all the same."""
    return incident.closed_at is None and incident.snoozed_until is not None and incident.snoozed_until > now


def _any(wanted: Sequence[str], given: Sequence[str]) -> bool:
    return not wanted or any(one in wanted for one in given)
