"""How the robot is, as a page: Chinese and English, light and dark, without a script or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from prober.app.signs import Sign, Words

_PARTS = (
    (Words("Channels", "渠道"), ("self-check",)),
    (Words("Schedule", "计划"), ("starts", "probes", "queue", "alarms")),
    (Words("Machine", "本机"), ("disk", "store", "memory", "loop", "clock", "ntp", "watch")),
)
_VALUES = {
    "passed": "通过",
    "failed": "未通过",
    "refused": "被拒绝",
    "unknown": "未知",
    "synchronised": "已同步",
    "not synchronised": "未同步",
}
"""The values that are words, in Chinese."""


def page(told: Mapping[str, Any], signs: Sequence[Sign]) -> str:
    """Return the page of what /readyz tells and of *signs*, those that are unwell first."""
    unwell = [sign for sign in signs if sign.well is False]
    parts = [(title, [one for one in signs if one.kind in kinds and one.well is not False]) for title, kinds in _PARTS]
    return _environment().get_template("health.html.j2").render(
        told=told, unwell=unwell, parts=[part for part in parts if part[1]], lasted=_lasted(told), values=_VALUES
    )  # fmt: skip


def _lasted(told: Mapping[str, Any]) -> Words:
    """Return how long the robot has run."""
    lasted = datetime.fromisoformat(told["now"]) - datetime.fromisoformat(told["started_at"])
    minutes = int(lasted.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return Words(f"{days} d {hours} h", f"{days} 天 {hours} 小时")
    return Words(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("prober.app"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
