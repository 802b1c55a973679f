"""Keeps what planned playings meant, and the incidents that became of it, across processes and restarts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, exists, or_, select, tuple_, update

from prober.model.incident import Change, Happened, Incident, ProbeResult
from prober.model.probe import Watched
from prober.model.run import Run
from prober.store import incident_changes, incident_rows, queries
from prober.store.database import Database
from prober.store.tables import INCIDENT_CHANGES, INCIDENT_PROBES, INCIDENTS, PROBE_RESULTS, RUNS


class Refused(StrEnum):
    """Why what a person wanted of an incident was not done."""

    UNKNOWN = "there is no such incident"
    CLOSED = "it is closed"
    ALREADY = "it is acknowledged already"


class Incidents:
    """
    Keeps results and incidents. Every change is one transaction, whatever the number of processes that make changes.

    What people do returns None when it is done, else why it is not. Reading blocks: from an event loop, call it through
    a thread.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]:
        """
        Keep *result*, and return what it changed; nothing, if the planned playing had a result before.

        An incident that opens, and what it is told with, is there as a whole or not at all.
        """
        return await self._database.write(lambda connection: incident_changes.apply(connection, result, watched))

    async def release(self, kept: Collection[str]) -> Sequence[Change]:
        """Let probes that are not among *kept* leave their incidents, and return what that changed."""
        return await self._database.write(lambda connection: incident_changes.release(connection, kept, self._now()))

    async def acknowledge(self, incident_id: str, by: str, text: str = "") -> Refused | None:
        """Note that the person *by* sees to an open incident that nobody has acknowledged yet."""
        values = {"acknowledged_at": self._now(), "acknowledged_by": by}
        return await self._act(incident_id, Happened.ACKNOWLEDGED, by=by, text=text, values=values)

    async def note(self, incident_id: str, by: str, text: str) -> Refused | None:
        """Keep what *by* has to say, of a closed incident too."""
        return await self._act(incident_id, Happened.NOTE, by=by, text=text)

    async def snooze(self, incident_id: str, by: str, text: str, until: datetime) -> Refused | None:
        """Let nobody be told of an open incident before *until*, an aware instant."""
        return await self._act(incident_id, Happened.SNOOZED, by=by, text=text, values={"snoozed_until": until})

    async def close(self, incident_id: str, by: str, text: str = "") -> Refused | None:
        """Close an open incident. What fails on opens another, when it has failed as often again as opens one."""
        return await self._act(incident_id, Happened.CLOSED, by=by, text=text, values={"closed_at": self._now()})

    def get(self, incident_id: str) -> Incident | None:
        """Return the incident called *incident_id*, with all its changes; None if there is none."""
        return self._database.read(lambda connection: incident_changes.standing(connection, incident_id))

    def find(
        self,
        *,
        open_only: bool = False,
        since: datetime | None = None,
        item: str | None = None,
        channel: str | None = None,
        limit: int | None = 100,
    ) -> list[Incident]:
        """Return the incidents that match all that is given, the latest first; *since*: open then, or later."""
        wanted = select(INCIDENTS).order_by(INCIDENTS.c.opened_at.desc(), INCIDENTS.c.id.desc()).limit(limit)
        if open_only:
            wanted = wanted.where(INCIDENTS.c.closed_at.is_(None))
        if since is not None:
            wanted = wanted.where(or_(INCIDENTS.c.closed_at.is_(None), INCIDENTS.c.closed_at >= since))
        if item is not None:
            of_item = select(INCIDENT_PROBES.c.incident_id).where(INCIDENT_PROBES.c.item == item)
            wanted = wanted.where(INCIDENTS.c.id.in_(of_item))
        if channel is not None:
            wanted = wanted.where(("+" + INCIDENTS.c.channel + "+").contains(f"+{channel}+", autoescape=True))
        return self._database.read(lambda connection: incident_rows.read(connection, wanted))

    def changes(self, after_id: int = 0, limit: int = 1000) -> list[Change]:
        """Return the changes that were stored after that with the id *after_id*, in their order."""
        wanted = select(INCIDENT_CHANGES).where(INCIDENT_CHANGES.c.id > after_id).order_by(INCIDENT_CHANGES.c.id)
        found = self._database.read(lambda connection: connection.execute(wanted.limit(limit)).mappings().all())
        return [incident_rows.change_of(row) for row in found]

    def results(
        self, probe: str | None = None, since: datetime | None = None, limit: int | None = 1000
    ) -> list[ProbeResult]:
        """Return the results of *probe*, or of all, the latest first."""
        wanted = select(PROBE_RESULTS).order_by(PROBE_RESULTS.c.at.desc()).limit(limit)
        if probe is not None:
            wanted = wanted.where(PROBE_RESULTS.c.probe == probe)
        if since is not None:
            wanted = wanted.where(PROBE_RESULTS.c.at >= since)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [incident_rows.result_of(row) for row in found]

    def left(self, since: datetime, of: Collection[str] | None = None) -> list[list[Run]]:
        """
        Return the runs that ended after *since* and that no result was made of, oldest first.

        Those of one planned playing are one list, in the order of their attempts; one with an attempt under way is
        none. *of*: those playings alone that one of these runs belongs to.
        """
        known = (PROBE_RESULTS.c.probe == RUNS.c.probe) & (PROBE_RESULTS.c.planned_at == RUNS.c.planned_at)
        ended = (RUNS.c.probe.is_not(None), RUNS.c.ended_at.is_not(None), RUNS.c.started_at >= since)
        wanted = select(RUNS).where(*ended, ~exists().where(known))
        if of is not None:
            of_them = RUNS.alias()
            its = select(of_them.c.probe, of_them.c.planned_at).where(of_them.c.id.in_(of))
            wanted = wanted.where(tuple_(RUNS.c.probe, RUNS.c.planned_at).in_(its))
        wanted = wanted.order_by(RUNS.c.planned_at, RUNS.c.attempt)
        playings: defaultdict[object, list[Run]] = defaultdict(list)
        under_way = select(RUNS.c.probe, RUNS.c.planned_at).where(RUNS.c.ended_at.is_(None))

        def read(connection: Connection) -> None:
            for run in queries.whole_runs(connection, wanted):
                playings[run.probe, run.planned_at].append(run)
            for row in connection.execute(under_way):
                playings.pop(tuple(row), None)

        self._database.read(read)
        return list(playings.values())

    async def _act(
        self, incident_id: str, happened: Happened, *, by: str, text: str, values: dict[str, object] | None = None
    ) -> Refused | None:
        change = Change(0, incident_id, happened, self._now(), by=by, text=text)
        return await self._database.write(lambda connection: _act(connection, change, values or {}))


def _act(connection: Connection, change: Change, values: dict[str, object]) -> Refused | None:
    its = INCIDENTS.c.id == change.incident_id
    found = connection.execute(select(INCIDENTS).where(its)).one_or_none()
    if found is None:
        return Refused.UNKNOWN
    if found.closed_at is not None and change.happened is not Happened.NOTE:
        return Refused.CLOSED
    if found.acknowledged_at is not None and change.happened is Happened.ACKNOWLEDGED:
        return Refused.ALREADY
    if values:
        connection.execute(update(INCIDENTS).where(its).values(values))
    if change.happened is Happened.CLOSED:
        incident_changes.leave(connection, change.incident_id, change.at)
    incident_changes.tell(connection, change)
    return None
