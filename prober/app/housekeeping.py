"""Keeps the store in order while the robot serves: counts figures every hour, and prunes once a day."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from prober.app.improving import Improving
from prober.app.news import About, Mood, News, Tell
from prober.errors import StoreBroken
from prober.loading.config import Settings
from prober.store.store import Store

FIRST_AFTER_S = 600.0
EVERY_S = 3600.0
PRUNED_EVERY = 24


class _Led(Protocol):
    """Whoever keeps the schedule; one of several that do."""

    @property
    def leads(self) -> bool: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...


async def keep_house(
    robot: _Led, tell: Tell, *, now: Callable[[], datetime], wait: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """
    Count what is over by the hour, for ever, and prune at first and every 24th time; only while *robot* leads.

    A store that refuses is told, and tried again an hour later.
    """
    await wait(FIRST_AFTER_S)
    rounds = 0
    while True:
        if robot.leads:
            try:
                await _round(robot, tell, now(), prune=rounds % PRUNED_EVERY == 0)
                rounds += 1
            except (StoreBroken, OSError) as exc:
                tell(News(About.TROUBLE, f"the store was not put in order: {exc}", Mood.ERROR))
        await wait(EVERY_S)


async def _round(robot: _Led, tell: Tell, now: datetime, *, prune: bool) -> None:
    for one in await Improving(robot.store).settle():  # before its runs are pruned
        tell(News(About.IMPROVED, f"{one.name} of {one.item} is done: {one.what}", Mood.GOOD))
    if not prune:
        await robot.store.rollups.roll(now)
        return
    settings = robot.settings
    pruned = await robot.store.retention.prune(settings.evidence.path, settings.retention, now=now)
    if not pruned.nothing:
        facts = {"runs": pruned.runs, "files": pruned.files, "bytes": pruned.bytes}
        text = f"freed what is kept no longer: {pruned.files} files of evidence ({pruned.bytes} B), {pruned.runs} runs"
        tell(News(About.PRUNED, text, Mood.DIM, facts))
