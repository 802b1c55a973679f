"""When five cron fields come true, as Debian's cron reads them; the only import of cronsim."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from prober.loading.fields import refusal

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
