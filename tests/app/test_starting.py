"""One planned start: claimed, admitted, played, and what becomes of it; or why it was missed."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from prober.app.news import About
from prober.app.work import Work
from prober.channels.fake import Answer
from prober.errors import BadInput
from prober.model.probe import Missed, Start
from prober.model.run import Observation, Outcome, Run, Seen
from prober.store.leadership import SCHEDULE
from tests.app.conftest import NOTHING, Robot


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


async def test_a_skipped_run_says_what_kept_it_from_asking(robot) -> None:
    """A number in quarantine, say: nobody has to look it up."""
    quiet = robot(Answer(Observation(Seen.NOT_ASKED, actual="number in quarantine")))
    await quiet.start("one")
    assert quiet.told(About.RUN)[0].startswith("one: skipped, was not asked: number in quarantine")


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


async def test_a_start_that_was_made_is_not_told_as_missed(robot) -> None:
    """A robot that was stopped and goes on comes too late for what another one made meanwhile."""
    well = robot()
    at = datetime.now(UTC)
    await well.start("one", at)
    await well.serving.starting.miss(Start("one", at, None, Missed.LATE))
    assert well.told(About.MISSED) == []


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
    """Whatever kept it from being judged."""
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


async def test_a_start_the_robot_stumbled_over_is_missed_for_that(robot) -> None:
    """Nothing it needs was taken; what the error says is masked as all that is told."""
    well = robot()
    await well.turn()

    def none_left() -> None:
        raise OSError(24, "too many open files: calls/13812345678.wav")

    well.serving.robots.one = none_left
    with pytest.raises(OSError, match="too many"):
        await well.start("one")
    (told,) = (news.text for news in well.news if news.about is About.MISSED)
    assert told.startswith("one: missed, the robot stumbled: OSError(24, ")
    ((reason, detail),) = well.missed()
    assert reason == "STUMBLED"
    assert "13812345678" not in told + detail


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
