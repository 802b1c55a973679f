"""From the end of a probe's run to what is kept and told of it, with the store that keeps it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.errors import StoreBroken
from prober.model.incident import Change, Incident, Kind, ProbeResult, Standing
from prober.model.line import Line
from prober.model.probe import Probe, Schedule, Watched
from prober.model.run import Failure, Layer, Outcome, Run, StepResult
from prober.model.scenario import Effects, Scenario
from prober.pipeline import Busy, Pipeline
from prober.store.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAILED, PASSED = Outcome.FAILED, Outcome.PASSED
SCENARIO = Scenario("balance", "B", Path("b.yaml"), "", ("web",), item="balance")
PROBE = Probe("web", SCENARIO, Schedule(every_s=60), (Line("one", "13800000001"), Line("two", "13800000002")))


def run(run_id: str, outcome: Outcome = FAILED, *, at: datetime = NOON, attempt: int = 1, **more: object) -> Run:
    """A run of the probe that was planned for *at*, and took five seconds."""
    ended = at + timedelta(seconds=5)
    broken = StepResult(0, "web.see x", "web", "see", outcome, at, ended, layer=Layer.PAGE, failure=Failure("no page"))
    steps = (broken if outcome is FAILED else replace(broken, layer=None, failure=None),)
    made = Run(
        *(run_id, "balance", "B", "one", at, at, "", "", ""),
        item="balance",
        probe="web",
        attempt=attempt,
        ended_at=ended,
        outcome=outcome,
        steps=steps,
    )
    return replace(made, **more)


@dataclass
class Robot:
    """A pipeline, and what it asks for and tells: *second* is the second attempt that is played, if any."""

    store: Store
    second: Run | None = None
    maintenance: str = ""
    now: datetime = NOON + timedelta(seconds=6)
    repeated: list[str] = field(default_factory=list)
    told: int = 0

    def pipeline(self, incidents: object = None, busy: Busy | None = None) -> Pipeline:
        """Return a pipeline whose clock stands at *now*."""
        return Pipeline(
            again=self._again,
            incidents=incidents or self.store.incidents,  # type: ignore[arg-type]
            maintenance=lambda item, at: self.maintenance if item == "balance" else "",
            told=self._tell,
            now=lambda: self.now,
            busy=busy or Busy(),
        )

    async def keep(self, *runs: Run) -> None:
        """Keep runs that nothing is made of yet."""
        for one in runs:
            await self.store.run_started(replace(one, steps=(), outcome=None, ended_at=None))
            if one.ended_at is not None:
                await self.store.run_finished(one)

    async def _again(self, probe: Probe, first: Run) -> Run | None:
        self.repeated.append(first.id)
        return self.second

    def _tell(self) -> None:
        self.told += 1

    def standings(self) -> list[Standing]:
        return [one.standing for one in self.store.incidents.results()]

    def incidents(self) -> list[Incident]:
        return self.store.incidents.find()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the store is."""
    return f"sqlite:///{tmp_path}/prober.sqlite"


@pytest.fixture
def robot(url: str) -> Iterator[Robot]:
    """A robot with a store."""
    store = Store.open(url)
    yield Robot(store)
    store.close()


async def test_a_failure_is_confirmed_before_it_is_an_incident(robot: Robot) -> None:
    """Both attempts are of it, and people are told."""
    robot.second = run("b", attempt=2)
    await robot.pipeline().after(PROBE, run("a"))
    (incident,) = robot.incidents()
    assert (robot.repeated, robot.told) == (["a"], 1)
    assert (incident.first_run, incident.last_run, incident.items) == ("a", "b", ("balance",))


async def test_a_pass_on_the_second_attempt_is_flaky(robot: Robot) -> None:
    """It is kept as that, and nobody is told."""
    robot.second = run("b", PASSED, attempt=2)
    await robot.pipeline().after(PROBE, run("a"))
    assert (robot.standings(), robot.incidents(), robot.told) == ([Standing.FLAKY], [], 0)


async def test_a_pass_is_not_repeated(robot: Robot) -> None:
    """One attempt is enough."""
    await robot.pipeline().after(PROBE, run("a", PASSED))
    assert (robot.standings(), robot.repeated) == ([Standing.WELL], [])


