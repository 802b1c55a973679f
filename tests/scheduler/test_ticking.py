"""Starts are made when they are planned, or told as missed; the clock may be set meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.model.probe import Missed, Probe, Schedule, Start
from prober.model.scenario import Scenario
from prober.scheduler import Scheduler, Timetable

SCENARIO = Scenario("s", "S", Path("s.yaml"), "0", ())
HOUR = timedelta(hours=1)


def probe(name: str = "balance", **more: object) -> Probe:
    schedule = Schedule(every_s=float(more.pop("every_s", 0.4)))  # type: ignore[arg-type]
    return replace(Probe(name, SCENARIO, schedule, ()), **more)  # type: ignore[arg-type]


class Robot:
    """Notes what a scheduler asks of it, by a clock that can be set."""

    def __init__(
        self, lasts: Callable[[], asyncio.Event | None] = lambda: None, *, ahead: timedelta = timedelta()
    ) -> None:
        # The machine's own clock may be set while the tests run.
        self._began = datetime.now(UTC) - timedelta(seconds=time.monotonic())
        self.ahead = ahead
        self.started: asyncio.Queue[tuple[str, datetime]] = asyncio.Queue()
        self.missed: asyncio.Queue[Start] = asyncio.Queue()
        self.jumps: asyncio.Queue[float] = asyncio.Queue()
        self._lasts = lasts
        self.lateness: list[float] = []
        self.scheduler = Scheduler(
            self._start, self._miss, now=self.now, jumped=self.jumps.put_nowait, late=self.lateness.append
        )

    def now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic()) + self.ahead

    async def _start(self, probe: Probe, planned_at: datetime) -> None:
        self.started.put_nowait((probe.name, planned_at))
        if ending := self._lasts():
            await ending.wait()

    async def _miss(self, start: Start) -> None:
        self.missed.put_nowait(start)

    async def starts(self, count: int) -> list[datetime]:
        async with asyncio.timeout(30):
            return [(await self.started.get())[1] for _ in range(count)]

    async def miss(self) -> Start:
        async with asyncio.timeout(30):
            return await self.missed.get()


@asynccontextmanager
async def planned(robot: Robot, *probes: Probe, **more: object) -> AsyncIterator[Robot]:
    robot.scheduler.plan(probes, **more)  # type: ignore[arg-type]
    robot.scheduler.begin()
    yield robot
    await robot.scheduler.close()


async def test_each_planned_instant_is_started_once() -> None:
    """One after another, none twice, none left out, and their lateness is kept."""
    async with planned(Robot(), probe(grace_s=5)) as robot:
        instants = await robot.starts(5)
    first = instants[0]
    timetable = Timetable.of(probe())
    assert timetable.after(first - timedelta(milliseconds=1)) == first
    assert instants == sorted(set(instants))
    lost = sum(start.count for start in robot.missed._queue)  # type: ignore[attr-defined]
    assert timetable.passed(first, instants[-1])[1] <= 5 + lost
    assert robot.scheduler.lateness.count >= 5
    assert (robot.scheduler.lateness.p50_s or -1) >= -0.005


async def test_a_run_never_overlaps_the_one_before() -> None:
    """While it is under way, what is planned is missed, and said of which run."""
    ending = asyncio.Event()
    async with planned(Robot(lambda: ending), probe()) as robot:
        first = (await robot.starts(1))[0]
        missed = await robot.miss()
        assert (missed.missed, missed.count) == (Missed.OVERLAP, 1)
        assert missed.detail == f"that of {first:%Y-%m-%d %H:%M:%S} UTC"
        assert robot.started.empty()
        ending.set()
        assert await robot.starts(1) > [missed.planned_at]


async def test_a_start_that_comes_too_late_is_missed() -> None:
    """The loop stood still past the grace: what was planned meanwhile is told, with how many it was."""
    async with planned(Robot(), probe(grace_s=0.05, every_s=0.5)) as robot:
        await robot.starts(1)
        time.sleep(1.3)  # noqa: ASYNC251 - the loop is to stand still
        missed = await robot.miss()
    assert missed.missed is Missed.LATE
    assert missed.count >= 2


async def test_what_no_robot_was_there_to_start_was_missed() -> None:
    """From the latest start that was kept until now; one row, and probing goes on."""
    robot = Robot()
    since = robot.now() - HOUR
    async with planned(robot, probe(every_s=60, grace_s=0), since={"balance": since}):
        missed = await robot.miss()
        assert (missed.missed, missed.count) == (Missed.DOWN, 60)
        assert missed.planned_at == Timetable.of(probe(every_s=60)).after(since)
        assert timedelta() <= robot.now() - missed.told_until_at < timedelta(seconds=20)
        assert robot.scheduler.planned()["balance"] > robot.now()


async def test_what_is_still_in_time_is_started_after_a_pause() -> None:
    """The latest planned instant within the grace is played, those before it were missed."""
    robot = Robot()
    since = robot.now() - HOUR
    while robot.now() - Timetable.of(probe(every_s=60)).passed(since, robot.now())[0] < timedelta(seconds=3):
        robot.ahead += timedelta(seconds=1)
    async with planned(robot, probe(every_s=60, grace_s=60), since={"balance": since}):
        missed, (started,) = await robot.miss(), await robot.starts(1)
        assert missed.count == 59
        assert started == missed.planned_at + 59 * timedelta(seconds=60)
        assert missed.told_until_at == started - timedelta(milliseconds=1)
    assert robot.lateness == [pytest.approx(0, abs=0.5)]  # it could not begin sooner
    assert robot.scheduler.lateness.latest[0] == robot.lateness[0]


async def test_a_new_plan_keeps_what_is_unchanged() -> None:
    """A probe whose schedule is the same keeps its next instant; another is added or gone."""
    async with planned(Robot(), probe("a", every_s=60), probe("b", every_s=60)) as robot:
        before = robot.scheduler.planned()
        robot.scheduler.plan([probe("a", every_s=60, grace_s=7), probe("c", every_s=30)])
        after = robot.scheduler.planned()
        assert after["a"] == before["a"]
        assert set(after) == {"a", "c"}
        assert robot.scheduler._rows["a"].probe.grace_s == 7


async def test_a_clock_that_is_set_on_is_told_and_probing_goes_on() -> None:
    """The hour that never was is missed by the clock's fault; the next instants are started."""
    async with planned(Robot(), probe(grace_s=2)) as robot:
        await robot.starts(1)
        robot.ahead = HOUR
        missed = await robot.miss()
        assert missed.missed is Missed.CLOCK
        assert missed.count > 8000
        assert missed.detail == "it was set on by 3600.0 s"
        assert (await robot.starts(3))[-1] > robot.now() - timedelta(minutes=1)
        assert round(await robot.jumps.get()) == 3600


