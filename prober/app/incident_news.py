"""Tells of each change of an incident once, whoever made it."""

from __future__ import annotations

import asyncio

from prober.app.news import About, Mood, News, Tell
from prober.errors import StoreBroken
from prober.model.incident import Change, Happened, Incident
from prober.model.run import Fact
from prober.store.store import Store

_MOODS = {Happened.OPENED: Mood.FAILED, Happened.JOINED: Mood.FAILED, Happened.CLOSED: Mood.GOOD}


class IncidentNews:
    """Reads the stored changes, those that people made from elsewhere among them."""

    def __init__(self, store: Store, tell: Tell) -> None:
        self._store, self._tell = store, tell
        self._after_id = 0
        self._looking: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def begin(self) -> None:
        """Tell nothing of what happened before."""
        while changes := await asyncio.to_thread(self._store.incidents.changes, self._after_id):
            self._after_id = changes[-1].id

    def look(self) -> None:
        """Tell what is new, soon."""
        task = asyncio.create_task(self._look())
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def open(self) -> int | None:
        """Return how many incidents are open, and tell what is new; None if the store does not say."""
        await self._look()
        try:
            return len(await asyncio.to_thread(self._store.incidents.find, open_only=True, limit=None))
        except StoreBroken:
            return None

    async def _look(self) -> None:
        async with self._one_at_a_time:
            try:
                changes = await asyncio.to_thread(self._store.incidents.changes, self._after_id)
                for change in changes:
                    self._after_id = change.id
                    self._say(change, await asyncio.to_thread(self._store.incidents.get, change.incident_id))
            except StoreBroken as broken:
                self._tell(News(About.TROUBLE, str(broken), Mood.ERROR))

    def _say(self, change: Change, incident: Incident | None) -> None:
        of = f" on {incident.cause.channel}" if incident else ""
        by = f" by {change.by}" if change.by else ""
        who = f" {change.probe}" if change.probe else ""
        what = change.text or (incident.what if incident else "")
        said = f"incident {change.incident_id}{of} {change.happened}{by}:{who} {what}".rstrip(": ")
        facts: dict[str, Fact] = {
            "incident": change.incident_id,
            "happened": str(change.happened),
            "probe": change.probe,
            "run": change.run_id,
            "by": change.by,
        }
        self._tell(News(About.INCIDENT, said, _MOODS.get(change.happened, Mood.PLAIN), facts))