async def test_what_could_not_be_repeated_waits_for_the_next_failure_and_says_why(robot: Robot) -> None:
    """Two in a row confirm each other; the reason stands in the incident."""
    robot.second = run("b", Outcome.SKIPPED, attempt=2, steps=(), remark="number in quarantine for another 30 s")
    pipeline = robot.pipeline()
    await pipeline.after(PROBE, run("a"))
    assert (robot.standings(), robot.incidents()) == ([Standing.UNCONFIRMED], [])
    robot.second = None
    await pipeline.after(PROBE, run("c", at=NOON + timedelta(minutes=1)))
    (incident,) = robot.incidents()
    assert incident.what == "no page (not repeated: no second attempt could be made)"
    assert robot.store.incidents.results()[-1].what == "no page (not repeated: number in quarantine for another 30 s)"
    assert (incident.first_run, incident.last_run) == ("a", "c")


async def test_a_dead_channel_is_told_though_every_repeat_is_an_error(robot: Robot) -> None:
    """The other line's account may be refused for days: that hides no outage."""
    refused = StepResult(0, "web.open x", "web", "open", Outcome.ERROR, NOON, NOON, layer=Layer.ROBOT)
    pipeline = robot.pipeline()
    for name, at in (("a", NOON), ("c", NOON + timedelta(minutes=1))):
        robot.second = run(f"{name}2", Outcome.ERROR, at=at, attempt=2, steps=(refused,), remark="account refused")
        await pipeline.after(PROBE, run(name, at=at))
    (incident,) = robot.incidents()
    assert (incident.cause.kind, incident.first_run, incident.last_run) == (Kind.CHANNEL, "a", "c")
    assert incident.what == "no page (not repeated: the second attempt could not ask: account refused)"


async def test_what_orders_is_never_repeated(robot: Robot) -> None:
    """Whatever it says."""
    ordering = replace(PROBE, scenario=replace(SCENARIO, effects=Effects(orders=1)))
    await robot.pipeline().after(ordering, run("a"))
    assert (robot.standings(), robot.repeated) == ([Standing.UNCONFIRMED], [])


async def test_what_falls_into_maintenance_is_kept_with_its_name(robot: Robot) -> None:
    """It opens nothing, and counts for nothing."""
    robot.second, robot.maintenance = run("b", attempt=2), "nightly"
    await robot.pipeline().after(PROBE, run("a"))
    assert [one.maintenance for one in robot.store.incidents.results()] == ["nightly"]
    assert (robot.incidents(), robot.told) == ([], 0)


@pytest.mark.parametrize("by", ["the next result", "catching up"])
async def test_what_the_store_refused_is_kept_when_it_takes_it(robot: Robot, by: str) -> None:
    """A locked database loses no confirmed failure while the robot lives, and keeps it back no longer than it must."""
    robot.second = run("b", attempt=2)
    refusing = Refusing(robot.store)
    pipeline = robot.pipeline(refusing)
    with pytest.raises(StoreBroken):
        await pipeline.after(PROBE, run("a"))
    refusing.locked = False
    if by == "catching up":
        await pipeline.catch_up()
        assert robot.standings() == [Standing.FAILED]
    await pipeline.after(PROBE, run("c", PASSED, at=NOON + timedelta(minutes=1)))
    assert robot.standings() == [Standing.WELL, Standing.FAILED]
    assert [one.first_run for one in robot.incidents()] == ["a"]


async def test_results_that_come_at_once_are_each_kept_once(robot: Robot) -> None:
    """Many probes that end together cost the store one result each, not one for every other."""
    counting = Refusing(robot.store, locked=False)
    pipeline = robot.pipeline(counting)
    runs = [run(f"r{number}", PASSED, at=NOON + timedelta(seconds=number)) for number in range(20)]
    await asyncio.gather(*(pipeline.after(PROBE, one) for one in runs))
    assert counting.asked == len(robot.standings()) == 20


