"""Counts that remember when they rose, and packets that are dated by those that somebody saw."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import pytest

from prober.channels.ivr.tally import Packets, Tally


@pytest.mark.parametrize(
    ("looks", "came_s"),
    [
        ([(1, 1.99)], [1.995, 2.0]),
        ([(1, 1.96)], [1.98, 2.0]),
        ([(1, 1.0)], [1.98, 2.0]),
        ([(1, 1.0), (1, 1.994)], [1.997, 2.0]),
        ([(1, float("-inf"))], [1.98, 2.0]),
    ],
)
def test_what_rose_unseen_came_evenly(looks, came_s):
    """Two between two looks: the first came half-way, no longer ago than a packet lasts or the last look."""
    tally = Tally()
    for count, at_s in looks:
        tally.counted(count, at_s)
    tally.counted(3, 2.0)
    assert tally.instants[-2:] == pytest.approx(came_s)


def test_every_packet_that_was_seen_has_its_own_instant():
    """However unevenly they came, and though they are counted five at a time."""
    packets, came = Packets(), [10.0, 10.023, 10.031, 10.062, 10.08]
    packets.came(5, [(at_s + 0.004, at_s) for at_s in came])
    assert packets.instants == pytest.approx(came)


def test_one_that_no_look_saw_came_as_far_before_the_next_as_packets_are_sent():
    """At the look at 10.041 it lay unread in its socket."""
    packets = Packets()
    packets.came(5, [(10.001, 10.0), (10.021, 10.0204), (10.041, 10.0204), (10.061, 10.0602), (10.081, 10.08)])
    assert packets.instants == pytest.approx([10.0, 10.0204, 10.0402, 10.0602, 10.08])


def test_one_that_was_seen_and_not_counted_yet_is_counted_the_next_time():
    """It came in while the count was read."""
    packets = Packets()
    packets.came(2, [(10.001, 10.0), (10.021, 10.02), (10.0402, 10.04)])
    assert packets.instants == pytest.approx([10.0, 10.02])
    packets.came(4, [(10.061, 10.06)])
    assert packets.instants == pytest.approx([10.0, 10.02, 10.04, 10.06])


def test_what_is_no_packet_of_the_stream_moves_none_for_long():
    """Somebody sends rubbish to the port: from the next count on, packets have their own instants again."""
    packets = Packets()
    packets.came(2, [(10.001, 10.0), (10.011, 10.01), (10.021, 10.02)])
    for nth in range(2, 12):
        packets.came(nth + 1, [(10.001 + nth * 0.02, 10 + nth * 0.02)])
    assert packets.instants[2:] == pytest.approx([10 + nth * 0.02 for nth in range(2, 12)])


def test_nothing_is_dated_before_anybody_looked():
    """The count is read, and the first look is yet to come."""
    packets = Packets()
    packets.came(3, [])
    packets.came(3, [(10.0, 9.99)])
    assert packets.instants == pytest.approx([9.97, 9.98, 9.99])


def test_without_a_stamp_they_are_dated_by_the_look():
    """None was known when it was looked at, and two are counted."""
    packets = Packets()
    packets.came(2, [(10.0, None), (10.02, None)])
    assert packets.instants == [10.02, 10.02]


@pytest.mark.parametrize("seed", range(6))
def test_a_jittering_stream_is_dated_to_the_millisecond(seed):
    """Packets jitter, looks come when they come, and some counts are read late: hardly any instant is another's."""
    chance = np.random.default_rng(seed)
    came = sorted(10 + nth * 0.02 + chance.uniform(0, 0.004) for nth in range(500))
    packets, seen = Packets(), []
    looks = 10 + np.cumsum(chance.uniform(0.008, 0.019, 800))
    for nth, (look_s, unread_s) in enumerate(zip(looks, chance.choice([0, 0, 0, 0.003], 800), strict=True), 1):
        there = bisect_right(came, look_s - unread_s)
        seen.append((look_s, came[there - 1] if there else None))
        if nth % 6 == 0:
            packets.came(there, seen)
            seen = []
    packets.came(len(came), seen)
    off = [abs(one - other) for one, other in zip(packets.instants, came, strict=True)]
    assert sum(one > 0.001 for one in off) <= 0.02 * len(came)
