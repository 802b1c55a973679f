"""One planned start: claimed, admitted, played, and what becomes of it; or why it was missed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app.news import About, News
from prober.app.serving import Serving
from prober.app.work import Work
from prober.channels.fake import VERBS, Answer, FakeDriver
from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Outcome, Seen
from prober.model.scenario import Scenario
from prober.store.leadership import SCHEDULE
from prober.store.store import Store

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


async def test_a_start_becomes_a_run_with_a_result(robot) -> None:
    """Its row names the run; the run names the probe and when it was planned; it is judged."""
    well = robot()
    at = datetime.now(UTC)
    await well.start("one", at)
    (run,) = well.store.queries.runs()
    assert (run.probe, run.planned_at, run.outcome) == ("one", at, Outcome.PASSED)
    assert well.store.starts.last()["one"].run_id == run.id
    assert [result.standing for result in well.store.incidents.results("one")] == ["well"]
    assert well.told(About.RUN) == []


async def test_an_instant_is_started_once(robot) -> None:
    """Nobody starts it again; and who does not lead starts nothing."""
    well = robot()
    at = datetime.now(UTC)
    await well.start("one", at)
    await well.start("one", at)
    await well.store.leadership.resign(SCHEDULE)
    await well.serving.starting.start(well.probes["one"], at + timedelta(seconds=1))
    assert len(well.store.queries.runs()) == 1


async def test_a_failure_is_repeated_on_another_line(robot) -> None:
    """Both attempts are told and kept, of one planned instant, and an incident opens."""
    ill = robot(NOTHING)
    await ill.start("one")
    second, first = ill.store.queries.runs()
    assert {(run.attempt, run.outcome) for run in (first, second)} == {(1, Outcome.FAILED), (2, Outcome.FAILED)}
    assert first.planned_at == second.planned_at
    assert {first.line, second.line} == {"a", "b"}
    assert len(ill.told(About.RUN)) == 2
    assert any("(second attempt)" in text for text in ill.told(About.RUN))
    assert len(ill.store.incidents.find(open_only=True)) == 1


async def test_what_is_busy_is_named(robot) -> None:
    """A line another robot or a person holds; a line and a channel of this robot's own."""
    well = robot()
    await well.store.leases.lease(["a"], "a person's run", 0)
    await well.start("alone")
    await well.store.leases.release("a person's run")
    well.serving.admission.limits = {"channel fake": 0}
    await well.start("one")
    assert well.missed() == [
        ("BUSY", "other robots or people hold a"),
        ("BUSY", "channel fake: 0 at once is the limit"),
    ]
    assert well.store.queries.runs() == []
    assert well.told(About.MISSED)[0] == (
        "alone: missed, nothing it needs came free in time: other robots or people hold a"
    )


async def test_maintenance_pauses_probing(robot) -> None:
    """Nothing is played in a window that says so; its name is kept."""
    well = robot()
    await well.start("paused")
    assert well.missed() == [("MAINTENANCE", "the night")]
    assert well.store.queries.runs() == []


async def test_what_the_store_would_not_keep_is_kept_when_it_does(robot) -> None:
    """A database that another program holds: it is told, nothing ends, and what was missed is written afterwards."""
    well = robot()
    await well.store.leadership.lead(SCHEDULE)
    holder = sqlite3.connect(well.file, isolation_level=None)
    holder.execute("begin immediate")
    await well.serving.starting.start(well.probes["one"], datetime.now(UTC))
    assert "is locked by another program" in well.told(About.TROUBLE)[0]
    assert [start.probe for start in well.serving.starting.unsaid] == ["one"]
    holder.execute("rollback")
    holder.close()
    await well.serving.starting.say()
    ((reason, detail),) = well.missed()
    assert reason == "BUSY"
    assert "is locked by another program" in detail


async def test_a_change_of_the_store_is_refused_while_it_serves(robot) -> None:
    """It says so, and goes on by the old settings; a good change says what is different."""
    well = robot()
    before = well.work
    moved = before.settings.store.model_copy(update={"url": "sqlite:////tmp/other.sqlite"})
    well.work = replace(before, settings=replace(before.settings, store=moved))
    reloading = asyncio.create_task(well.serving._reload())
    well.serving.reload()
    assert await well.until(About.REFUSED) == "the change is refused, and the old settings go on: 1 mistake"
    assert well.serving.work is before
    well.work = replace(before, probes=before.probes[:2])
    well.serving.reload()
    assert await well.until(About.RELOADED) == "removed 1 probe: paused"
    reloading.cancel()
    assert well.serving.work is well.work


def test_nothing_to_serve_is_bad_input(robot) -> None:
    """It says how to write a probe."""
    work = robot().work
    with pytest.raises(BadInput, match="there is nothing to serve"):
        Work.of(replace(work.settings, probes=()), work.prompts, [])
