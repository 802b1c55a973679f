"""What is known when a result comes: its row, the incidents that are open. Works inside the transaction it is given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select

from prober.judge.cause import holds
from prober.judge.incident import OpenIncident
from prober.model.incident import Cause, Happened, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Outcome
from prober.store import incident_rows
from prober.store.tables import INCIDENT_CHANGES, INCIDENT_PROBES, INCIDENTS, PROBE_RESULTS, STEPS

_OPEN = select(INCIDENTS).where(INCIDENTS.c.closed_at.is_(None))
_FAILED_IN = INCIDENTS.c.id.in_(select(INCIDENT_PROBES.c.incident_id).where(INCIDENT_PROBES.c.probe == bindparam("of")))
_OPEN_OF_PROBE = _OPEN.where(_FAILED_IN)
_ERRORS_BETWEEN = 100
"""Errors of the robot break no row of the channel's: so many are passed over at most."""


def row(connection: Connection, result: ProbeResult, watched: Watched) -> list[ProbeResult]:
    """Return *result* and those of its probe before it that count, the latest first, since a person last closed."""
    results = PROBE_RESULTS.c
    # A later one was kept by a clock that has been set back since.
    before = (results.planned_at != result.planned_at, results.at <= result.at)
    wanted = _counting(result.probe).where(*before)
    if closed_at := _closed_by_a_person(connection, result):
        wanted = wanted.where(results.at > closed_at)
    most = watched.after + watched.recover + _ERRORS_BETWEEN
    found = connection.execute(wanted.limit(most)).mappings()
    return [result, *map(incident_rows.result_of, found)]


def _counting(probe: str) -> Select[Any]:
    """Select the results of *probe* that count, the latest first."""
    results = PROBE_RESULTS.c
    counts = (results.probe == probe, results.maintenance == "", results.standing != str(Standing.UNASKED))
    return select(PROBE_RESULTS).where(*counts).order_by(results.at.desc(), results.planned_at.desc())


def _closed_by_a_person(connection: Connection, result: ProbeResult) -> datetime | None:
    changes, probes = INCIDENT_CHANGES.c, INCIDENT_PROBES.c
    its = (probes.probe == result.probe, changes.incident_id == probes.incident_id, changes.at <= result.at)
    closed = (changes.happened == str(Happened.CLOSED), changes.by != "")
    latest: datetime | None = connection.scalar(select(func.max(changes.at)).where(*its, *closed))
    return latest


def known(connection: Connection, result: ProbeResult) -> list[OpenIncident]:
    """Return the open incidents that the probe fails or failed in, and those of the causes of *result*."""
    causes = [incident_rows.cause_columns(one) for one in (result.cause, result.first_cause) if one]
    of_cause = [and_(*(INCIDENTS.c[name] == value for name, value in columns.items())) for columns in causes]
    wanted = _OPEN.where(or_(_FAILED_IN, *of_cause)) if of_cause else _OPEN_OF_PROBE
    found = connection.execute(wanted, {"of": result.probe}).mappings().all()
    return [_open(connection, one["id"], incident_rows.cause_of(one)) for one in found]


def _open(connection: Connection, incident_id: str, cause: Cause) -> OpenIncident:
    """Return an open incident without its story, which may be long."""
    probes = INCIDENT_PROBES.c
    members = connection.execute(
        select(probes.probe, probes.recovered_at).where(probes.incident_id == incident_id)
    ).all()
    failing = frozenset(probe for probe, recovered_at in members if recovered_at is None)
    return OpenIncident(incident_id, cause, failing, frozenset(probe for probe, _ in members) - failing)


class Seen:
    """What the store has besides."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def held(self, result: ProbeResult, cause: Cause) -> bool:
        steps = STEPS.c
        wanted = select(steps.channel, steps.verb, steps.name, steps.outcome)
        found = self._connection.execute(wanted.where(steps.run_id == next(iter(result.runs[-1:]), "")))
        return holds(((row.channel, row.verb, row.name, Outcome(row.outcome)) for row in found), cause)

    def elsewhere(self, probe: str, cause: Cause) -> bool:
        row = self._connection.execute(_counting(probe).limit(1)).mappings().one_or_none()
        latest = row and incident_rows.result_of(row)
        return latest is not None and latest.cause not in (None, cause)
