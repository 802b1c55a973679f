"""The seeded random script."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import pytest

from prober.demo.faults import DOORS, KNOWN, Faults
from prober.demo.script import BadScript, Script, episodes, parse, read

BAG = 39  # 29 faults, and 10 healthy episodes: a quarter


def test_a_seed_is_a_script() -> None:
    """Seed 7 has always been, and always will be, this."""
    told = [(e.number, e.door, e.fault and e.fault.name, e.after_s, e.for_s) for e in islice(episodes(7), 8)]
    assert told == [
        (1, "web", "slow", 0.0, 24.424),
        (2, "ivr", "no-audio", 24.424, 32.567),
        (3, "sms", "receipt-failed", 56.991, 28.596),
        (4, "ivr", "reject", 85.587, 38.831),
        (5, "web", "endless-redirect", 124.418, 35.97),
        (6, "ivr", None, 160.388, 22.323),
        (7, "ivr", "busy", 182.711, 32.233),
        (8, "web", "expired-session", 214.944, 30.756),
    ]


def test_another_seed_is_another_script() -> None:
    """Two seeds differ."""
    assert list(islice(episodes(7), 20)) != list(islice(episodes(8), 20))


def test_every_fault_comes_as_often_as_every_other() -> None:
    """Three bags hold each fault three times, and the healthy share spread over the doors."""
    drawn = Counter((e.door, e.fault and e.fault.name) for e in islice(episodes(1), 3 * BAG))
    assert {drawn[door, fault.name] for door in DOORS for fault in KNOWN[door]} == {3}
    assert [drawn[door, None] for door in DOORS] == [12, 9, 9]


def test_one_episode_follows_upon_the_other() -> None:
    """No gap between them, and each lasts from a half to one and a half times what was asked for."""
    played = list(islice(episodes(3, every_s=10), 200))
    for one, next_one in pairwise(played):
        assert next_one.after_s == pytest.approx(one.after_s + one.for_s, abs=0.002)
    assert all(5 <= episode.for_s <= 15 for episode in played)
    assert sum(episode.for_s for episode in played) / 200 == pytest.approx(10, rel=0.1)


def test_only_the_doors_named_are_touched() -> None:
    """A script of two doors leaves the third alone."""
    assert {episode.door for episode in islice(episodes(7, doors=("web", "sms")), 60)} == {"web", "sms"}
    assert all(episode.fault for episode in islice(episodes(7, healthy=0), 60))


def test_every_episode_can_be_switched() -> None:
    """What is drawn is what the switches take, arguments within their bounds."""
    faults, codes = Faults(), set()
    for episode in islice(episodes(7), 10 * BAG):
        faults.change({episode.door: episode.fault})
        assert faults.active(episode.door) == episode.fault
        if episode.fault and episode.fault.name == "reject":
            codes.add(episode.fault.arguments["code"])
    assert len(codes) > 2


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("seed=7", Script(7)),
        ("seed=7,every=500ms", Script(7, every_s=0.5)),
        ("seed=-1,every=2m,doors=web+sms,healthy=0.5", Script(-1, 120, ("web", "sms"), 0.5)),
    ],
)
def test_a_script_on_the_command_line(text, script) -> None:
    """Only the seed is needed."""
    assert parse(text) == script


@pytest.mark.parametrize(
    "text",
    ["", "7", "seed=x", "every=30s"]
    + [f"seed=7,{rest}" for rest in ("every=soon", "every=0", "doors=", "doors=fax", "doors=web+web", "speed=2")]
    + [f"seed=7,healthy={share}" for share in ("1", "much", "nan")],
)
def test_what_is_no_script_is_refused(text) -> None:
    """In one sentence or two."""
    with pytest.raises(BadScript):
        parse(text)


@pytest.mark.parametrize(
    "wishes", [{"seed": True}, {"seed": 7.5}, {"seed": 7, "every_s": None}, {"seed": 7, "every_s": "nan"}]
)
def test_json_must_be_of_its_kind(wishes) -> None:
    """True is no seed, and NaN no time."""
    with pytest.raises(BadScript):
        read(wishes)
