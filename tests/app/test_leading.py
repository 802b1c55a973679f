"""Who leads accounts for all: what others left behind, what was due meanwhile, and probes that come and go."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app import leading
from prober.app.news import About
from prober.errors import StoreBroken
from prober.model.line import Line
from prober.model.probe import Missed, Start
from prober.model.run import Outcome
from prober.store.leadership import SCHEDULE
from tests.app.conftest import NOTHING


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
from tests.app.conftest import NOTHING, Robot

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


async def stumbling(well) -> None:
    """Let the store refuse a result, and then stumble over it."""
    refusals = [StoreBroken("locked", cure="wait"), ZeroDivisionError("poison")]
    apply = well.store.incidents.apply

    async def refusing(*of: object) -> object:
        if refusals:
            raise refusals.pop(0)
        return await apply(*of)

    well.store.incidents.apply = refusing
    await well.start("one")


async def test_what_is_caught_up_with_and_stumbles_does_not_end_the_robot(robot) -> None:
    """It is told with all there is to know, and taken up with the rest at the next turn."""
    well = robot()
    await stumbling(well)
    leading_on = asyncio.create_task(well.serving.leading.run())
    await well.until(About.LEADS)
    assert "poison" in await well.until(About.TROUBLE)
    assert not leading_on.done()
    leading_on.cancel()
    await well.turn()
    assert [result.standing for result in well.store.incidents.results("one")] == ["well"]


async def test_who_stumbles_over_what_it_takes_over_leaves_the_lead_to_others(robot) -> None:
    """Else it would renew its term and start nothing; a robot that is well takes over."""
    ill, well = robot(), robot()

    async def stumbling_on(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    ill.store.starts.take_over = stumbling_on
    leading_on = asyncio.create_task(ill.serving.leading.run())
    assert "stumbles" in await ill.until(About.FOLLOWS)
    leading_on.cancel()
    assert ill.store.leadership.last_term(SCHEDULE) is None
    await well.turn()
    assert well.serving.leads


async def test_a_robot_that_stumbles_at_its_end_leaves_the_lead_all_the_same(robot) -> None:
    """Whoever waits for it takes up what is left."""
    well = robot()
    await stumbling(well)
    await well.serving._stop([])
    assert "poison" in well.told(About.TROUBLE)[-1]
    assert well.store.leadership.last_term(SCHEDULE) is None


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


@pytest.mark.parametrize("count", [600, 1])
async def test_missed_starts_of_another_schedule_end_when_they_did(robot, count: int) -> None:
    """Six hundred of every six seconds were an hour: what was due since is missed, and no clock was set back."""
    well = robot()
    an_hour_ago, until_at = (datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (61, 1))
    await well.store.leadership.lead(SCHEDULE)
    await well.store.starts.missed(Start("one", an_hour_ago, None, Missed.MAINTENANCE, "", count, until_at), 1)
    planned: dict[str, datetime] = {}
    well.serving.scheduler.plan = lambda _, since: planned.update(since)
    await well.turn()
    assert planned == {"one": until_at}


async def test_what_was_claimed_and_never_begun_accounts_for_itself_alone(robot) -> None:
    """Until when nobody led after it is told with it; what was due meanwhile was missed, too."""
    well = robot()
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await well.store.leadership.lead(SCHEDULE)
    await well.store.starts.claim("one", an_hour_ago, 1)
    await well.store.leadership.resign(SCHEDULE)
    planned: dict[str, datetime] = {}
    well.serving.scheduler.plan = lambda _, since: planned.update(since)
    await well.turn()
    assert planned == {"one": an_hour_ago}
    (missed,) = well.store.starts.missed_since(an_hour_ago)
    assert missed.told_until_at - an_hour_ago >= timedelta(hours=1)


async def test_who_leads_has_lines_started_before_their_first_run(robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of its probes, no more than may be played at once; who does not lead starts nothing."""
    well, asked = robot(), []

    async def start_ahead(lines: Iterable[Line]) -> None:
        asked.append([line.name for line in lines])

    monkeypatch.setattr(well.driver, "start_ahead", start_ahead, raising=False)
    well.serving.leading.take()
    assert well.serving._ahead is None
    await well.turn()
    await well.serving._ahead
    assert asked == [["a"]]
