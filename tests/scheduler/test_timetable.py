"""Planned instants: pure, stable, and spread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from prober.model.probe import Schedule
from prober.scheduler import Lateness, Timetable
from prober.scheduler.wall_clock import WallClock

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
EVERY_MINUTE = Timetable("balance", Schedule(every_s=60))
MORNINGS = Timetable("balance", Schedule(cron="0 8 * * 1-5"))


def test_an_interval_counts_from_the_epoch_at_an_offset_of_its_own() -> None:
    """The instants are the same whenever they are asked for, and lie a period apart."""
    first = EVERY_MINUTE.after(NOON)
    assert NOON < first <= NOON + timedelta(minutes=1)
    assert EVERY_MINUTE.after(first) == first + timedelta(minutes=1)
    assert EVERY_MINUTE.after(first - timedelta(microseconds=1)) == first
    assert EVERY_MINUTE.after(first - timedelta(days=400)).second == first.second


def test_probes_are_spread_over_their_period() -> None:
    """Of a thousand probes of one minute, no second has more than a few times its share."""
    seconds = [Timetable(f"probe-{n}", Schedule(every_s=60)).after(NOON).second for n in range(1000)]
    assert set(seconds) == set(range(60))
    assert max(map(seconds.count, set(seconds))) < 40


def test_cron_fields_come_true_in_their_time_zone() -> None:
    """Eight o'clock of Shanghai is midnight UTC; 0 and 7 are Sunday, 1 to 5 the working days."""
    assert MORNINGS.after(NOON) == datetime(2026, 11, 23, tzinfo=UTC)  # that noon is a Saturday
    assert MORNINGS.period_s(NOON) == 86400
    assert Timetable("x", Schedule(cron="*/5 * * * *")).period_s(NOON) == 300


@pytest.mark.parametrize("timetable", [EVERY_MINUTE, Timetable("x", Schedule(cron="* * * * *"))])
def test_instants_that_went_by_are_counted(timetable: Timetable) -> None:
    """The latest of them, and how many from the first on."""
    first = timetable.after(NOON)
    assert timetable.passed(first, first) == (first, 1)
    assert timetable.passed(first, first + timedelta(seconds=59)) == (first, 1)
    latest = first + timedelta(minutes=90)
    assert timetable.passed(first, latest + timedelta(seconds=1)) == (latest, 91)


def test_lateness_is_told_of_the_latest_starts() -> None:
    """Nothing is told before the first."""
    lateness = Lateness()
    assert (lateness.count, lateness.p50_s, lateness.p99_s) == (0, None, None)
    for n in range(100):
        lateness.note(n / 1000)
    assert (lateness.count, lateness.p50_s, lateness.p99_s) == (100, 0.05, 0.099)


def test_a_clock_that_is_set_is_seen() -> None:
    """Once, by how much, and not what the machine corrects by itself."""
    wall, clock_s = [NOON], [5.0]

    def later(wall_s: float, monotonic_s: float) -> float:
        wall[0] += timedelta(seconds=wall_s)
        clock_s[0] += monotonic_s
        return clock.jumped_s()

    clock = WallClock(lambda: wall[0], lambda: clock_s[0])
    assert later(1, 1) == 0
    assert later(1.2, 1) == 0
    assert later(3601, 1) == pytest.approx(3600)
    assert later(1, 1) == 0
    assert later(-7199, 1) == pytest.approx(-7200)
