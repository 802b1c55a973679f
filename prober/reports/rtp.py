"""A call's sound stream, second by second, as small charts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prober.reports.words import Label

WIDTH, HEIGHT = 800, 44
_AT_MOST = 3600
"""Seconds that are drawn; a call is never longer."""

_Figures = Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """
    One figure by second, as SVG paths in a box of WIDTH × HEIGHT. Where it was not measured the path has a gap.

    *bad* are bars of a second figure that ought to be nought: what was lost. *low* and *high* are its least and
    greatest value with the unit, *seconds* each value for the tooltip.
    """

    label: Label
    path: str
    low: str
    high: str
    bad: str = ""
    remark: str = ""


def charts(text: str) -> list[Chart]:
    """Return the charts of an `rtp.json`; none if *text* is none."""
    seconds = _seconds(text)
    if not seconds:
        return []

    def figures(name: str, scale: float = 1.0) -> list[float | None]:
        return [_scaled(second.get(name), scale) for second in seconds]

    lost = [_sum(second.get("lost"), second.get("discarded")) for second in seconds]
    drawn = [
        _chart(Label("收到的包", "Packets received"), figures("received"), lambda value: f"{value:.0f}/s", bad=lost),
        _chart(Label("抖动", "Jitter"), figures("jitter_s", 1000), lambda value: f"{value:.1f} ms"),
        _chart(Label("音量", "Level"), figures("level_dbfs"), lambda value: f"{value:.0f} dBFS", floor=-60.0),
        _chart(Label("发出的包", "Packets sent"), figures("sent"), lambda value: f"{value:.0f}/s"),
    ]
    return [chart for chart in drawn if chart is not None]


def _seconds(text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return []
    seconds = told.get("seconds") if isinstance(told, dict) else None
    return [second for second in seconds[:_AT_MOST] if isinstance(second, dict)] if isinstance(seconds, list) else []


def _chart(
    label: Label, values: _Figures, words: Callable[[float], str], *, floor: float = 0.0, bad: _Figures = ()
) -> Chart | None:
    """Return the chart of *values* from *floor* up; None if nothing was measured."""
    measured = [value for value in values if value is not None]
    if not measured:
        return None
    top = max(*measured, *(value or 0.0 for value in bad), floor + 1e-9)
    heights = [None if value is None else max(0.0, (value - floor) / (top - floor)) for value in values]
    # The first and the last second are hardly ever whole ones: they are drawn, but say nothing of the range.
    whole = [value for value in values[1:-1] if value is not None] or measured
    lost = sum(value or 0.0 for value in bad)
    return Chart(
        label=label,
        path=_steps(heights),
        low=words(min(whole)),
        high=words(max(whole)),
        bad=_bars([(value or 0.0) / top for value in bad]) if lost else "",
        remark=f"丢失 lost {lost:.0f}" if lost else "",
    )


def _steps(heights: _Figures) -> str:
    """Return the filled outline of a step a second, from the ground up."""
    width = WIDTH / len(heights)
    return "".join(
        f"M{at * width:.1f},{HEIGHT}V{_y(height)}H{(at + 1) * width:.1f}V{HEIGHT}Z"
        for at, height in enumerate(heights)
        if height is not None
    )


def _bars(heights: Sequence[float]) -> str:
    return _steps([max(height, 0.12) if height else None for height in heights])


def _y(height: float) -> str:
    return f"{HEIGHT - 1 - min(height, 1.0) * (HEIGHT - 3):.1f}"


def _scaled(value: object, scale: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value * scale


def _sum(*values: object) -> float | None:
    known = [value for each in values if (value := _scaled(each, 1.0)) is not None]
    return sum(known) if known else None
