"""Which runs the gate counts, and what they come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from prober.judge.gate.sampling import Aside, Version, counted, sample
from prober.model.run import Outcome, Phase, Run
from tests.judge.gate.conftest import NOON, Play

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_what_counts(play: Play) -> None:
    """First attempts of this phase and version that asked; each other is set aside for its own reason."""
    good = play([3.0] * 3)
    odd = play([3.0] * 10)
    others: dict[Aside, Run] = {
        Aside.UNDER_WAY: replace(odd[0], outcome=None, ended_at=None),
        Aside.REPEAT: replace(odd[1], attempt=2),
        Aside.PHASE: replace(odd[2], phase=Phase.LAUNCH),
        Aside.VERSION: replace(odd[3], prompts_sha256="other"),
        Aside.STALE: replace(odd[4], started_at=NOON - timedelta(days=8)),
        Aside.EARLIER: replace(odd[5], started_at=NOON - timedelta(minutes=1)),
        Aside.UNASKED: replace(odd[6], outcome=Outcome.SKIPPED),
        Aside.MAINTENANCE: replace(odd[9], started_at=NOON + timedelta(days=1)),
    }
    cut_off = replace(odd[7], outcome=Outcome.ERROR, interrupted=True)
    fault = replace(odd[8], outcome=Outcome.ERROR)
    every = [replace(run, id=f"odd-{run.id}") for run in (*others.values(), cut_off, fault)]
    version, since = Version("s", "p", "c"), NOON - timedelta(hours=1)
    shuffled = [*every, *reversed(good)]
    maintenance = [(NOON + timedelta(days=1), NOON + timedelta(days=1, hours=1))]
    found = counted(
        shuffled, version=version, phase=Phase.PRE_LAUNCH, since=since, begun_at=NOON, maintenance=maintenance
    )
    assert found.runs == tuple(good)
    assert [run.id for run in found.faults] == ["odd-run-8"]
    assert found.aside == dict.fromkeys(Aside, 1) | {Aside.UNASKED: 2}


def test_two_versions_are_never_one_sample(play: Play) -> None:
    """Where nobody says which version it is about, that of the latest run counts alone."""
    old, new = play([3.0] * 5, scenario_sha256="old"), play([3.0] * 9)[5:]
    found = counted([*new, *old], version=None, phase=None, since=NOON)
    assert found.runs == tuple(new)
    assert found.aside == {Aside.VERSION: 5}


def test_what_runs_come_to(play: Play) -> None:
    """Journeys are of runs that passed, by channel; a step is in time within its limit; hours are the zone's."""
    found = sample("balance", play([3.0, None, 7.0]), limits={"balance": 5.0}, zone=SHANGHAI)
    assert (found.n, found.passed, found.failed, found.hours) == (3, 2, ("run-1",), (12,))
    assert found.journeys == {"ivr": (4.0, 8.0)}
    menu, balance = found.steps
    assert (menu.limit_s, menu.asked, menu.in_limit) == (2.0, 3, 3), "its warn"
    assert (balance.limit_s, balance.asked, balance.in_limit) == (5.0, 3, 1), "the item's own"
    assert balance.took_s == (3.0, 7.0)
    without = sample("balance", play([3.0, None, 7.0]), limits={}, zone=SHANGHAI)
    assert without.steps[1].limit_s == 20.0, "its within"


def test_a_step_that_was_not_asked_says_nothing(play: Play) -> None:
    """A skipped play is no play, and a robot verb has no latency of the channel's."""
    (run,) = play([3.0])
    menu, balance = run.steps
    same = replace(balance, index=2, name="same", channel="robot", verb="same", outcome=Outcome.FAILED)
    run = replace(run, outcome=Outcome.FAILED, steps=(menu, replace(balance, outcome=Outcome.SKIPPED), same))
    found = sample("balance", [run], limits={}, zone=SHANGHAI)
    assert [step.name for step in found.steps] == ["menu"]
    assert found.unequal == ("run-0",)


def test_steps_of_one_name_stay_apart(play: Play) -> None:
    """The second step of a name in a run is another step."""
    (run,) = play([3.0])
    again = replace(run.steps[0], index=2, took_s=1.5)
    found = sample("balance", [replace(run, steps=(*run.steps, again))], limits={}, zone=SHANGHAI)
    assert [(step.name, step.took_s) for step in found.steps] == [
        ("menu", (1.0,)),
        ("balance", (3.0,)),
        ("menu (2)", (1.5,)),
    ]


def test_a_limit_is_found_by_the_name_a_person_gave(play: Play) -> None:
    """Where two steps of a run have one name it holds for both, unless the second has one of its own."""
    (run,) = play([3.0])
    twice = replace(run, steps=(*run.steps, replace(run.steps[1], index=2)))
    for limits, found in (({"balance": 5.0}, [5.0, 5.0]), ({"balance": 5.0, "balance (2)": 4.0}, [5.0, 4.0])):
        steps = sample("balance", [twice], limits=limits, zone=SHANGHAI).steps
        assert [step.limit_s for step in steps[1:]] == found


def test_a_channel_that_took_no_time_has_no_journeys(play: Play) -> None:
    """An optional step that never came says nothing of its channel."""
    (run,) = play([3.0])
    absent = replace(run.steps[1], index=2, name="text", channel="sms", took_s=None)
    found = sample("balance", [replace(run, steps=(*run.steps, absent))], limits={}, zone=SHANGHAI)
    assert list(found.journeys) == ["ivr"]
