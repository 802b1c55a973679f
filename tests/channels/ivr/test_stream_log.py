"""What RTP and RTCP told, by the second."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from prober.channels.ivr.stream_log import StreamLog
from prober.channels.ivr.tally import Tally


def rtcp(*, received=0, lost=0, sent=0, reports=0, jitter_there_s=0.0, rtts=0):
    """Return what pjsua2 would tell."""
    return SimpleNamespace(
        rxStat=SimpleNamespace(pkt=received, loss=lost, discard=0, jitterUsec=SimpleNamespace(last=400)),
        txStat=SimpleNamespace(
            pkt=sent, loss=0, updateCount=reports, jitterUsec=SimpleNamespace(max=jitter_there_s * 1e6)
        ),
        rttUsec=SimpleNamespace(n=rtts),
    )


def test_a_count_remembers_when_it_rose():
    """Since an instant, and between two; a late packet that turns up takes nothing back."""
    tally = Tally()
    for count, at_s in ((2, 1.0), (5, 2.0), (4, 2.5), (6, 3.0)):
        tally.counted(count, at_s)
    assert (tally.since(2.0), tally.between(1.0, 2.5), tally.since(3.5)) == (2, 4, 0)


def test_a_new_stream_is_counted_on():
    """After a re-INVITE the count begins anew; what was counted before stays."""
    tally = Tally()
    tally.counted(100, 1.0)
    tally.counted(3, 2.0)
    assert len(tally.instants) == 103


def test_each_second_has_its_own_figures():
    """Packets fall into the second they came in; what was not measured is None, not 0."""
    received = Tally()
    log = StreamLog(received)
    for count in range(1, 101):
        received.counted(count, 10 + count * 0.02)
        log.note(rtcp(received=count, lost=count // 50, sent=count), 10 + count * 0.02)
    first, second, *_ = log.seconds(11.9, lambda start_s, _: None if start_s > 11 else -20.0)
    assert (first.second, first.received, first.lost, first.sent) == (0, 50, 1, 50)
    assert (first.jitter_s, first.level_dbfs) == (0.0004, -20.0)
    assert (second.received, second.level_dbfs) == (50, None)
    assert log.lost_share(11.5) == pytest.approx(1 / 27)
    assert log.lost_share(20.0) is None


def test_a_call_without_a_stream_has_no_seconds():
    """Nothing was measured, so there is nothing to tell."""
    assert StreamLog(Tally()).seconds(100.0, lambda *_: None) == ()


@pytest.mark.parametrize(
    ("later", "reaches"),
    [
        ({"reports": 3}, False),
        ({"reports": 3, "jitter_there_s": 0.001}, True),
        ({"reports": 3, "rtts": 1}, True),
        ({"reports": 2}, None),
    ],
)
def test_whether_ours_arrives_is_told_by_late_reports_alone(later, reaches):
    """Two reports were made before anything can have arrived; a third, 5 s on, tells. Without one nothing is known."""
    log = StreamLog(Tally())
    log.note(rtcp(sent=1, reports=2), 10.02)
    log.note(rtcp(sent=250, **later), 15.0)
    assert log.reaches is reaches


def test_what_arrived_once_is_not_taken_back():
    """One report that knew our stream is enough."""
    log = StreamLog(Tally())
    log.note(rtcp(sent=250, reports=3), 10.0)
    log.note(rtcp(sent=500, reports=4), 15.0)
    assert log.reaches is False
    log.note(rtcp(sent=750, reports=5, jitter_there_s=0.001), 20.0)
    assert log.reaches is True
