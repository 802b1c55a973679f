"""What RTP and RTCP told of a call's streams, second by second and since any instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prober.channels.ivr.messages import Second
from prober.channels.ivr.tally import Tally

TOLD_AFTER_S = 3.0
"""
How long we must have been sending before a report that knows nothing of our stream means that none of it arrives: the
first reports are made before anything can have.
"""


class StreamLog:
    """The counts of both streams of a call, and whether the far end says that it gets ours."""

    def __init__(self, received: Tally) -> None:
        self.received = received
        self.lost, self.discarded, self.sent = Tally(), Tally(), Tally()
        self.reaches: bool | None = None
        """Whether anything of ours arrives there; None where the far end's reports do not tell."""
        self._reports = Tally()
        self._jitter_s: dict[int, float] = {}
        self.began_s: float | None = None
        """When its first second begins; None if it never did."""

    def note(self, rtcp: Any, at_s: float) -> None:
        """Note what pjsua2's RtcpStat says now, but for the packets received, which are counted more often."""
        if self.began_s is None:
            self.began_s = at_s
        heard, said = rtcp.rxStat, rtcp.txStat
        self.lost.counted(heard.loss, at_s)
        self.discarded.counted(heard.discard, at_s)
        self.sent.counted(said.pkt, at_s)
        self._reports.counted(said.updateCount, at_s)
        if heard.pkt:
            self._jitter_s[int(at_s - self.began_s)] = heard.jitterUsec.last / 1e6
        self._judge(said.jitterUsec.max > 0 or said.loss > 0 or rtcp.rttUsec.n > 0)

    def _judge(self, known_there: bool) -> None:
        """A block about a stream that never came is all zeros; only one that came has a jitter, a loss or an echo."""
        sent, reports = self.sent.instants, self._reports.instants
        if known_there:
            self.reaches = True
        elif self.reaches is None and sent and reports and reports[-1] - sent[0] >= TOLD_AFTER_S:
            self.reaches = False

    def lost_share(self, since_s: float) -> float | None:
        """Return the share of the packets due since *since_s* that did not come; None if none was due."""
        lost, received = self.lost.since(since_s), self.received.since(since_s)
        return lost / (lost + received) if lost + received else None

    def seconds(self, until_s: float, level_dbfs: Callable[[float, float], float | None]) -> tuple[Second, ...]:
        """Return the figures of each second; *level_dbfs* tells how loud it was between two instants."""
        if self.began_s is None:
            return ()
        whole = range(int(until_s - self.began_s) + 1)
        return tuple(self._second(index, self.began_s + index, level_dbfs) for index in whole)

    def _second(self, index: int, start_s: float, level_dbfs: Callable[[float, float], float | None]) -> Second:
        end_s = start_s + 1
        return Second(
            second=index,
            received=self.received.between(start_s, end_s),
            lost=self.lost.between(start_s, end_s),
            discarded=self.discarded.between(start_s, end_s),
            jitter_s=self._jitter_s.get(index),
            sent=self.sent.between(start_s, end_s),
            level_dbfs=level_dbfs(start_s, end_s),
        )
