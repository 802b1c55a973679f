"""The parts of the bench of alarms: what is injected, and which incident is of which fault."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from prober.model.incident import Cause, Incident, Kind
from prober.model.probe import Severity
from prober.model.run import Layer
from scripts.benches.alarming.injection import CHANCE, Injected, Pace, planned
from scripts.benches.alarming.matching import LATE, matched
from tests.outcomes.playing import Case, cases

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUSY = Case("ivr=busy", "failed", "ivr.dial", "signalling")
BIND = Case("sms=bind-refused", "error", "sms.send", "robot")
SLOW = Case("web=slow,seconds=3", "slow")


def on(case: Case, *, since_s: float = 0, lasts_s: float = 60) -> Injected:
    at = NOON + timedelta(seconds=since_s)
    return Injected(case, at, at + timedelta(seconds=lasts_s), lasts_s)


def incident(at_s: float = 10, step: str = "ivr.dial", *, kind: Kind = Kind.CHANNEL, layer: str = "", **more: object):
    channel = step.partition(".")[0]
    cause = Cause(kind, channel, Layer(layer or ("robot" if kind is Kind.ROBOT else "signalling")), step)
    opened_at = NOON + timedelta(seconds=at_s)
    closed_at = more.get("closed_at", NOON + timedelta(seconds=75))
    name = f"{step} {at_s} {kind}"
    return Incident(name, cause, Severity.MAJOR, opened_at, "", "a", "b", ("p",), closed_at=closed_at)  # type: ignore[arg-type]


def test_an_incident_of_its_time_door_and_kind_is_the_faults() -> None:
    """With the times from the switches to it."""
    found = matched([on(BUSY), on(SLOW)], [incident()])
    (met, harmless) = found.met
    assert (met.detected_s, met.closed_s, met.named_right) == (10, 15, True)
    assert (found.missed, found.doubled, found.false, found.robots) == ([], [], (), ())
    assert (harmless.fault.harmful, harmless.incidents) == (False, ())


@pytest.mark.parametrize(
    ("incidents", "missed", "doubled", "false", "robots"),
    [
        ([], 1, 0, 0, 0),
        ([incident(-1)], 1, 0, 1, 0),  # before the fault
        ([incident(60 + LATE.total_seconds())], 0, 0, 0, 0),  # the run that met it ended later
        ([incident(61 + LATE.total_seconds())], 1, 0, 1, 0),
        ([incident(), incident(20)], 0, 1, 0, 0),
        ([incident(), incident(20, "web.see")], 0, 0, 1, 0),  # at another door
        ([incident(), incident(20, kind=Kind.ROBOT)], 0, 0, 0, 1),  # the robot's own
    ],
)
def test_what_is_missed_doubled_or_false(
    incidents: list[Incident], missed: int, doubled: int, false: int, robots: int
) -> None:
    """Of one harmful fault."""
    found = matched([on(BUSY)], incidents)
    assert (len(found.missed), len(found.doubled), len(found.false), len(found.robots)) == (
        *(missed, doubled, false, robots),
    )


def test_an_incident_soon_after_another_fault_is_the_later_ones() -> None:
    """A fault that came while the one before might still have been met has its own."""
    first, second = on(BUSY, lasts_s=20), on(BUSY, since_s=30)
    found = matched([first, second], [incident(10), incident(40)])
    assert [[one.opened_at for one in met.incidents] for met in found.met] == [
        [NOON + timedelta(seconds=10)],
        [NOON + timedelta(seconds=40)],
    ]


def test_a_fault_of_our_own_link_is_the_robots() -> None:
    """An incident of the channel's is none of it."""
    found = matched([on(BIND)], [incident(5, "sms.send", kind=Kind.ROBOT), incident(6, "sms.send", layer="gateway")])
    assert ([len(one.incidents) for one in found.met], len(found.false)) == ([1], 1)


def test_an_incident_with_another_name_is_told() -> None:
    """Found, but not called what the golden table calls it; one that is open has no time to close."""
    (met,) = matched([on(BUSY)], [incident(10, "ivr.hear", closed_at=None)]).met
    assert (met.named_right, met.closed_s) == (False, None)


def test_faults_are_drawn_without_repetition() -> None:
    """The same for a seed."""
    its = [case for case in cases() if case.door == "web" and case.name]
    pace = Pace(period_s=10, limit_s=6, rest_s=20)
    drawn = list(islice(planned(its, pace, random.Random(7)), len(its)))  # noqa: S311 - chance, not secrecy
    assert drawn == list(islice(planned(its, pace, random.Random(7)), len(its)))  # noqa: S311
    assert sorted(one.case.fault for one in drawn) == sorted(case.fault for case in its)
    for one in drawn:
        assert 1 <= one.longer <= 1 + CHANCE
        assert 20 <= one.after_s <= 20 * (1 + CHANCE)


def test_a_fault_lasts_long_enough_to_be_seen() -> None:
    """Two periods and two attempts: longer on a slow machine, and where the fault makes all come late."""
    pace = Pace(period_s=10, limit_s=6, rest_s=20)
    assert pace.long_enough_s(BUSY, 8) == 2 * 10 + 2 * (8 + 6)
    assert pace.long_enough_s(SLOW, 30) == 2 * 10 + 2 * (30 + 6 + 3)
