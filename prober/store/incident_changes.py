"""
Carries out what was decided of incidents. Every function works inside the transaction it is given.

Whoever writes has the database to itself until the transaction ends (`store.engines`), so what is read here still holds
when it is acted upon, whatever the number of processes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from prober.judge.incident import FAILURES, Act, Decision, OpenIncident, decide, failing, holds, settled
from prober.model.incident import Cause, Change, Happened, Incident, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Outcome
from prober.store import incident_rows, incident_words
from prober.store.tables import INCIDENT_CHANGES, INCIDENT_PROBES, INCIDENTS, PROBE_RESULTS, STEPS

_SEVERITIES = list(Severity)
NOTHING_FAILS = "nothing fails for this any more"
_ERRORS_BETWEEN = 100
"""Errors of the robot break no row of the channel's: so many are passed over at most."""


def apply(connection: Connection, result: ProbeResult, watched: Watched) -> list[Change]:
    """Keep *result* and change what it changes; one that was kept before changes nothing."""
    results = PROBE_RESULTS.c
    its = results.probe == result.probe, results.planned_at == result.planned_at
    if connection.execute(select(results.probe).where(*its)).first() is not None:
        return []
    known = _known(connection, result)
    result = settled(result, {one.cause for one in known})
    connection.execute(insert(PROBE_RESULTS).values(incident_rows.result_row(result)))
    if result.maintenance or result.standing is Standing.UNASKED or not (known or result.standing in FAILURES):
        return []
    row = _row(connection, result, watched)
    applying = _Applying(connection, result, watched, row)
    decisions = decide(watched, row, known, _Seen(connection))
    return [change for decision in decisions for change in applying.done(decision)]


def _row(connection: Connection, result: ProbeResult, watched: Watched) -> list[ProbeResult]:
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


def _known(connection: Connection, result: ProbeResult) -> list[OpenIncident]:
    """Return the open incidents that the probe fails or failed in, and those of the causes of *result*."""
    its = select(INCIDENT_PROBES.c.incident_id).where(INCIDENT_PROBES.c.probe == result.probe)
    concerned: list[ColumnElement[bool]] = [INCIDENTS.c.id.in_(its)]
    for cause in filter(None, (result.cause, result.first_cause)):
        columns = incident_rows.cause_columns(cause)
        concerned.append(and_(*(INCIDENTS.c[name] == value for name, value in columns.items())))
    wanted = select(INCIDENTS).where(INCIDENTS.c.closed_at.is_(None), or_(*concerned))
    found = incident_rows.read(connection, wanted)
    return [
        OpenIncident(one.id, one.cause, frozenset(one.failing), frozenset(one.probes) - frozenset(one.failing))
        for one in found
    ]


class _Seen:
    """What the store has besides."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def held(self, result: ProbeResult, cause: Cause) -> bool:
        steps = STEPS.c
        wanted = select(steps.channel, steps.verb, steps.name, steps.outcome)
        found = self._connection.execute(wanted.where(steps.run_id == _run(result.runs[-1:])))
        return holds(((row.channel, row.verb, row.name, Outcome(row.outcome)) for row in found), cause)

    def elsewhere(self, probe: str, cause: Cause) -> bool:
        row = self._connection.execute(_counting(probe).limit(1)).mappings().one_or_none()
        latest = row and incident_rows.result_of(row)
        return latest is not None and latest.cause not in (None, cause)


class _Applying:
    """One result that changes something."""

    def __init__(
        self, connection: Connection, result: ProbeResult, watched: Watched, row: Sequence[ProbeResult]
    ) -> None:
        self._connection = connection
        self._result = result
        self._watched = watched
        self._row = row

    def done(self, decision: Decision) -> list[Change]:
        """Do it, and return the changes that are stored of it."""
        incident_id = decision.incident_id
        if incident_id is None:
            return [self._open()]
        match decision.act:
            case Act.JOIN:
                return [self._join(incident_id)]
            case Act.GO_ON:
                self._go_on(incident_id)
                return []
            case Act.LEAVE:
                return [self._leave(incident_id)]
            case _:
                return self._close(incident_id)

    def _open(self) -> Change:
        result, cause = self._result, self._result.cause
        assert cause is not None  # noqa: S101 - nothing opens without one
        first = failing(self._row, cause.kind)[-1]
        incident_id = _next_id(self._connection, result.at)
        row = {
            "id": incident_id,
            **incident_rows.cause_columns(cause),
            "severity": str(self._watched.severity),
            "what": result.what,
            "worked": incident_words.worked(self._connection, result),
            "first_run": _run(first.runs[:1]),
            "last_run": _run(result.runs[-1:]),
            "opened_at": result.at,
        }
        self._connection.execute(insert(INCIDENTS).values(row))
        self._member(incident_id, first)
        return self._tell(incident_id, Happened.OPENED, result.what)

    def _join(self, incident_id: str) -> Change:
        self._member(incident_id, self._result)
        self._move(incident_id)
        return self._tell(incident_id, Happened.JOINED, self._result.what)

    def _member(self, incident_id: str, first: ProbeResult) -> None:
        """Note that the probe fails in the incident; one that had recovered from it fails again."""
        last_run = _run(self._result.runs[-1:])
        its = INCIDENT_PROBES.c.incident_id == incident_id, INCIDENT_PROBES.c.probe == self._result.probe
        again = {"recovered_at": None, "last_run": last_run}
        if not self._connection.execute(update(INCIDENT_PROBES).where(*its).values(again)).rowcount:
            row = {
                "incident_id": incident_id,
                "probe": self._result.probe,
                "item": self._watched.item,
                "team": self._watched.team,
                "joined_at": self._result.at,
                "first_run": _run(first.runs[:1]),
                "last_run": last_run,
            }
            self._connection.execute(insert(INCIDENT_PROBES).values(row))
        self._note(incident_id)

    def _go_on(self, incident_id: str) -> None:
        its = INCIDENT_PROBES.c.incident_id == incident_id, INCIDENT_PROBES.c.probe == self._result.probe
        last_run = {"last_run": _run(self._result.runs[-1:])}
        self._connection.execute(update(INCIDENT_PROBES).where(*its).values(last_run))
        self._move(incident_id)
        self._note(incident_id)

    def _move(self, incident_id: str) -> None:
        """Move the incident's last failing run on; it is as grave as the gravest of its probes."""
        its = INCIDENTS.c.id == incident_id
        severity = self._connection.scalars(select(INCIDENTS.c.severity).where(its)).one()
        gravest = max(Severity(severity), self._watched.severity, key=_SEVERITIES.index)
        values = {"last_run": _run(self._result.runs[-1:]), "severity": str(gravest)}
        self._connection.execute(update(INCIDENTS).where(its).values(values))

    def _note(self, incident_id: str) -> None:
        """Write at the result which incident it belongs to."""
        its = PROBE_RESULTS.c.probe == self._result.probe, PROBE_RESULTS.c.planned_at == self._result.planned_at
        self._connection.execute(update(PROBE_RESULTS).where(*its).values({"incident_id": incident_id}))

    def _leave(self, incident_id: str) -> Change:
        leave(self._connection, incident_id, self._result.at, probe=self._result.probe)
        return self._tell(incident_id, Happened.RECOVERED, "passes again")

    def _close(self, incident_id: str) -> list[Change]:
        if not close(self._connection, incident_id, self._result.at):
            return []
        leave(self._connection, incident_id, self._result.at)
        return [self._tell(incident_id, Happened.CLOSED, NOTHING_FAILS)]

    def _tell(self, incident_id: str, happened: Happened, text: str) -> Change:
        probe = None if happened is Happened.CLOSED else self._result.probe
        run_id = _run(self._result.runs[-1:]) or None
        told = Change(0, incident_id, happened, self._result.at, probe=probe, run_id=run_id, text=text)
        return tell(self._connection, told)


