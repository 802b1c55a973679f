"""When five cron fields come true, as Debian's cron reads them; the only import of cronsim."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from prober.loading.fields import refusal

_ENOUGH = 1000
"""So many times one after another without a gap, and it is taken for endless."""
_FIELDS = "write minute, hour, day, month and weekday: 0 8 * * 1-5"


def cron_fields(text: str) -> str:
    """Return *text* if it is five cron fields that come true some day; refuse it else."""
    if len(text.split()) != 5:
        raise refusal(f"‘{text}’ is not five cron fields", _FIELDS)
    try:
        next(CronSim(text, datetime.now(UTC)))
    except CronSimError as exc:
        raise refusal(f"‘{text}’ is not five cron fields: {exc}", _FIELDS) from exc
    except StopIteration:
        raise refusal(f"‘{text}’ never comes true", _FIELDS) from None
    return text


def after(cron: str, timezone: str, instant: datetime) -> Iterator[datetime]:
    """Yield the instants later than *instant*, aware UTC, at which *cron* comes true in *timezone*."""
    for at in CronSim(cron, instant.astimezone(ZoneInfo(timezone))):
        yield at.astimezone(UTC)


def before(cron: str, timezone: str, instant: datetime) -> Iterator[datetime]:
    """Yield those earlier than *instant*, the latest first."""
    for at in CronSim(cron, instant.astimezone(ZoneInfo(timezone)), reverse=True):
        yield at.astimezone(UTC)


def ends(cron: str, timezone: str, lasts_s: float) -> bool:
    """Return whether hours that begin by *cron* and last so long end some day, before the next ones begin."""
    at = next(after(cron, timezone, datetime.now(UTC)))
    for _ in range(_ENOUGH):
        try:
            latest = next(before(cron, timezone, at + timedelta(seconds=lasts_s, microseconds=1)))
        except OverflowError:
            return False
        if latest <= at:
            return True
        at = latest
    return False