async def test_what_a_clock_that_is_set_on_makes_due_is_not_late() -> None:
    """It is still in time, and is started at once: the robot has done nothing wrong."""
    robot = Robot()
    robot.ahead = Timetable.of(probe(every_s=60)).after(robot.now()) - robot.now() - timedelta(seconds=30)
    async with planned(robot, probe(every_s=60, grace_s=60)):
        robot.scheduler._rows["balance"].put_s -= 3600  # it was planned an hour ago
        robot.ahead += timedelta(seconds=40)
        await robot.starts(1)
    assert robot.lateness == [pytest.approx(0, abs=1.5)]


async def test_a_clock_that_is_set_back_loses_no_hour() -> None:
    """The hour that comes again is probed again, at instants that were none before."""
    async with planned(Robot(), probe()) as robot:
        before = await robot.starts(2)
        robot.ahead = -HOUR
        again = await robot.starts(3)
        while again[0] > before[0]:  # started before the clock was seen to be set
            again = [*again[1:], *await robot.starts(1)]
        assert all(at < robot.now() + timedelta(seconds=2) for at in again)
        assert {at.microsecond % 1000 for at in again} == {1}
        assert round(await robot.jumps.get()) == -3600


async def test_a_clock_set_back_a_little_plays_nothing_twice() -> None:
    """A probe that was played a moment ago waits for its next turn, though its instant comes again."""
    now = Robot().now()
    due = Timetable.of(probe(every_s=60)).after(now)
    robot = Robot(ahead=due - now - timedelta(seconds=0.3))
    async with planned(robot, probe(every_s=60, grace_s=30)):
        started = (await robot.starts(1))[0]
        robot.ahead -= timedelta(seconds=10)
        assert round(await robot.jumps.get()) == -10
        assert robot.scheduler.planned()["balance"] == started + timedelta(seconds=60)


async def test_instants_kept_of_the_future_are_planned_anew() -> None:
    """The clock was set back while no robot ran: the hour is probed all the same."""
    robot = Robot()
    kept = robot.now() + HOUR
    async with planned(robot, probe(), since={"balance": kept.replace(microsecond=2)}):
        assert {at.microsecond % 1000 for at in await robot.starts(2)} == {3}


async def test_who_is_alone_with_a_probe_lets_no_run_of_it_begin() -> None:
    """It waits for the run under way, and what comes meanwhile is missed as an overlap, with its name."""
    ending = asyncio.Event()
    robot = Robot(lambda: ending)
    robot.scheduler.begin()
    robot.scheduler.plan([probe()])
    await robot.starts(1)
    inside = asyncio.Event()

    async def confirm() -> None:
        async with robot.scheduler.alone("balance"):
            inside.set()
            while (await robot.miss()).detail != "the second attempt":
                pass
            assert robot.started.empty()

    confirming = asyncio.create_task(confirm(), name="the second attempt")
    assert (await robot.miss()).missed is Missed.OVERLAP
    assert not inside.is_set()
    ending.set()
    async with asyncio.timeout(30):
        await confirming
    await robot.starts(1)
    await robot.scheduler.close()


async def test_a_week_without_a_robot_is_counted_beside_the_loop() -> None:
    """All that was missed by cron is told, each start once, while the loop goes on."""
    robot = Robot()
    every_minute = replace(probe(), schedule=Schedule(cron="* * * * *"))
    threads: set[int] = set()
    passed = Timetable.passed

    def noted(self: Timetable, planned_at: datetime, now: datetime) -> tuple[datetime, int]:
        threads.add(threading.get_ident())
        return passed(self, planned_at, now)

    robot.scheduler.begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Timetable, "passed", noted)
        robot.scheduler.plan([every_minute], since={"balance": robot.now() - 7 * 24 * HOUR})
        missed = await robot.miss()
    assert missed.missed is Missed.DOWN
    assert 7 * 24 * 60 - 2 <= missed.count <= 7 * 24 * 60
    assert threads
    assert threading.get_ident() not in threads
    await robot.scheduler.close()
