"""The availability of probes, as a person reads it on a terminal and a machine as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from prober.app.availability import Available

_MET = {
    True: Text("✓ met", "green"),
    False: Text("✗ missed", "bold red"),
    None: Text("nothing known", "dim"),
}


def table(found: Sequence[Available], now: datetime) -> Table:
    """Return a line a probe."""
    drawn = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("item", "probe"):
        drawn.add_column(heading, overflow="fold")
    for heading in ("over", "available", "objective", "down", "not counted"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("")
    for one in found:
        share, objective = one.of.share, one.probe.objective
        drawn.add_row(
            one.probe.scenario.item or "–",
            Text(one.probe.name, "bold"),
            _lasting(now - one.since),
            "–" if share is None else _percent(share),
            f"{objective * 100:g} %",
            _lasting(one.of.down),
            _lasting(one.of.excluded),
            _MET[one.of.meets(objective)],
        )
    return drawn


def document(found: Iterable[Available], now: datetime) -> dict[str, Any]:
    """Return the JSON document: a share is 0..1, null where nothing is known."""
    return {
        "version": 1,
        "availability": [
            {
                "probe": one.probe.name,
                "item": one.probe.scenario.item,
                "since": one.since.isoformat(),
                "until": now.isoformat(),
                "availability": one.of.share,
                "objective": one.probe.objective,
                "met": one.of.meets(one.probe.objective),
                "counted_s": one.of.counted.total_seconds(),
                "down_s": one.of.down.total_seconds(),
                "excluded_s": one.of.excluded.total_seconds(),
            }
            for one in found
        ],
    }


def _percent(share: float) -> str:
    """Return *share* so that what was not whole is never told as 100 %."""
    return f"{int(share * 100_000) / 1000:.3f} %"


def _lasting(duration: timedelta) -> str:
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    if minutes < 1:
        return f"{seconds} s"
    if minutes < 180:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 72 else f"{hours // 24} d {hours % 24} h"