@dataclass
class Refusing:
    """A store that is locked by another program, as long as it is *locked*; *asked* is how often it was called."""

    store: Store
    locked: bool = True
    asked: int = 0

    def left(self, *of: object) -> Sequence[Sequence[Run]]:
        return self.store.incidents.left(*of)  # type: ignore[arg-type]

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]:
        self.asked += 1
        if self.locked:
            raise StoreBroken("it is locked", cure="Wait.")
        return await self.store.incidents.apply(result, watched)


KILLED = """
import asyncio, dataclasses, os, signal, sys
sys.path.insert(0, sys.argv[3])
from prober.store.store import Store
import test_pipeline

async def main(url, runs):
    store = Store.open(url)
    for number, (letter, outcome) in enumerate(zip("ab", runs.split(",")), 1):
        one = test_pipeline.run(letter, test_pipeline.Outcome(outcome or "passed"), attempt=number)
        await store.run_started(dataclasses.replace(one, steps=(), outcome=None, ended_at=None))
        if outcome:
            await store.run_finished(one)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:3]))
"""


def play_and_be_killed(url: str, runs: str) -> None:
    """Play attempts that end as *runs* says, "" for one under way, and be killed (kill -9) before anything else."""
    here = Path(__file__).parent
    ended = subprocess.run([sys.executable, "-c", KILLED, url, runs, str(here)], cwd=here.parent, check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("runs", "later_s", "standing", "repeated", "opened"),
    [
        ("failed,failed", 6, Standing.FAILED, [], 1),
        ("failed,failed", 36_000, Standing.FAILED, [], 1),  # a confirmed failure is never lost
        ("failed,passed", 6, Standing.FLAKY, [], 0),
        ("failed", 6, Standing.FAILED, ["a"], 1),  # killed before the second attempt, which is made now
        ("failed", 600, Standing.UNCONFIRMED, [], 0),  # too late to confirm anything
        ("passed", 6, Standing.WELL, [], 0),
    ],
)
async def test_what_a_killed_robot_left_is_taken_up(
    url: str, runs: str, later_s: float, standing: Standing, repeated: list[str], opened: int
) -> None:
    """kill -9 between a run and its result loses no confirmed failure; taken up twice, it is one."""
    play_and_be_killed(url, runs)
    store = Store.open(url)
    robot = Robot(store, run("c", attempt=2), now=NOON + timedelta(seconds=5 + later_s))
    await robot.pipeline().resume({"web": PROBE})
    await robot.pipeline().resume({"web": PROBE})
    assert robot.standings() == [standing]
    assert (robot.repeated, len(robot.incidents()), robot.told) == (repeated, opened, opened)
    store.close()


async def test_a_run_that_was_killed_under_way_is_nobodys_fault(url: str) -> None:
    """It counts for nothing; a failure before it is repeated again."""
    play_and_be_killed(url, "failed,")
    store = Store.open(url)
    robot = Robot(store, run("c", attempt=2))
    await robot.pipeline().resume({"web": PROBE})
    assert (robot.standings(), robot.repeated) == ([Standing.FAILED], ["a"])
    store.close()


async def test_runs_of_no_probe_and_of_long_ago_are_left_alone(robot: Robot) -> None:
    """A person's run, a probe that is no more, and what is history."""
    await robot.keep(run("person", probe=None), run("gone", probe="gone"), run("old", at=NOON - timedelta(days=2)))
    await robot.pipeline().resume({"web": PROBE})
    assert (robot.standings(), robot.repeated) == ([], [])


MINUTE = timedelta(minutes=1)
LATER = replace(PROBE, name="later")


async def test_a_playing_under_way_is_not_taken_up_beside_itself(robot: Robot) -> None:
    """Neither one of this robot's, nor one whose second attempt plays elsewhere; the rest is."""
    await robot.keep(
        run("mine"),
        run("theirs", at=NOON + timedelta(seconds=1)),
        run("second", at=NOON + timedelta(seconds=1), attempt=2, ended_at=None),
        run("left", PASSED, at=NOON + timedelta(seconds=2)),
    )
    await robot.pipeline(busy=Busy(lambda: [("web", NOON)])).resume({"web": PROBE})
    assert [one.runs for one in robot.store.incidents.results()] == [("left",)]
    assert robot.repeated == []


