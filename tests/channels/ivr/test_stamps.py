"""The kernel's stamps of packets that were read."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from prober.channels.ivr import stamps
from prober.channels.ivr.stamps import Stamps
from prober.channels.timing import monotonic


@pytest.fixture
def ends():
    """A socket that is read, and one that sends to it."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        reader.bind(("127.0.0.1", 0))
        sender.connect(reader.getsockname())
        yield reader, sender


@pytest.fixture
def wall(monkeypatch):
    """Put the wall clock that many seconds ahead."""
    true, ahead_s = time.time, [0.0]
    monkeypatch.setattr(stamps.time, "time", lambda: true() + ahead_s[0])

    def put(seconds):
        ahead_s[0] = seconds

    return put


def test_a_packet_is_dated_by_its_coming_not_by_its_reading(ends):
    """It lay there while something else was done."""
    reader, sender = ends
    read = Stamps.of(reader.getsockname()[1])
    assert read is not None
    before_s = monotonic()
    sender.send(b"1")
    sent_s = monotonic()
    busy_till_s = sent_s + 0.03
    while monotonic() < busy_till_s:
        pass
    reader.recv(16)
    assert before_s <= read.last_s() <= sent_s
    assert read.last_s() == read.last_s()


def test_each_has_its_own(ends):
    """The stamp is that of the packet that was read last, not of those that wait."""
    reader, sender = ends
    read = Stamps.of(reader.getsockname()[1])
    sender.send(b"1")
    between_s = monotonic()
    sender.send(b"2")
    reader.recv(16)
    first_s = read.last_s()
    reader.recv(16)
    assert first_s <= between_s <= read.last_s()


@pytest.mark.parametrize("ahead_s", [7200, -7200])
def test_a_clock_that_was_set_dates_one_packet_by_its_reading(ends, wall, ahead_s):
    """A stamp from before the last one, or from the future, is not believed."""
    reader, sender = ends
    read = Stamps.of(reader.getsockname()[1])
    sender.send(b"1")
    reader.recv(16)
    read.last_s()
    wall(ahead_s)
    sender.send(b"2")
    reader.recv(16)
    before_s = monotonic()
    assert before_s <= read.last_s() <= monotonic()


def test_a_port_of_nobody_has_none(ends):
    """Nor has one of TCP."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert Stamps.of(other.getsockname()[1]) is None


def test_looking_for_a_port_leaves_no_file_open(ends, tmp_path):
    """Among files, pipes and sockets of other families."""
    reader, _ = ends
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there, (tmp_path / "file").open("wb"):
        before = len(list(Path("/proc/self/fd").iterdir()))
        assert Stamps.of(reader.getsockname()[1]) is not None
        assert Stamps.of(1) is None
        assert len(list(Path("/proc/self/fd").iterdir())) == before
