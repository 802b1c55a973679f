"""
Carries out what was decided of incidents. Every function works inside the transaction it is given.

Whoever writes has the database to itself until the transaction ends (`store.engines`), so what is read here still holds
when it is acted upon, whatever the number of processes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from prober.judge.attempts import FAILURES
from prober.judge.incident import Act, Decision, decide, failing, settled
from prober.model.incident import Change, Happened, Incident, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.store import bulk, incident_known, incident_rows, incident_words
from prober.store.tables import INCIDENT_CHANGES, INCIDENT_PROBES, INCIDENTS, PROBE_RESULTS

_SEVERITIES = list(Severity)
_KEPT = select(PROBE_RESULTS.c.probe).where(
    PROBE_RESULTS.c.probe == bindparam("of"), PROBE_RESULTS.c.planned_at == bindparam("at")
)
NOTHING_FAILS = "nothing fails for this any more"


def apply(connection: Connection, result: ProbeResult, watched: Watched) -> list[Change]:
    """Keep *result* and change what it changes; one that was kept before changes nothing."""
    if connection.scalar(_KEPT, {"of": result.probe, "at": result.planned_at}) is not None:
        return []
    known = incident_known.known(connection, result)
    result = settled(result, {one.cause for one in known})
    bulk.put(connection, PROBE_RESULTS, [incident_rows.result_row(result)])
    if result.maintenance or result.standing is Standing.UNASKED or not (known or result.standing in FAILURES):
        return []
    row = incident_known.row(connection, result, watched)
    applying = _Applying(connection, result, watched, row)
    decisions = decide(watched, row, known, incident_known.Seen(connection))
    return [change for decision in decisions for change in applying.done(decision)]


class _Applying:
    """One result that changes something."""

    def __init__(
        self, connection: Connection, result: ProbeResult, watched: Watched, row: Sequence[ProbeResult]
    ) -> None:
        self._connection = connection
        self._result = result
        self._watched = watched
        self._row = row
        self._last_run = result.broke or _run(result.runs[-1:])

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
        worked = incident_words.worked(self._connection, result)
        incident_id = _next_id(self._connection, result.at)
        row = {
            "id": incident_id,
            **incident_rows.cause_columns(cause),
            "severity": str(self._watched.severity),
            "what": result.what,
            "what_zh": result.what_zh or None,
            "worked": worked.en,
            "worked_zh": worked.zh or None,
            "first_run": _run(first.runs[:1]),
            "last_run": self._last_run,
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
        its = INCIDENT_PROBES.c.incident_id == incident_id, INCIDENT_PROBES.c.probe == self._result.probe
        again = {"recovered_at": None, "last_run": self._last_run}
        if not self._connection.execute(update(INCIDENT_PROBES).where(*its).values(again)).rowcount:
            row = {
                "incident_id": incident_id,
                "probe": self._result.probe,
                "item": self._watched.item,
                "team": self._watched.team,
                "joined_at": self._result.at,
                "first_run": _run(first.runs[:1]),
                "last_run": self._last_run,
            }
            self._connection.execute(insert(INCIDENT_PROBES).values(row))
        self._note(incident_id)

    def _go_on(self, incident_id: str) -> None:
        its = INCIDENT_PROBES.c.incident_id == incident_id, INCIDENT_PROBES.c.probe == self._result.probe
        last_run = {"last_run": self._last_run}
        self._connection.execute(update(INCIDENT_PROBES).where(*its).values(last_run))
        self._move(incident_id)
        self._note(incident_id)

    def _move(self, incident_id: str) -> None:
        """Move the incident's last failing run on; it is as grave as the gravest of its probes."""
        its = INCIDENTS.c.id == incident_id
        severity = self._connection.scalars(select(INCIDENTS.c.severity).where(its)).one()
        gravest = max(Severity(severity), self._watched.severity, key=_SEVERITIES.index)
        values = {"last_run": self._last_run, "severity": str(gravest)}
        self._connection.execute(update(INCIDENTS).where(its).values(values))

    def _note(self, incident_id: str) -> None:
        """Write at the result which incident it belongs to."""
        its = PROBE_RESULTS.c.probe == self._result.probe, PROBE_RESULTS.c.planned_at == self._result.planned_at
        self._connection.execute(update(PROBE_RESULTS).where(*its).values({"incident_id": incident_id}))

    def _leave(self, incident_id: str) -> Change:
        leave(self._connection, incident_id, self._result.at, probe=self._result.probe)
        return self._tell(incident_id, Happened.RECOVERED, _RECOVERED.get(self._result.standing, "can be asked again"))

    def _close(self, incident_id: str) -> list[Change]:
        if not close(self._connection, incident_id, self._result.at):
            return []
        leave(self._connection, incident_id, self._result.at)
        return [self._tell(incident_id, Happened.CLOSED, NOTHING_FAILS)]

    def _tell(self, incident_id: str, happened: Happened, text: str) -> Change:
        probe = None if happened is Happened.CLOSED else self._result.probe
        run_id = self._last_run or None
        told = Change(0, incident_id, happened, self._result.at, probe=probe, run_id=run_id, text=text)
        return tell(self._connection, told)


_RECOVERED = {Standing.WELL: "is well again"}


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
