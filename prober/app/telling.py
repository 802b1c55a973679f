"""Who is told of incidents, put together from the settings of a workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from prober.alerts.base import Around
from prober.alerts.sending import Sender
from prober.alerts.telling import Alerts
from prober.alerts.tickets import Desk
from prober.alerts.words import Writer
from prober.app.texting import Texting
from prober.loading.config import Settings
from prober.loading.config_alerts import ways
from prober.loading.config_secrets import secret_values
from prober.loading.maintenance import standing, windows
from prober.loading.masking import Masker
from prober.store.place import password_in
from prober.store.store import Store


class Telling:
    """Tells people of incidents while the robot serves, always by the latest settings."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        self._alerts = alerts_of(settings, store)
        self._taken = asyncio.Event()

    @property
    def trouble(self) -> str:
        """What keeps all alarms from being told now; "" if nothing does."""
        return self._alerts.trouble

    @property
    def stumbled(self) -> str:
        """Which ways, tickets among them, the robot stumbles over, and how; "" if none."""
        return self._alerts.stumbled

    def wake(self) -> None:
        """Look at once whether there is something to tell."""
        self._alerts.wake()

    def take(self, settings: Settings) -> None:
        """Go on by *settings*; what is under way by the old ones has a few seconds to end."""
        self._alerts = alerts_of(settings, self._store)
        self._taken.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._taken.clear()
            telling = asyncio.create_task(self._alerts.run())
            taken = asyncio.create_task(self._taken.wait())
            try:
                done, _ = await asyncio.wait([telling, taken], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (telling, taken):
                    task.cancel()
                await asyncio.gather(telling, taken, return_exceptions=True)
            if telling in done:
                telling.result()


def utc_now() -> datetime:
    """Return the instant."""
    return datetime.now(UTC)


def alerts_of(settings: Settings, store: Store, *, now: Callable[[], datetime] = utc_now) -> Alerts:
    """Return what tells people of the incidents in *store*, as *settings* say."""
    held = windows(settings.maintenance)

    def window(item: str | None, at: datetime) -> str:
        found = standing(held, item, at)
        return found.name if found else ""

    around = Around(store.incidents, store.alarms, window, _texting(settings), now, writer_of(settings))
    return Alerts(ways(settings.alerts), around, desk_of(settings, store, now=now) if settings.tickets else None)


def desk_of(settings: Settings, store: Store, *, now: Callable[[], datetime] = utc_now) -> Desk:
    """Return what hands incidents over to other systems."""
    writer = writer_of(settings)
    return Desk(settings.tickets, incidents=store.incidents, tickets=store.tickets, writer=writer, now=now)


def sender_of(settings: Settings) -> Sender:
    """Return what sends a message by any of the ways."""
    return Sender(_texting(settings))


def writer_of(settings: Settings) -> Writer:
    """Return what writes alarms: in the workspace's time zone, with nothing in them that is secret anywhere in it."""
    return Writer(settings.orders.timezone, settings.serve.link, masker_of(settings))


def masker_of(settings: Settings) -> Masker:
    """Return what takes out of a text all that is secret anywhere in the workspace, and what looks private."""
    secrets = {secret for line in settings.lines for secret in (*line.secrets.values(), line.sip.password)}
    secrets |= {*secret_values((settings.channels, settings.serve, settings.store, settings.evidence))}
    secrets |= {password_in(settings.store.url)} | {alert.url for alert in settings.alerts if alert.url}
    headers = [settings.telemetry.headers, *(system.headers for system in settings.tickets)]
    secrets |= {value for each in headers for value in each.values()}
    return Masker(secrets, settings.masking)


def _texting(settings: Settings) -> Texting:
    return Texting(settings.channels.get("sms"), settings.lines)
