"""One planned start: claimed, admitted, played, and what becomes of it; or why it was missed."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app import leading
from prober.app.news import About, News
from prober.app.serving import Serving
from prober.app.work import Work
from prober.channels.fake import VERBS, Answer, FakeDriver
from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.probe import Missed, Start
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Outcome, Run, Seen
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


async def test_a_start_becomes_a_run_with_a_result(robot) -> None:
    """Its row names the run; the run names the probe and when it was planned; it is judged."""
    well = robot()
    at = datetime.now(UTC)
    await well.start("one", at)
    (run,) = well.store.queries.runs()
    assert (run.probe, run.planned_at, run.outcome) == ("one", at, Outcome.PASSED)
    assert well.store.starts.last(["one"])["one"].run_id == run.id
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
    with well.locked():
        await well.serving.starting.start(well.probes["one"], datetime.now(UTC))
    assert "is locked by another program" in well.told(About.TROUBLE)[0]
    assert [start.probe for start, _ in well.serving.starting.unsaid] == ["one"]
    await well.serving.starting.say()
    ((reason, detail),) = well.missed()
    assert reason == "BUSY"
    assert "is locked by another program" in detail


@dataclass
class Locking:
    """Locks the database as soon as a run of *robot* was told to have begun, till *locked* is over."""

    robot: Robot
    locked: ExitStack

    async def run_started(self, *_: object) -> None: ...

    async def step_started(self, *_: object) -> None: ...

    async def step_finished(self, run: Run, *_: object) -> None:
        if len(run.steps) == 2:
            self.locked.enter_context(self.robot.locked())

    async def run_finished(self, *_: object) -> None: ...


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_failure_is_judged_when_the_store_takes_how_its_run_ended(robot, attempt: int) -> None:
    """A database that was locked at that moment blocks no line, leaves no run under way, and loses no failure."""
    ill = robot(NOTHING)
    with ExitStack() as locked:
        if attempt == 2:
            ill.serving.starting.ended = lambda _: setattr(ill.serving.starting, "watchers", [Locking(ill, locked)])
        else:
            ill.serving.starting.watchers = [Locking(ill, locked)]
        await ill.start("one")
    ill.serving.starting.watchers, ill.serving.starting.ended = (), lambda _: None
    assert ill.store.incidents.results("one") == []
    await ill.turn()
    assert [run.interrupted for run in ill.store.queries.runs()] == [False] * 2
    assert [result.standing for result in ill.store.incidents.results("one")] == ["failed"]
    assert ill.missed() == []
    assert await ill.store.leases.lease(["a"], "next", 0)
    assert await ill.store.leases.lease(["b"], "after", 0)


async def test_what_the_robot_stumbled_over_is_judged_at_the_next_turn(robot) -> None:
    """Whatever kept it from being judged; a start of which no run came is missed, and it is told why."""
    well = robot()
    await well.turn()
    after, wrong = well.serving.starting.after, [RuntimeError("too many open files")]

    async def stumbles(*playing: object) -> None:
        if wrong:
            raise wrong.pop()
        await after(*playing)

    well.serving.starting.after = stumbles
    with pytest.raises(RuntimeError, match="too many open files"):
        await well.start("one")
    assert well.store.incidents.results("one") == []
    await well.turn()
    assert [result.standing for result in well.store.incidents.results("one")] == ["well"]
    well.serving.robots.one = lambda: wrong[0]  # a robot that cannot be had
    with pytest.raises(IndexError):
        await well.start("one")
    assert well.missed() == [("BUSY", "the robot stumbled: IndexError('list index out of range')")]


async def test_what_another_program_marked_is_judged_in_time(robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was told to that program alone: who leads looks for all that is left, again and again."""
    well = robot()
    await well.turn()
    well.serving.starting.after = None
    await well.start("one")
    await well.turn()
    assert well.store.incidents.results("one") == []
    monkeypatch.setattr(leading, "_LOOK_S", 0.0)
    await well.turn()
    assert [result.standing for result in well.store.incidents.results("one")] == ["well"]


async def test_a_start_for_which_the_lead_was_in_doubt_is_missed_if_it_was_held(robot) -> None:
    """Who leads in the same term accounts for it; for what another led, the other does."""
    well = robot()
    clock_s = [0.0]
    well.store.leadership._clock_s = lambda: clock_s[0]
    await well.turn()
    clock_s[0] += 9
    await well.serving.starting.start(well.probes["one"], datetime.now(UTC))
    assert well.missed() == []
    await well.turn()
    ((reason, detail),) = well.missed()
    assert (reason, "could not be sure that it leads" in detail) == ("BUSY", True)
    clock_s[0] += 9
    await well.serving.starting.start(well.probes["one"], datetime.now(UTC))
    await well.serving.starting.lead_on(2)
    assert (len(well.missed()), well.serving.starting.lapsed) == (1, [])


