"""Quiet hours: from when on somebody may be told."""

from __future__ import annotations

from datetime import datetime, timedelta

from prober.loading.cron import before
from prober.model.alarm import Quiet
from prober.model.probe import Severity


def told_from(quiet: Quiet | None, severity: Severity, now: datetime) -> datetime:
    """Return *now*, or the end of the quiet hours it lies in, if so severe an incident is held back in them."""
    if quiet is None or (quiet.critical and severity is Severity.CRITICAL):
        return now
    # `before` leaves the instant itself out, and the hours begin with their first one.
    began_at = next(before(quiet.cron, quiet.timezone, now + timedelta(microseconds=1)))
    return max(now, began_at + timedelta(seconds=quiet.lasts_s))