async def test_what_is_whole_is_taken_up_before_what_is_to_be_confirmed(robot: Robot) -> None:
    """And what is to be confirmed at once, each alone with its probe."""
    robot.second = run("b", attempt=2)
    kept: list[int] = []
    alone: list[str] = []

    @asynccontextmanager
    async def with_it(probe: str) -> AsyncIterator[None]:
        kept.append(len(robot.standings()))
        alone.append(probe)
        yield

    await robot.keep(run("a"), run("other", probe="later"), run("whole", PASSED, at=NOON - MINUTE))
    await robot.pipeline(busy=Busy(alone=with_it)).resume({"web": PROBE, "later": LATER})
    assert (kept, sorted(alone), sorted(robot.repeated)) == ([1, 1], ["later", "web"], ["a", "other"])


async def test_what_a_later_run_answered_is_not_repeated(robot: Robot) -> None:
    """A failure of before tells nothing of now, and opens nothing."""
    await robot.pipeline().after(PROBE, run("later", PASSED, at=NOON + timedelta(seconds=1)))
    await robot.keep(run("a"))
    await robot.pipeline().resume({"web": PROBE})
    assert robot.standings() == [Standing.WELL, Standing.FLAKY]
    assert (robot.repeated, robot.incidents()) == ([], [])


async def test_what_a_later_run_answered_confirms_nothing_before_it(robot: Robot) -> None:
    """Where it passed: a failure of before, itself in doubt, opens nothing with one that is over."""
    await robot.pipeline().after(PROBE, run("early"))
    await robot.pipeline().after(PROBE, run("later", PASSED, at=NOON + 2 * MINUTE))
    await robot.keep(run("left", at=NOON + MINUTE))
    await robot.pipeline().resume({"web": PROBE})
    assert robot.standings() == [Standing.WELL, Standing.FLAKY, Standing.UNCONFIRMED]
    assert robot.incidents() == []


async def test_one_refusal_keeps_nothing_else_from_being_taken_up(robot: Robot) -> None:
    """It is told, and what was refused is kept when the store takes it."""
    refusing = Refusing(robot.store)
    await robot.keep(run("a", PASSED), run("b", PASSED, at=NOON + timedelta(seconds=1)))
    pipeline = robot.pipeline(refusing)
    with pytest.raises(StoreBroken):
        await pipeline.resume({"web": PROBE}, of=["a", "b"])
    refusing.locked = False
    await pipeline.catch_up()
    assert robot.standings() == [Standing.WELL, Standing.WELL]


@pytest.mark.parametrize("stumbles", ["a", "c"])
async def test_what_one_stumbles_over_keeps_no_other_from_being_taken_up(robot: Robot, stumbles: str) -> None:
    """Neither what is whole nor what is to be confirmed; what it was is told, and it can be taken up again."""
    await robot.keep(run("a", PASSED), run("b", PASSED, at=NOON + timedelta(seconds=1)))
    await robot.keep(run("c", probe="later"), run("d", probe="last"))
    keep, robot.second = robot.store.incidents.apply, None
    wrong = [RuntimeError("too many open files")]

    async def apply(result: ProbeResult, watched: Watched) -> Sequence[Change]:
        if wrong and stumbles in result.runs:
            raise wrong[0]
        return await keep(result, watched)

    robot.store.incidents.apply = apply  # type: ignore[method-assign]
    probes = {"web": PROBE, "later": LATER, "last": replace(PROBE, name="last")}
    pipeline = robot.pipeline()
    with pytest.raises(RuntimeError, match="too many open files"):
        await pipeline.resume(probes)
    assert sorted({"a", "b", "c", "d"} - {one.runs[0] for one in robot.store.incidents.results()}) == [stumbles]
    wrong.clear()
    await pipeline.resume(probes)
    assert len(robot.standings()) == 4


async def test_some_playings_alone_are_taken_up(robot: Robot) -> None:
    """Those that a run belongs to, with all their attempts."""
    await robot.keep(run("a"), run("b", attempt=2), run("c", PASSED, at=NOON + MINUTE))
    await robot.pipeline().resume({"web": PROBE}, of=["b"])
    assert [one.runs for one in robot.store.incidents.results()] == [("a", "b")]
