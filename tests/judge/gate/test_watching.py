"""The watch after a launch."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice
from zoneinfo import ZoneInfo

from prober.judge.gate.sampling import sample
from prober.judge.gate.watching import Watch, watch
from prober.model.item import Terms
from prober.model.run import Outcome, Run
from tests.judge.gate.conftest import Play

USUAL = tuple(islice(cycle([3.0, 3.2, 2.9, 3.4, 3.1, 3.0, 2.8]), 120))


def begun(runs: list[Run]) -> Watch:
    found = sample("balance", runs, limits={}, zone=ZoneInfo("Asia/Shanghai"))
    return watch({"balance": found}, Terms())


def stopped_after(watched: Watch, runs: list[Run]) -> int | None:
    """After how many of *runs* it stops."""
    for number, run in enumerate(runs, start=1):
        watched = watched.seen(run)
        if watched.stops:
            return number
    return None


def test_a_launch_as_good_as_before_goes_on(play: Play) -> None:
    """However long it is watched."""
    assert stopped_after(begun(play(USUAL)), play(USUAL * 5)) is None


def test_a_dead_channel_stops_at_once(play: Play) -> None:
    """Three runs that fail are enough, and it is said that it is the failures."""
    watched = begun(play(USUAL))
    assert stopped_after(watched, play([None] * 10)) == 3
    for run in play([None] * 3):
        watched = watched.seen(run)
    scenario, worst = watched.worst
    assert (scenario, worst.channel, worst.bet.hits, worst.bet.n) == ("balance", "", 3, 3)


def test_a_slow_channel_stops_soon(play: Play) -> None:
    """Twice as long, though nothing fails."""
    after = stopped_after(begun(play(USUAL)), play([2 * took_s for took_s in USUAL]))
    assert after is not None
    assert after < 15


def test_what_the_robot_could_not_ask_says_nothing(play: Play) -> None:
    """Neither its own faults, nor skipped runs, nor those of other scenarios are looked at."""
    watched = begun(play(USUAL))
    for run in play([None] * 5, outcome=Outcome.ERROR) + play([None] * 5, outcome=Outcome.SKIPPED):
        assert watched.seen(run) is watched
    assert watched.seen(replace(play([None])[0], scenario="other")) is watched


def test_a_short_baseline_watches_failures_alone(play: Play) -> None:
    """Of nine runs no quantile can be told, and one failure of nine allows more of them."""
    watched = begun(play([*USUAL[:8], None]))
    ((count,),) = watched.counts.values()
    assert not count.channel
    assert count.bet.allowed > 1 / 9 + 0.05
