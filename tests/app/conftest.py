"""A robot at work on a fake channel."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app.news import About, News
from prober.app.self_checks import SelfChecks
from prober.app.serving import Serving
from prober.app.work import Work
from prober.channels.fake import VERBS, Answer, FakeDriver
from prober.loading.config import load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Seen
from prober.model.scenario import Scenario
from prober.store.leadership import SCHEDULE
from prober.store.store import Store
from tests.app.watching import Clocks

CONFIG = """\
store: {{url: "sqlite:///{folder}/prober.sqlite"}}
evidence: {{path: "{folder}/evidence"}}
lines:
  - {{name: a, msisdn: 13800000001}}
  - {{name: b, msisdn: 13800000002}}
serve: {{port: 0}}
maintenance: [{{name: the night, cron: "* * * * *", lasts: 2m, items: [closed], probing: pauses}}]
probes:
  - {{name: one, scenario: one, every: 1m, grace: 1s}}
  - {{name: alone, scenario: one, every: 1m, grace: 1s, lines: [a]}}
  - {{name: paused, scenario: paused, every: 1m}}
"""
HEARD = Answer(Observation(Seen.EXPECTED))
NOTHING = Answer(Observation(Seen.WRONG_CONTENT, actual="nothing of the kind"))


def scenario(name: str, **more: str) -> Scenario:
    steps = tuple(Vocabulary(VERBS).step(one)[0] for one in ({"fake.say": "hello"}, {"fake.hear": "hello"}))
    return Scenario(name, name, Path(f"{name}.yaml"), "0", ("fake",), steps=steps, **more)  # type: ignore[arg-type]


class Robot:
    """A robot at work on a fake channel, and all it told."""

    def __init__(self, folder: Path, *answers: Answer) -> None:
        config = folder / "config.yaml"
        config.write_text(CONFIG.format(folder=folder), encoding="utf-8")
        settings = replace(load_config(config, {}), channels={"fake": None})
        self.news: list[News] = []
        self.latest: asyncio.Queue[News] = asyncio.Queue()
        self.work = Work.of(
            settings, PromptTable(folder, {}, {}, sha256=""), [scenario("one"), scenario("paused", item="closed")]
        )
        self.store = Store.open(settings.store.url, busy_timeout_s=0.2)
        self.driver = FakeDriver({"hear": answers or [HEARD]})
        self.serving = Serving(
            self.work, self.store, load=lambda: self.work, tell=self._tell, drivers={"fake": self.driver}
        )
        self.probes = {probe.name: probe for probe in self.work.probes}
        self.file = folder / "prober.sqlite"

    def _tell(self, news: News) -> None:
        self.news.append(news)
        self.latest.put_nowait(news)

    async def until(self, about: About) -> str:
        async with asyncio.timeout(30):
            while (news := await self.latest.get()).about is not about:
                pass
        return news.text

    async def start(self, name: str, at: datetime | None = None) -> None:
        await self.store.leadership.lead(SCHEDULE)
        await self.serving.starting.start(self.probes[name], at or datetime.now(UTC))

    def missed(self) -> list[tuple[str, str]]:
        since = datetime.now(UTC) - timedelta(hours=1)
        return [(str(one.missed and one.missed.name), one.detail) for one in self.store.starts.missed_since(since)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let another program hold the database."""
        holder = sqlite3.connect(self.file, isolation_level=None)
        holder.execute("begin immediate")
        try:
            yield
        finally:
            holder.execute("rollback")
            holder.close()

    async def turn(self) -> None:
        """Do what is done every two seconds, and wait for what is taken up."""
        await self.serving.leading.turn()
        await asyncio.gather(*self.serving.leading.under_way)

    def told(self, about: About) -> list[str]:
        return [one.text for one in self.news if one.about is about]


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[Callable[..., Robot]]:
    """Makes a robot whose channel gives these answers, the last one for ever."""
    made: list[Robot] = []

    def make(*answers: Answer) -> Robot:
        made.append(Robot(tmp_path, *answers))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in a file."""
    opened = Store.open(f"sqlite:///{tmp_path}/p.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def clocks() -> Clocks:
    """The clocks of a robot that watches itself."""
    return Clocks()


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirm a failure at once."""
    monkeypatch.setattr(SelfChecks, "confirm_s", 0.0)
