"""Which probes are silent: a schedule may be kept to the second, and ask nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app.asked import Asked
from prober.model.probe import Missed, Probe, Schedule, Start
from prober.model.run import Outcome, Run
from prober.model.scenario import Scenario

AT = datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC)
OFTEN, DAILY = Schedule(every_s=60), Schedule(cron="0 9 * * *", timezone="UTC")


class Clock:
    """Both clocks of a machine, and whether its robot leads."""

    def __init__(self) -> None:
        self.at, self.at_s, self.leads = AT, 0.0, True

    def go(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)
        self.at_s += minutes * 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watching(clock: Clock, schedule: Schedule = OFTEN) -> Asked:
    asked = Asked(lambda: clock.leads, now=lambda: clock.at, clock_s=lambda: clock.at_s)
    asked.take([probe("p", schedule)])
    assert asked.silent() == []
    return asked


def probe(name: str, schedule: Schedule = OFTEN) -> Probe:
    return Probe(name, Scenario("s", "S", Path("s.yaml"), "", ("web",)), schedule, ())


def run(outcome: Outcome = Outcome.PASSED, **more: object) -> Run:
    made = Run("r", "s", "S", "l", AT, AT, "", "", "", probe="p", ended_at=AT, outcome=outcome)
    return replace(made, **more)


async def test_a_probe_that_asks_nothing_for_a_quarter_of_an_hour_is_silent(clock: Clock) -> None:
    """Counted from when the robot began to lead: all its starts may be missed from the first on."""
    asked = watching(clock)
    clock.go(15)
    assert asked.silent() == []
    clock.go(0.1)
    assert asked.silent() == ["p"]
    await asked.run_finished(run())
    assert asked.silent() == []


@pytest.mark.parametrize("nothing", [run(Outcome.SKIPPED), run(Outcome.ERROR, interrupted=True), run(probe="other")])
async def test_a_run_that_could_not_ask_is_silence(clock: Clock, nothing: Run) -> None:
    """Whatever reason it gives; another probe's runs say nothing of this one."""
    asked = watching(clock)
    clock.go(16)
    await asked.run_finished(nothing)
    assert asked.silent() == ["p"]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.SLOW])
async def test_a_failure_is_an_answer(clock: Clock, outcome: Outcome) -> None:
    """It is told as what it is."""
    asked = watching(clock)
    clock.go(16)
    await asked.run_finished(run(outcome))
    assert asked.silent() == []


async def test_a_probe_that_is_played_rarely_may_be_silent_for_three_starts(clock: Clock) -> None:
    """And the third has some minutes to come to its end."""
    asked = watching(clock, DAILY)
    clock.go(2 * 24 * 60 + 59 + 4)
    assert asked.silent() == []
    clock.go(2)
    assert asked.silent() == ["p"]
    asked.take([probe("p", DAILY), probe("new", DAILY)])
    assert asked.silent() == ["p"]


async def test_maintenance_that_pauses_is_no_silence(clock: Clock) -> None:
    """Nothing was to be asked; a start that was missed for another reason was."""
    asked = watching(clock)
    clock.go(16)
    asked.missed(Start("p", AT, missed=Missed.BUSY))
    assert asked.silent() == ["p"]
    asked.missed(Start("p", AT, missed=Missed.MAINTENANCE))
    assert asked.silent() == []


async def test_a_robot_that_stands_by_knows_of_no_silence(clock: Clock) -> None:
    """When it leads it begins to count."""
    asked = watching(clock)
    clock.leads = False
    clock.go(60)
    assert asked.silent() is None
    clock.leads = True
    assert asked.silent() == []
    clock.go(16)
    assert asked.silent() == ["p"]


async def test_a_clock_that_is_set_makes_nobody_silent(clock: Clock) -> None:
    """Silence lasts as long as it lasts."""
    asked = watching(clock)
    clock.at += timedelta(days=3)
    assert asked.silent() == []
