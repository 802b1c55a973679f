"""Dating what was heard by the packets it came in."""

from __future__ import annotations

import pytest

from prober.channels.ivr.arrival import Arrivals


def test_a_frame_is_dated_by_its_packet_not_by_its_tick():
    """The packet came 13 ms before the tick that played it."""
    arrivals = Arrivals()
    arrivals.packets.counted(1, 10.007)
    arrivals.heard([10.020], buffered=0)
    assert arrivals.at(0.0) == 10.007


def test_what_the_jitter_buffer_holds_came_later():
    """With one packet (two of its 10 ms frames) buffered, what is played is the packet before the newest."""
    arrivals = Arrivals()
    for number in range(1, 4):
        arrivals.packets.counted(number, 10 + number * 0.02)
    arrivals.heard([10.065], buffered=2)
    assert arrivals.at(0.0) == 10.04


def test_several_frames_at_once_are_consecutive_packets():
    """After a stall the frames are dated one packet apart."""
    arrivals = Arrivals()
    arrivals.packets.counted(1, 10.0)
    arrivals.packets.counted(2, 10.02)
    arrivals.heard([10.03, 10.031], buffered=0)
    assert (arrivals.at(0.0), arrivals.at(0.02)) == (10.0, 10.02)


def test_before_any_packet_a_frame_is_dated_by_its_tick():
    """Silence that no packet carried has no other time."""
    arrivals = Arrivals()
    arrivals.heard([9.98, 10.0], buffered=0)
    assert arrivals.at(0.039) == 10.0
    assert arrivals.last_packet_at_s is None


def test_moments_outside_what_was_heard():
    """An onset before the first frame is counted back; one past the end is the last frame's."""
    arrivals = Arrivals()
    arrivals.heard([10.0, 10.02], buffered=0)
    assert arrivals.at(-0.3) == pytest.approx(9.7)
    assert arrivals.at(5.0) == 10.02


def test_a_new_stream_counts_from_the_start():
    """After a re-INVITE the counter falls, and the packets go on."""
    arrivals = Arrivals()
    arrivals.packets.counted(50, 10.0)
    arrivals.packets.counted(1, 10.02)
    assert arrivals.last_packet_at_s == 10.02
