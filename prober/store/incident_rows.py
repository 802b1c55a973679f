"""Incidents, their changes and what they were made of, as rows and back. Works inside the transaction it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from prober.model.incident import Cause, Change, Happened, Incident, Kind, ProbeResult, Standing
from prober.model.probe import Severity
from prober.model.run import Layer
from prober.store.tables import INCIDENT_CHANGES, INCIDENT_PROBES

_RESULT_FIELDS = ("probe", "planned_at", "at", "what", "maintenance")
_INCIDENT_FIELDS = (
    *("id", "opened_at", "what", "first_run", "last_run", "worked", "closed_at"),
    *("acknowledged_at", "acknowledged_by", "snoozed_until"),
)


def cause_columns(cause: Cause) -> dict[str, str]:
    """Return *cause* as the four columns it has in two tables."""
    return {"kind": str(cause.kind), "channel": cause.channel, "layer": str(cause.layer), "step": cause.step}


def cause_of(row: RowMapping) -> Cause:
    """Return the cause of a row that has one."""
    return Cause(Kind(row["kind"]), row["channel"], Layer(row["layer"]), row["step"])


def result_row(result: ProbeResult) -> dict[str, Any]:
    """Return the row of *result*."""
    row: dict[str, Any] = {name: getattr(result, name) for name in _RESULT_FIELDS}
    row |= {"standing": str(result.standing), "runs": list(result.runs), "what_zh": result.what_zh or None}
    return row | (cause_columns(result.cause) if result.cause else {})


def result_of(row: RowMapping) -> ProbeResult:
    """Return the result that *row* was made from."""
    return ProbeResult(
        **{name: row[name] for name in _RESULT_FIELDS},
        standing=Standing(row["standing"]),
        runs=tuple(row["runs"]),
        what_zh=row["what_zh"] or "",
        cause=cause_of(row) if row["kind"] else None,
    )


def change_of(row: RowMapping) -> Change:
    """Return the change that *row* was made from."""
    return Change(**(dict(row) | {"happened": Happened(row["happened"])}))


def read(connection: Connection, wanted: Select[Any]) -> list[Incident]:
    """Return the incidents that *wanted* selects from their table, whole, in its order: one statement a table."""
    found = connection.execute(wanted).mappings().all()
    ids = [row["id"] for row in found]
    probes, changes = defaultdict(list), defaultdict(list)
    members = select(INCIDENT_PROBES).where(INCIDENT_PROBES.c.incident_id.in_(ids))
    for row in connection.execute(members.order_by(INCIDENT_PROBES.c.joined_at, INCIDENT_PROBES.c.probe)).mappings():
        probes[row["incident_id"]].append(row)
    made = select(INCIDENT_CHANGES).where(INCIDENT_CHANGES.c.incident_id.in_(ids)).order_by(INCIDENT_CHANGES.c.id)
    for row in connection.execute(made).mappings():
        changes[row["incident_id"]].append(change_of(row))
    return [_incident(row, probes[row["id"]], changes[row["id"]]) for row in found]


def _incident(row: RowMapping, probes: Sequence[RowMapping], changes: Sequence[Change]) -> Incident:
    return Incident(
        **{name: row[name] for name in _INCIDENT_FIELDS},
        cause=cause_of(row),
        severity=Severity(row["severity"]),
        what_zh=row["what_zh"] or "",
        worked_zh=row["worked_zh"] or "",
        probes=tuple(one["probe"] for one in probes),
        failing=tuple(one["probe"] for one in probes if one["recovered_at"] is None),
        items=_each(one["item"] for one in probes),
        teams=_each(one["team"] for one in probes),
        changes=tuple(changes),
    )


def _each(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
