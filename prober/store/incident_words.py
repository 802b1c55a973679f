"""What still worked when something broke, in words. Works inside the transaction it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from prober.model.incident import ProbeResult, Standing
from prober.model.verb import ROBOT
from prober.store.tables import PROBE_RESULTS, STEPS

_LATELY = timedelta(hours=1)
_AT_MOST = 200
"""Results that are looked at, the latest first: an incident opens soon, whatever the number of probes."""
_NAMED = 3


def worked(connection: Connection, result: ProbeResult) -> str:
    """
    Return what passed in the hour before *result*, by channel: `web: balance passed 12 s before; sms: …`.

    Of each other probe its latest result counts. "" if nothing else is known.
    """
    others = _latest_of_others(connection, result)
    well = {row.runs[-1]: row for row in others if row.standing == Standing.WELL and row.runs}
    passed: dict[str, list[str]] = defaultdict(list)
    for run_id, channel in _channels(connection, well):
        row = well[run_id]
        passed[channel].append(f"{row.probe} {ago(row.at, result.at)}")
    told = [f"{channel}: {_named(names)}" for channel, names in sorted(passed.items())]
    return f"passed lately – {'; '.join(told)}" if told else ""


def ago(at: datetime, then: datetime) -> str:
    """Return how long before *then* it was: `12 s before`, `3 min before`."""
    before_s = max(0.0, (then - at).total_seconds())
    return f"{before_s:.0f} s before" if before_s < 120 else f"{before_s / 60:.0f} min before"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _latest_of_others(connection: Connection, result: ProbeResult) -> Collection[Row[Any]]:
    results = PROBE_RESULTS.c
    lately = (results.at >= result.at - _LATELY, results.at <= result.at, results.maintenance == "")
    wanted = select(results.probe, results.at, results.standing, results.runs).where(*lately)
    wanted = wanted.where(results.probe != result.probe, results.standing != str(Standing.UNASKED))
    latest: dict[str, Any] = {}
    for row in connection.execute(wanted.order_by(results.at.desc()).limit(_AT_MOST)):
        latest.setdefault(row.probe, row)
    return latest.values()


def _channels(connection: Connection, runs: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Return each of *runs* with each channel it spoke on, the runs in the order they are given."""
    order = {run_id: number for number, run_id in enumerate(runs)}
    asked = select(STEPS.c.run_id, STEPS.c.channel).where(STEPS.c.run_id.in_(order), STEPS.c.channel != ROBOT)
    found = {(row.run_id, row.channel) for row in connection.execute(asked)}
    return sorted(found, key=lambda one: (order[one[0]], one[1]))
