"""What still worked when something broke, in words. Works inside the transaction it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from prober.judge import chinese
from prober.model.incident import ProbeResult, Standing
from prober.model.verb import ROBOT
from prober.store.tables import PROBE_RESULTS, STEPS

_LATELY = timedelta(hours=1)
_AT_MOST = 200
"""Results that are looked at, the latest first: an incident opens soon, whatever the number of probes."""
_NAMED = 3


class Told(NamedTuple):
    """The same in English and in Chinese."""

    en: str = ""
    zh: str = ""


def worked(connection: Connection, result: ProbeResult) -> Told:
    """
    Return what passed in the hour before *result*, by channel: `web: balance passed 12 s before; sms: …`.

    Of each other probe its latest result counts. Nothing is said if nothing else is known.
    """
    others = _latest_of_others(connection, result)
    well = {row.runs[-1]: row for row in others if row.standing == Standing.WELL and row.runs}
    passed: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for run_id, channel in _channels(connection, well):
        row = well[run_id]
        passed[channel].append((row.probe, max(0.0, (result.at - row.at).total_seconds())))
    if not passed:
        return Told()
    en = "; ".join(f"{channel}: {_named(probes)}" for channel, probes in sorted(passed.items()))
    zh = "；".join(
        f"{chinese.CHANNELS.get(channel, channel)}：{_named_zh(probes)}" for channel, probes in sorted(passed.items())
    )
    return Told(f"passed lately – {en}", zh)


def _named(probes: Sequence[tuple[str, float]]) -> str:
    more = f" and {len(probes) - _NAMED} more" if len(probes) > _NAMED else ""
    return ", ".join(f"{name} {ago(seconds)}" for name, seconds in probes[:_NAMED]) + more


def _named_zh(probes: Sequence[tuple[str, float]]) -> str:
    more = f"等 {len(probes)} 个" if len(probes) > _NAMED else ""
    return "、".join(f"{name} {chinese.ago(seconds)}" for name, seconds in probes[:_NAMED]) + more


def ago(seconds: float) -> str:
    """Return how long before it was: `12 s before`, `3 min before`."""
    return f"{seconds:.0f} s before" if seconds < 120 else f"{seconds / 60:.0f} min before"


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
