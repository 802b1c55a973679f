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


def test_what_the_buffer_held_of_the_last_stream_moves_no_frame_of_the_next():
    """Eight packets came in and were never heard: the frames behind them are dated by their own packets."""
    arrivals = Arrivals()
    for number in range(1, 59):
        arrivals.packets.counted(number, 10 + number * 0.02)
    arrivals.heard([10.18 + number * 0.02 for number in range(50)], buffered=16)
    arrivals.begin_stream()
    for number in range(1, 13):
        arrivals.packets.counted(number, 20 + number * 0.02)
    arrivals.heard([20.03 + number * 0.02 for number in range(12)], buffered=0)
    assert [arrivals.at((50 + number) * 0.02) for number in range(12)] == pytest.approx(
        [20.02 + number * 0.02 for number in range(12)]
    )


def test_what_began_with_a_new_stream_is_counted_back_from_what_was_heard_of_it():
    """Its first ten packets were lost while it was set up: by its frames it would have begun within the last stream."""
    arrivals = Arrivals()
    for number in range(1, 51):
        arrivals.packets.counted(number, 10 + number * 0.02)
    arrivals.heard([10.03 + number * 0.02 for number in range(48)], buffered=4)
    arrivals.begin_stream()
    arrivals.heard([10.99, 11.01], buffered=0)
    for number in range(1, 21):
        arrivals.packets.counted(number, 11.5 + number * 0.02)
    arrivals.heard([11.53 + number * 0.02 for number in range(20)], buffered=0)
    began_s, confirmed_s = 40 * 0.02, 65 * 0.02
    assert arrivals.at(began_s, confirmed_s) == pytest.approx(11.52 - 0.2)
    assert arrivals.at(began_s) == arrivals.at(began_s, 45 * 0.02) == pytest.approx(10.82)


def test_a_look_at_the_wrong_moment_moves_no_frame():
    """One frame had left the buffer and was not heard yet: alone among its neighbours it seems a packet later."""
    arrivals = Arrivals()
    for number in range(1, 11):
        arrivals.packets.counted(number, 10 + number * 0.02)
        arrivals.heard([10.015 + number * 0.02], buffered=0 if number == 5 else 2)
    assert [arrivals.at(frame * 0.02) for frame in range(2, 9)] == pytest.approx([10 + n * 0.02 for n in range(2, 9)])


def test_what_nobody_could_look_at_is_dated_as_its_neighbours_are():
    """A tick was under way at some looks, so that what the buffer held is not known."""
    arrivals = Arrivals()
    for number in range(1, 11):
        arrivals.packets.counted(number, 10 + number * 0.02)
        arrivals.heard([10.035 + number * 0.02], buffered=None if number % 3 else 2)
    assert [arrivals.at(frame * 0.02) for frame in range(1, 8)] == pytest.approx([10 + n * 0.02 for n in range(1, 8)])


def test_a_buffer_that_fell_behind_is_followed():
    """From the frame on that it held one packet more, each is one packet older than the newest."""
    arrivals = Arrivals()
    for number in range(1, 13):
        arrivals.packets.counted(number, 10 + number * 0.02)
        if number != 6:
            arrivals.heard([10.015 + number * 0.02], buffered=0 if number < 6 else 2)
    came = [arrivals.at(frame * 0.02) for frame in range(11)]
    assert came == pytest.approx([10 + n * 0.02 for n in range(1, 12)])


def test_what_was_made_up_late_hides_nothing_between_two_instants():
    """Behind a long pause, frames of its beginning are put after those of its end."""
    arrivals = Arrivals()
    arrivals.heard([10.0, 10.02, 12.0, 12.02, 10.04, 10.06, 12.04], buffered=0, unsent={2, 3, 4, 5})
    assert arrivals.between(11.9, 12.1) == [2, 3, 6]
    assert arrivals.between(10.03, 10.07) == [4, 5]
