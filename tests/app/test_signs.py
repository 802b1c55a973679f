"""When each vital sign is well, and what is said where it is not."""

from __future__ import annotations

import pytest

from prober.app import signs
from prober.app.machine import Disk, Memory
from prober.errors import RobotBroken
from prober.model.alarm import Delivery

BROKEN = RobotBroken("the browser could not be started", cure="Install one.")

WELL = [
    signs.self_check("web", "opened a page"),
    signs.clock(-1.9, 2.0),
    signs.synchronisation(True),
    signs.disk("database", Disk(5, 100), 0.05),
    signs.memory(Memory(1, 2, 0.5)),
    signs.loop(0.5),
    signs.starts(0.01, {"overlap": 3}),
    signs.probes([], 9),
    signs.store(0.01, 0, None),
    signs.alarms({Delivery.SENT: 4, Delivery.WAITING: 1}),
    signs.alarms({}, {Delivery.UNSURE: 1}),
]
UNWELL = [
    signs.self_check("web", BROKEN),
    signs.clock(-2.1, 2.0),
    signs.disk("evidence", Disk(4, 100), 0.05),
    signs.memory(Memory(1, 2, 0.01)),
    signs.loop(2.5),
    signs.starts(1.5, {}),
    signs.starts(0.0, {"late": 1}),
    signs.probes([f"p{number}" for number in range(9)], 9),
    signs.store(6.0, 3, None),
    signs.store(0.0, 0, BROKEN),
    signs.alarms({Delivery.FAILED: 1}),
    signs.alarms({}, {Delivery.FAILED: 1}),
    signs.alarms({}, untold="the database is locked"),
    signs.alarms({}, stumbled="chat: KeyError"),
    signs.unwatched(99.0),
]
UNJUDGED = [
    signs.self_check("sms", None),
    signs.synchronisation(None),
    signs.synchronisation(False),
    signs.disk("evidence", None, 0.05),
    signs.memory(None),
    signs.memory(Memory(1, 2, None)),
    signs.queue({"ivr": 2}),
    signs.role(True),
    signs.role(False),
]


@pytest.mark.parametrize("sign", WELL, ids=lambda sign: sign.name)
def test_within_its_limit_a_sign_is_well(sign):
    """It says its value."""
    assert sign.well is True
    assert sign.value


@pytest.mark.parametrize("sign", UNWELL, ids=lambda sign: sign.name)
def test_past_its_limit_a_sign_says_what_is_wrong_and_what_to_do(sign):
    """In English and in Chinese."""
    assert sign.well is False
    for told in (sign.what, sign.cure):
        assert told.en.endswith(".")
        assert told.zh


@pytest.mark.parametrize("sign", UNJUDGED, ids=lambda sign: sign.name)
def test_what_is_not_known_is_neither(sign):
    """It keeps no robot from being ready, and opens no incident."""
    assert sign.well is None


def test_every_kind_has_a_title_in_both_languages():
    """A person reads the same on the page, whatever the language."""
    for sign in WELL + UNWELL + UNJUDGED:
        assert sign.title.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sign.title.zh)
    assert {sign.kind for sign in WELL + UNWELL + UNJUDGED} == set(signs.TITLES)


def test_what_would_be_told_by_the_ways_that_fail_opens_no_incident():
    """Alarms that do not get through are a sign and a figure only."""
    assert not signs.alarms({Delivery.FAILED: 1}).incident
    assert signs.disk("database", Disk(1, 100), 0.05).incident


def test_whatever_keeps_people_from_being_told_is_told():
    """What keeps everything back, what failed, and tickets that a person has to look for."""
    said = signs.alarms({Delivery.FAILED: 2}, {Delivery.FAILED: 1, Delivery.UNSURE: 1}, untold="chat: KeyError: 'x'")
    assert said.value == "3 failed"
    assert said.what.en.startswith("Nothing can be told now: chat: KeyError: 'x'. Alarms do not get through")
    assert "1 张工单被拒" in said.what.zh
    assert "look there" in signs.alarms({}, {Delivery.UNSURE: 1}).what.en


def test_silent_probes_are_named():
    """A few of them, and how many more."""
    sign = signs.probes([f"p{number}" for number in range(7)], 9)
    assert "p0; p1; p2; p3; p4 and 2 more" in sign.what.en
    assert "p4 等 7 项" in sign.what.zh
    assert "more" not in signs.probes(["p"], 9).what.en


@pytest.mark.parametrize(
    ("sign", "grave"),
    [
        (signs.self_check("ivr", RobotBroken("no line", cure=""), blind=True), True),
        (signs.self_check("ivr", RobotBroken("no line", cure="")), False),
        (signs.probes(["a", "b"], 2), True),
        (signs.probes(["a"], 2), False),
        (signs.store(0.0, 0, RobotBroken("locked", cure="")), True),
        (signs.store(6.0, 3, None), False),
        (signs.alarms({}, untold="the database is locked"), True),
        (signs.alarms({}, stumbled="tickets: KeyError: 'x'"), False),
        (signs.alarms({Delivery.FAILED: 2}, unheard=1), True),
        (signs.alarms({Delivery.FAILED: 2}, {Delivery.FAILED: 1}), False),
        (signs.disk("evidence", Disk(1, 100), 0.05), False),
        (signs.unwatched(61.0), True),
    ],
)
def test_what_keeps_the_robot_from_probing_or_telling_at_all_is_grave(sign: signs.Sign, grave: bool):
    """One channel of several, one probe, one way or one system of tickets is not: that is told as any incident."""
    assert (sign.well, sign.grave) == (False, grave)
