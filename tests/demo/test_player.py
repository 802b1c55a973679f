"""A script on the switches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import islice

import pytest

from prober.demo.faults import DOORS, Faults
from prober.demo.player import Player
from prober.demo.script import Script

FAST = Script(7, every_s=0.1, doors=("web", "sms"))


@pytest.fixture
async def player(demo_faults: Faults) -> AsyncIterator[Player]:
    """A player that ends with its test."""
    player = Player(demo_faults)
    yield player
    player.stop()


async def test_episodes_are_played_one_at_a_time_and_never_early(player, demo_faults) -> None:
    """What the script has is switched at its time, and at most one fault is on."""
    loop, changes = asyncio.get_running_loop(), asyncio.Queue()

    def seen(door, _before, now):
        assert sum(demo_faults.active(door) is not None for door in DOORS) <= 1
        changes.put_nowait((loop.time(), door, now))

    demo_faults.watch(seen)
    began_s = loop.time()
    player.play(FAST)
    for episode in (e for e in islice(FAST.episodes(), 12) if e.fault):
        while (change := await asyncio.wait_for(changes.get(), 5))[2] is None:
            pass
        at_s, *switched = change
        assert switched == [episode.door, episode.fault]
        assert at_s - began_s >= episode.after_s - 0.01


async def test_a_stop_leaves_every_door_right(player, demo_faults) -> None:
    """The episode's fault is off, nothing is switched afterwards, and what is on by hand stays."""
    player.play(Script(7, every_s=0.1, healthy=0))
    player.stop()
    assert all(demo_faults.active(door) is None for door in DOORS)
    assert player.told() is None
    demo_faults.change({"web": "slow"})
    player.stop()
    assert demo_faults.active("web")


async def test_another_script_takes_over(player, demo_faults) -> None:
    """The first one's timer is gone with it."""
    player.play(FAST)
    player.play(Script(8, every_s=600, healthy=0))
    changes = []
    demo_faults.watch(lambda *change: changes.append(change))
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, done.set)  # the first one would have switched by then
    await done.wait()
    assert changes == []
    assert player.script == Script(8, every_s=600, healthy=0)
