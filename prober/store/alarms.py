"""The outbox of alarms: what is to be told, by which way, and what became of it, across processes and restarts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from prober.model.alarm import FAILED_AFTER, MAYBE, Alarm, Delivery, Reason
from prober.model.incident import Happened
from prober.store.database import Database
from prober.store.tables import ALARMS, INCIDENT_CHANGES, INCIDENTS

_KEY = ("incident_id", "way", "reason", "number")
_CHANGING = ("change_id", "state", "due_at", "sent_at", "attempts", "error", "title", "text")
_OPEN = (str(Delivery.WAITING), str(Delivery.SENDING), str(Delivery.FAILED))
_NEWS = (str(Happened.OPENED), str(Happened.JOINED), str(Happened.CLOSED))
"""What a person has to hear of: not what another did, nor that it goes on."""
LONGEST = timedelta(minutes=70)
"""Nothing waits so long. An hour is the most, after somebody refused it for good; two robots' clocks may differ."""
_INTERRUPTED = f"the robot ended while it told this; {MAYBE}"


class Alarms:
    """Keeps alarms; each is there once, whatever the number of processes. Reading blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, alarms: Sequence[Alarm], at: datetime) -> int:
        """Keep those of *alarms* that are not there yet, and return how many were not."""
        return await self._database.write(lambda connection: sum(_make(connection, one, at) for one in alarms))

    async def claim(self, way: str, now: datetime, until: datetime) -> list[Alarm]:
        """
        Take what is due by *way* to send it, and what failed there with it; nobody else gets it before *until*.

        What somebody took and did not finish by then is given out again, with an error that says so.
        """
        return await self._database.write(lambda connection: _claim(connection, way, now, until))

    async def save(self, alarms: Sequence[Alarm]) -> None:
        """Write what became of *alarms*, by their ids."""

        def save(connection: Connection) -> None:
            for one in alarms:
                values = {name: getattr(one, name) for name in _CHANGING} | {"state": str(one.state)}
                connection.execute(update(ALARMS).where(ALARMS.c.id == one.id).values(values))

        await self._database.write(save)

    def of(self, incidents: Collection[str]) -> Mapping[str, list[Alarm]]:
        """Return all alarms of each of *incidents*, in the order they were made."""
        wanted = select(ALARMS).where(ALARMS.c.incident_id.in_(incidents)).order_by(ALARMS.c.id)
        found: defaultdict[str, list[Alarm]] = defaultdict(list)
        for alarm in self._read(wanted):
            found[alarm.incident_id].append(alarm)
        return found

    def due(self, now: datetime) -> Mapping[str, datetime]:
        """Return when something is next to be tried by each way that has anything open at *now*."""
        soonest = func.min(due_at(ALARMS, now)).label("due_at")
        wanted = select(ALARMS.c.way, soonest).where(ALARMS.c.state.in_(_OPEN))
        found = self._database.read(lambda connection: connection.execute(wanted.group_by(ALARMS.c.way)).all())
        return {row.way: row.due_at for row in found}

    def find(self, *, open_only: bool = False, limit: int | None = 50) -> list[Alarm]:
        """Return alarms, the latest first; with *open_only* those that wait or failed."""
        wanted = select(ALARMS).order_by(ALARMS.c.id.desc()).limit(limit)
        return self._read(wanted.where(ALARMS.c.state.in_(_OPEN)) if open_only else wanted)

    def counts(self) -> Mapping[Delivery, int]:
        """Return how many alarms are in each state; a FAILED one did not get through, be it tried again just now."""
        return self._database.read(lambda connection: counts(connection, ALARMS))

    def unheard(self) -> int:
        """Return how many alarms did not get through, and none of their incident that has their news did by any way."""
        changes, told = INCIDENT_CHANGES.c, ALARMS.alias()
        known = (changes.incident_id == ALARMS.c.incident_id, changes.id <= ALARMS.c.change_id)
        news = select(func.max(changes.id)).where(*known, changes.happened.in_(_NEWS)).correlate(ALARMS)
        its = (told.c.incident_id == ALARMS.c.incident_id, told.c.state == str(Delivery.SENT))
        heard = exists().where(*its, told.c.change_id >= news.scalar_subquery())
        return self._database.read(lambda connection: counts(connection, ALARMS, ~heard))[Delivery.FAILED]

    def _read(self, wanted: Any) -> list[Alarm]:
        return self._database.read(lambda connection: [_alarm(row) for row in connection.execute(wanted).mappings()])


def due_at(table: Table, now: datetime) -> ColumnElement[datetime]:
    """
    Return when each row of *table*, of alarms or tickets, is due as it is seen at *now*.

    What is due later than anything waits was kept before the clock was set back: it is due now.
    """
    kept = table.c.due_at
    return case((kept > now + LONGEST, literal(now, kept.type)), else_=kept)


def counts(connection: Connection, table: Table, *which: ColumnElement[bool]) -> Mapping[Delivery, int]:
    """Return how many rows of *table*, of alarms or tickets, are in each state."""
    tried_again = and_(table.c.state == str(Delivery.SENDING), table.c.attempts >= FAILED_AFTER)
    state = case((tried_again, str(Delivery.FAILED)), else_=table.c.state).label("state")
    counted = select(state).where(*which).subquery()
    found = connection.execute(select(counted.c.state, func.count().label("number")).group_by(counted.c.state)).all()
    return dict.fromkeys(Delivery, 0) | {Delivery(row.state): row.number for row in found}


def _make(connection: Connection, alarm: Alarm, at: datetime) -> bool:
    # Whoever writes has the database alone, so that what is not there now comes from nobody else meanwhile.
    its = [ALARMS.c[name] == str(getattr(alarm, name)) for name in _KEY[:-1]] + [ALARMS.c.number == alarm.number]
    known = connection.execute(select(ALARMS.c.id).where(*its)).first()
    if known or not connection.execute(select(INCIDENTS.c.id).where(INCIDENTS.c.id == alarm.incident_id)).first():
        return False
    row = {one.name: getattr(alarm, one.name) for one in fields(Alarm) if one.name != "id"}
    own = {"reason": str(alarm.reason), "state": str(alarm.state), "made_at": at}
    connection.execute(insert(ALARMS).values(row | own))
    return True


def _claim(connection: Connection, way: str, now: datetime, until: datetime) -> list[Alarm]:
    open_ones = (ALARMS.c.way == way, ALARMS.c.state.in_(_OPEN))
    is_due = due_at(ALARMS, now) <= now
    if connection.execute(select(ALARMS.c.id).where(*open_ones, is_due)).first() is None:
        return []
    due = or_(is_due, ALARMS.c.state == str(Delivery.FAILED))
    found = connection.execute(select(ALARMS).where(*open_ones, due).order_by(ALARMS.c.id)).mappings().all()
    claimed = [_taken(_alarm(row)) for row in found]
    for one in claimed:
        values = {"state": str(Delivery.SENDING), "due_at": until, "error": one.error}
        connection.execute(update(ALARMS).where(ALARMS.c.id == one.id).values(values))
    return claimed


def _taken(alarm: Alarm) -> Alarm:
    """Return *alarm* as it was before; one that somebody was sending may have been told."""
    if alarm.state is not Delivery.SENDING:
        return alarm
    return replace(alarm, state=Delivery.WAITING, attempts=alarm.attempts + 1, error=_INTERRUPTED)


def _alarm(row: RowMapping) -> Alarm:
    own = {"reason": Reason(row["reason"]), "state": Delivery(row["state"]), "change_id": row["change_id"] or 0}
    return Alarm(**(dict(row) | own))