def _run(runs: Sequence[str]) -> str:
    """Return the id of a run; "" of what is watched without runs."""
    return next(iter(runs), "")


def tell(connection: Connection, change: Change) -> Change:
    """Store *change*, and return it with the id it was given."""
    row = {name: getattr(change, name) for name in ("incident_id", "at", "by", "probe", "run_id", "text")}
    putting = insert(INCIDENT_CHANGES).values(row | {"happened": str(change.happened)})
    return replace(change, id=connection.scalars(putting.returning(INCIDENT_CHANGES.c.id)).one())


def release(connection: Connection, kept: Collection[str], at: datetime) -> list[Change]:
    """Let the probes that are not among *kept* leave their incidents: nobody plays them, so they never pass."""
    probes = INCIDENT_PROBES.c
    # What is watched without runs, such as the robot's own disk, is no probe.
    stuck = select(probes.incident_id, probes.probe).where(probes.recovered_at.is_(None), probes.first_run != "")
    changes = []
    for row in connection.execute(stuck.order_by(probes.incident_id, probes.probe)).all():
        if row.probe in kept:
            continue
        leave(connection, row.incident_id, at, probe=row.probe)
        gone = Change(
            0, row.incident_id, Happened.RECOVERED, at, probe=row.probe, text="it is no longer in config.yaml"
        )
        changes.append(tell(connection, gone))
        still = select(probes.probe).where(probes.incident_id == row.incident_id, probes.recovered_at.is_(None))
        if connection.execute(still).first() is None and close(connection, row.incident_id, at):
            closed = Change(0, row.incident_id, Happened.CLOSED, at, text=NOTHING_FAILS)
            changes.append(tell(connection, closed))
    return changes


def leave(connection: Connection, incident_id: str, at: datetime, *, probe: str | None = None) -> None:
    """Note that *probe*, or everyone, fails in the incident no more."""
    its = [INCIDENT_PROBES.c.incident_id == incident_id, INCIDENT_PROBES.c.recovered_at.is_(None)]
    if probe is not None:
        its.append(INCIDENT_PROBES.c.probe == probe)
    connection.execute(update(INCIDENT_PROBES).where(*its).values(recovered_at=at))


def close(connection: Connection, incident_id: str, at: datetime) -> bool:
    """Close the incident, and return whether it was open."""
    its = INCIDENTS.c.id == incident_id, INCIDENTS.c.closed_at.is_(None)
    return bool(connection.execute(update(INCIDENTS).where(*its).values(closed_at=at)).rowcount)


def _next_id(connection: Connection, at: datetime) -> str:
    """Return a name that can be said on the telephone: the day (UTC) and a number. They sort by time."""
    day = f"INC-{at:%Y%m%d}-"
    ids = connection.scalars(select(INCIDENTS.c.id).where(INCIDENTS.c.id.like(f"{day}%")))
    return f"{day}{max((int(one.removeprefix(day)) for one in ids), default=0) + 1:04}"


def standing(connection: Connection, incident_id: str) -> Incident | None:
    """Return the incident as it stands; None if there is none."""
    return next(iter(incident_rows.read(connection, select(INCIDENTS).where(INCIDENTS.c.id == incident_id))), None)
