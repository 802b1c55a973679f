"""For how long each probe's channel was up, as far as the rows of its starts tell that anybody looked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app.availability import availabilities
from prober.app.work import Work
from prober.loading.config import load_config
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Missed, Schedule, Start, Watched
from prober.model.prompt import PromptTable
from prober.model.run import Layer
from prober.model.scenario import Scenario
from prober.scheduler import Timetable
from prober.store.leadership import SCHEDULE
from prober.store.store import Store

CONFIG = """\
lines: [{name: a, msisdn: 13800000001}]
probes: [{name: p, scenario: s, every: 1m, window: 100h}]
"""
PAGE = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see x")
DAY = 86400.0


class Books:
    """The rows of one probe, at hours after its first planned instant."""

    def __init__(self, folder: Path, every_s: float = 60) -> None:
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        table = PromptTable(folder, {}, {}, sha256="")
        self._work = Work.of(load_config(folder / "config.yaml", {}), table, [Scenario("s", "S", folder, "0", ())])
        self.take(every_s)
        self._first_at = Timetable("p", Schedule(every_s)).after(datetime(2026, 11, 20, tzinfo=UTC))
        self.store = Store.open(f"sqlite:///{folder}/prober.sqlite")

    def take(self, every_s: float) -> None:
        """Let the probe be played every *every_s* from now on."""
        probe = replace(self._work.probes[0], schedule=Schedule(every_s))
        self._work = replace(self._work, probes=(probe,))

    def at(self, hours: float) -> datetime:
        return self._first_at + timedelta(hours=hours)

    async def made(self, hours: float, standing: Standing = Standing.WELL) -> None:
        term = await self.store.leadership.lead(SCHEDULE) or 0
        at, cause = self.at(hours), PAGE if standing is Standing.FAILED else None
        await self.store.starts.claim("p", at, term)
        await self.store.incidents.apply(ProbeResult("p", at, at, standing, (f"{hours}",), cause, "no"), Watched("p"))

    async def missed(self, hours: float, reason: Missed, until: float | None = None, count: int = 1) -> None:
        term = await self.store.leadership.lead(SCHEDULE) or 0
        until_at = None if until is None else self.at(until)
        await self.store.starts.missed(Start("p", self.at(hours), None, reason, "", count, until_at), term)

    def told(self, now: float, lasting: float | None = None) -> tuple[float, float]:
        """Return how many hours count, of so many if they are said, and in how many it was down."""
        hours = None if lasting is None else timedelta(hours=lasting)
        (found,) = availabilities(self._work, self.store, now=self.at(now), lasting=hours)
        return round(found.of.counted / timedelta(hours=1), 2), round(found.of.down / timedelta(hours=1), 2)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize(("standing", "down"), [(Standing.WELL, 0), (Standing.FAILED, 1)])
async def test_a_robot_that_is_gone_tells_nothing(books: Books, standing: Standing, down: float) -> None:
    """From the first start on that has no row, though no robot was started since to say so."""
    await books.made(0, standing)
    await books.made(1 - 1 / 60, standing)
    assert books.told(now=60) == (1, down)
    assert books.told(now=1 + 5 / 3600) == (1, down)  # what is due may still be begun


async def test_what_was_missed_lasts_to_the_next_start(books: Books) -> None:
    """Whatever the schedule is by now."""
    await books.made(0)
    await books.missed(1, Missed.BUSY, until=9 - 1 / 60, count=480)
    await books.made(9)
    await books.made(10)
    books.take(1800)
    assert books.told(now=10.1) == (2.1, 0)


async def test_what_nobody_asked_before_the_window_lasts_into_it(tmp_path: Path) -> None:
    """The last start before it was missed, or could ask nothing: nobody knows, however short the window."""
    daily = Books(tmp_path, DAY)
    await daily.made(0)
    await daily.missed(24, Missed.BUSY)
    assert daily.told(now=47, lasting=12) == (0, 0)
    await daily.made(48)
    await daily.made(72, Standing.UNASKED)
    assert daily.told(now=60, lasting=18) == (12, 0)
    assert daily.told(now=95, lasting=12) == (0, 0)
    daily.store.close()


async def test_nobody_asked_while_a_start_was_held_back_in_an_incident(tmp_path: Path) -> None:
    """It was down, and nothing tells that it is not any more."""
    daily = Books(tmp_path, DAY)
    await daily.made(0, Standing.FAILED)
    await daily.missed(24, Missed.MAINTENANCE)
    await daily.made(48)
    assert daily.told(now=49) == (49, 48)
    daily.store.close()


async def test_no_robot_ran_until_one_leads_again(tmp_path: Path) -> None:
    """Then the incident that is open counts again, before the next start."""
    daily = Books(tmp_path, DAY)
    await daily.made(0, Standing.FAILED)
    await daily.missed(24, Missed.DOWN, until=27)
    await daily.made(48)
    assert daily.told(now=49) == (46, 45)
    daily.store.close()


async def test_a_start_that_was_never_begun_says_nothing_of_those_after_it(books: Books) -> None:
    """It was claimed, and found much later by who led next: others were made since."""
    await books.made(0)
    await books.made(1)
    await books.made(2)
    await books.missed(0.5, Missed.DOWN, until=2)
    assert books.told(now=2) == (1.5, 0)
