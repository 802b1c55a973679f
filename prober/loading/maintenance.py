"""Maintenance windows: which of them an item is in at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prober.loading.config_service import MaintenanceSettings
from prober.loading.cron import before
from prober.model.maintenance import Maintenance
from prober.model.span import Span


def windows(settings: Iterable[MaintenanceSettings]) -> tuple[Maintenance, ...]:
    """Return the windows of config.yaml."""
    return tuple(
        Maintenance(one.name, one.cron, one.lasts, one.timezone, one.items, pauses=one.probing == "pauses")
        for one in settings
    )


def standing(windows: Iterable[Maintenance], item: str | None, at: datetime) -> Maintenance | None:
    """Return the first of *windows* that *item* is in at the aware instant *at*; None if it is in none."""
    return next((window for window in windows if _concerns(window, item) and _holds(window, at)), None)


def held(windows: Iterable[Maintenance], item: str | None, span: Span) -> Iterator[Span]:
    """Yield from when to when *item* was in one of *windows*, of those that touch *span*; they may overlap."""
    begin, end = span
    for window in windows:
        lasts = timedelta(seconds=window.lasts_s)
        for at in before(window.cron, window.timezone, end) if _concerns(window, item) else ():
            if at + lasts <= begin:
                break
            yield at, at + lasts


def _concerns(window: Maintenance, item: str | None) -> bool:
    return not window.items or item in window.items


def _holds(window: Maintenance, at: datetime) -> bool:
    # `before` leaves *at* itself out, and a window begins with its first instant.
    began_at = next(before(window.cron, window.timezone, at + timedelta(microseconds=1)))
    return at - began_at < timedelta(seconds=window.lasts_s)
