"""How a probe's time was spent: in incidents, without being asked, since its first result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from prober.model.incident import Happened, Kind, Standing
from prober.model.probe import Start
from prober.model.span import Span
from prober.store.database import Database
from prober.store.starts import last_of, start_of
from prober.store.tables import INCIDENT_CHANGES, INCIDENTS, PROBE_RESULTS, STARTS


@dataclass
class Spent:
    """
    What is known of one probe's time: when it had its *first* result, and in which incidents it was, by their kind.

    *unasked* are starts that were missed, and those whose runs could ask nothing, which have no reason; each with the
    instant of the next start that is kept, None if there is none. *last* is the last start.
    """

    first_at: datetime | None = None
    incidents: dict[Kind, list[Span]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    unasked: list[tuple[Start, datetime | None]] = field(default_factory=list)
    last: Start | None = None


class TimeSpent:
    """Reads how probes spent their time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, probes: Collection[str], since: datetime, until: datetime) -> Mapping[str, Spent]:
        """Return how each of *probes* spent its time between two instants. It blocks."""
        return self._database.read(lambda connection: _spent(connection, probes, since, until))


def _spent(connection: Connection, probes: Collection[str], since: datetime, until: datetime) -> dict[str, Spent]:
    found = {probe: Spent(_first_at(connection, probe), last=last_of(connection, probe)) for probe in probes}
    for probe, kind, span in _in_incidents(connection, since, until):
        if probe in found:
            found[probe].incidents[kind].append(span)
    for probe, its in found.items():
        its.unasked += _unasked(connection, probe, since, until)
    return found


def _first_at(connection: Connection, probe: str) -> datetime | None:
    results = PROBE_RESULTS.c
    wanted = select(results.at).where(results.probe == probe, results.standing != str(Standing.UNASKED))
    first: datetime | None = connection.scalar(wanted.order_by(results.at).limit(1))
    return first


def _in_incidents(connection: Connection, since: datetime, until: datetime) -> Iterable[tuple[str, Kind, Span]]:
    """Yield the probes that failed in an incident, from joining it until they left it, or it closed."""
    incidents, changes = INCIDENTS.c, INCIDENT_CHANGES.c
    touched = (incidents.opened_at < until, or_(incidents.closed_at.is_(None), incidents.closed_at >= since))
    wanted = select(changes.incident_id, changes.happened, changes.at, changes.probe, incidents.kind)
    wanted = wanted.join(INCIDENTS, incidents.id == changes.incident_id).where(*touched).order_by(changes.id)
    failing: defaultdict[str, dict[str, tuple[str, datetime]]] = defaultdict(dict)
    for row in connection.execute(wanted):
        its = failing[row.incident_id]
        match Happened(row.happened):
            case Happened.OPENED | Happened.JOINED:
                its.setdefault(row.probe, (row.kind, row.at))
            case Happened.RECOVERED if row.probe in its:
                kind, began_at = its.pop(row.probe)
                yield row.probe, Kind(kind), (began_at, row.at)
            case Happened.CLOSED:
                yield from ((probe, Kind(kind), (began_at, row.at)) for probe, (kind, began_at) in its.items())
                its.clear()
    for its in failing.values():
        yield from ((probe, Kind(kind), (began_at, until)) for probe, (kind, began_at) in its.items())


def _unasked(
    connection: Connection, probe: str, since: datetime, until: datetime
) -> Iterable[tuple[Start, datetime | None]]:
    """Yield what nobody asked of *probe*: also at the last start before, which speaks up to the next one."""
    starts, results = STARTS.c, PROBE_RESULTS.c
    before = select(func.max(starts.planned_at)).where(starts.probe == probe, starts.planned_at <= since)
    begin = connection.scalar(before) or since
    missed = select(STARTS, _next_at(starts.probe, starts.planned_at))
    missed = missed.where(starts.probe == probe, starts.missed.is_not(None))
    for row in connection.execute(missed.where(starts.planned_at.between(begin, until))).mappings():
        yield start_of(row), row["next_at"]
    nothing = select(results.planned_at, _next_at(results.probe, results.planned_at))
    nothing = nothing.where(results.probe == probe, results.standing == str(Standing.UNASKED))
    for planned_at, next_at in connection.execute(nothing.where(results.planned_at.between(begin, until))):
        yield Start(probe, planned_at), next_at


def _next_at(probe: ColumnElement[str], planned_at: ColumnElement[datetime]) -> ColumnElement[datetime | None]:
    """Return the instant of the start that is kept after the one of *probe* at *planned_at*."""
    after = STARTS.alias()
    following = select(func.min(after.c.planned_at)).where(after.c.probe == probe, after.c.planned_at > planned_at)
    return following.scalar_subquery().label("next_at")
