"""An incident as one JSON document. Keys are only ever added."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prober.model.incident import Change, Incident


def document(incident: Incident) -> dict[str, Any]:
    """Return *incident* as a part of a JSON document, with its changes in their order."""
    cause = incident.cause
    return {
        "id": incident.id,
        "open": incident.closed_at is None,
        "kind": str(cause.kind),
        "channel": cause.channel,
        "layer": str(cause.layer),
        "step": cause.step,
        "severity": str(incident.severity),
        "what": incident.what,
        "worked": incident.worked,
        "opened_at": _instant(incident.opened_at),
        "closed_at": _instant(incident.closed_at),
        "acknowledged_at": _instant(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "snoozed_until": _instant(incident.snoozed_until),
        "first_run": incident.first_run,
        "last_run": incident.last_run,
        "probes": list(incident.probes),
        "failing": list(incident.failing),
        "items": list(incident.items),
        "teams": list(incident.teams),
        "changes": [_change(change) for change in incident.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "happened": str(change.happened),
        "at": _instant(change.at),
        "by": change.by,
        "probe": change.probe,
        "run": change.run_id,
        "text": change.text,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