async def test_the_lead_is_renewed_while_it_is_taken_over(robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find out where years of starts ended takes its time."""
    well = robot()
    monkeypatch.setattr(leading, "RENEW_S", 0.01)
    renewed, turns = threading.Event(), []
    lead, last = well.store.leadership.lead, well.store.starts.last

    async def noted(name: str) -> int | None:
        turns.append(name)
        if len(turns) > 1:
            renewed.set()
        return await lead(name)

    def slow(probes: Iterable[str]) -> Mapping[str, Start]:
        assert renewed.wait(30)
        return last(probes)

    well.store.leadership.lead, well.store.starts.last = noted, slow
    await well.serving.leading.turn()
    assert well.serving.leads


KILLED_UNDER_WAY = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, "{here}")
from tests.app.test_starting import NOTHING, Robot

class Killing:
    async def run_started(self, *_): ...
    async def step_started(self, *_): ...
    async def run_finished(self, *_): ...
    async def step_finished(self, run, result):
        if result.outcome == "failed":
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    robot = Robot(Path("{folder}"), NOTHING)
    robot.serving.starting.watchers = [Killing()]
    await robot.start("one")

asyncio.run(main())
"""


def play_and_be_killed(folder: Path) -> None:
    """Be another robot, and be killed (kill -9) in a run that has failed."""
    here = Path(__file__).parents[2]
    script = KILLED_UNDER_WAY.format(here=here, folder=folder)
    ended = subprocess.run([sys.executable, "-c", script], cwd=here, check=False)
    assert ended.returncode == -signal.SIGKILL


async def test_who_takes_over_marks_and_judges_what_was_left(robot, tmp_path: Path) -> None:
    """A failed step of a run that was killed with the leader is a failure, though nobody opens the store again."""
    second = robot(NOTHING)
    play_and_be_killed(tmp_path)
    assert [run.ended_at for run in second.store.queries.runs()] == [None]
    await second.turn()
    first, *_ = reversed(second.store.queries.runs())
    assert (first.interrupted, first.outcome) == (True, Outcome.FAILED)
    assert [result.standing for result in second.store.incidents.results("one")] == ["failed"]


async def test_a_probe_that_is_gone_leaves_its_incident(robot) -> None:
    """When config.yaml is read again, and when a run of it that was under way then opens another."""
    ill = robot(NOTHING)
    await ill.turn()
    await ill.start("one")
    assert len(ill.store.incidents.find(open_only=True)) == 1
    ill.serving._take(replace(ill.work, probes=ill.work.probes[1:]))
    await ill.turn()
    assert ill.store.incidents.find(open_only=True) == []
    await ill.serving._start(ill.probes["one"], datetime.now(UTC))
    assert len(ill.store.incidents.find(open_only=True)) == 1
    await ill.turn()
    assert ill.store.incidents.find(open_only=True) == []


async def test_a_probe_that_was_gone_for_a_while_was_missed(robot) -> None:
    """What was due meanwhile is told when it is put back, and what is in time is played; a new one just begins."""
    well = robot()
    await well.turn()
    one, *others = well.work.probes
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await well.start("one", an_hour_ago)
    well.serving._take(replace(well.work, probes=tuple(others)))
    await well.turn()
    well.serving.scheduler.begin()
    well.serving._take(replace(well.work, probes=(replace(one, name="new"), one, *others)))
    assert {"one", "new"}.isdisjoint(well.serving.scheduler.planned())
    await well.turn()
    assert {"one", "new"} <= well.serving.scheduler.planned().keys()
    while not (await well.until(About.MISSED)).startswith("one: missed ×"):
        pass
    await well.serving.scheduler.close()
    (missed,) = (start for start in well.store.starts.missed_since(an_hour_ago) if start.probe == "one")
    assert (missed.missed, missed.count in (59, 60, 61)) == (Missed.DOWN, True)
    assert datetime.now(UTC) - missed.told_until_at < timedelta(minutes=2)


async def test_missed_starts_of_another_schedule_end_when_they_did(robot) -> None:
    """Six hundred of every six seconds were an hour: what was due since is missed, and no clock was set back."""
    well = robot()
    an_hour_ago, until_at = (datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (61, 1))
    await well.store.leadership.lead(SCHEDULE)
    await well.store.starts.missed(Start("one", an_hour_ago, None, Missed.MAINTENANCE, "", 600, until_at), 1)
    planned: dict[str, datetime] = {}
    well.serving.scheduler.plan = lambda _, since: planned.update(since)
    await well.turn()
    assert planned == {"one": until_at}


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


async def test_no_change_that_cannot_be_read_ends_the_robot(robot) -> None:
    """Whatever reading it stumbles over is told with its cause; the old settings go on, and the next change is read."""
    well = robot()
    before, stumbles = well.work, [RuntimeError("Symlink loop from 'scenarios'")]

    def load() -> Work:
        if stumbles:
            raise stumbles.pop()
        return well.work

    well.serving._load = load
    reloading = asyncio.create_task(well.serving._reload())
    well.serving.reload()
    assert 'the old settings go on: RuntimeError("Symlink loop' in await well.until(About.REFUSED)
    assert "Traceback" in well.news[-1].facts["traceback"]
    assert well.serving.work is before
    well.serving.reload()
    assert await well.until(About.RELOADED) == "read again, nothing changed"
    reloading.cancel()


def test_nothing_to_serve_is_bad_input(robot) -> None:
    """It says how to write a probe."""
    work = robot().work
    with pytest.raises(BadInput, match="there is nothing to serve"):
        Work.of(replace(work.settings, probes=()), work.prompts, [])
