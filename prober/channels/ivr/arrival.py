"""
When a moment of the sound that was heard came in on the wire.

A frame leaves the jitter buffer at the tick of a 20 ms clock, up to tens of milliseconds after its packet came in, and
by a different amount each time. So a moment is dated by its packet: the newest one that has come in, less what the
buffer still holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median_low

from prober.channels.ivr.tally import Packets

FRAME_S = 0.02
BUFFER_FRAMES_A_PACKET = 2
"""pjmedia's jitter buffer counts 10 ms frames."""


BUFFER_S = 2.5
"""No frame is heard so long after its packet came: more than what the jitter buffer holds at the most."""
NEAR = 12
"""Frames to either side whose packets tell which one a frame came in."""

CROSSING = 50
"""A second: what began longer before a new stream was told of before it came, and is the last one's."""

LEFT_OVER = 12
"""Frames of the last stream that may be played after the next one was told of."""


@dataclass(frozen=True)
class _Frame:
    """
    A frame: its tick, how many frames that came in packets were before it, and how far ahead of them its packet seems.

    None: it is not known, or no packet carried it (*unsent*). *stream* counts the streams of the call before its own.
    """

    tick_s: float
    before: int
    ahead: int | None
    stream: int
    unsent: bool = False


class Arrivals:
    """Arrival times of packets and, through them, of the frames that were heard. All instants are monotonic."""

    def __init__(self) -> None:
        self.packets = Packets()
        self._frames: list[_Frame] = []
        self._carried = 0
        """Frames that came in packets."""
        self._stream = 0
        self._begins: dict[int, int] = {}
        """The index of each stream's first frame."""

    @property
    def last_packet_at_s(self) -> float | None:
        """When the newest packet came in; None if none ever did."""
        return self.packets.instants[-1] if self.packets.instants else None

    def begin_stream(self) -> None:
        """Note that the next frames are another stream's: what the buffer held of the last one is never heard."""
        self._stream += 1

    def heard(self, ticks: Sequence[float], buffered: int | None, *, unsent: Collection[int] = ()) -> None:
        """
        Note frames that were played at *ticks*, when the buffer now still holds *buffered* of its own frames.

        None: nobody knows how many. Those with the indexes *unsent* are silence that no packet carried: they are dated
        by their ticks.
        """
        ahead = self._ahead(len(ticks) - len(unsent), buffered)
        for index, tick in enumerate(ticks):
            carried = index not in unsent
            self._begins.setdefault(self._stream, len(self._frames))
            self._frames.append(_Frame(tick, self._carried, ahead if carried else None, self._stream, not carried))
            self._carried += carried

    def _ahead(self, carried: int, buffered: int | None) -> int | None:
        """Return how far the packets of the next frames are ahead of them: the last one's is the newest played."""
        if buffered is None:
            return None
        played = len(self.packets.instants) - round(buffered / BUFFER_FRAMES_A_PACKET)
        return played - carried - self._carried if played > 0 else None

    def at(self, stream_s: float, until_s: float | None = None) -> float:
        """
        Return when the frame that holds the moment *stream_s* came in; before the first frame, by counting back.

        *until_s* is a later moment of what began then. Where another stream came just between the two, its first frames
        were lost while it was being set up, so that is counted back as well.
        """
        if not self._frames:
            raise ValueError("nothing was heard yet")
        if stream_s < 0:
            return self._came(0) + stream_s
        index = self._index(stream_s)
        if until_s is not None:
            first = self._first(self._frames[self._index(until_s)].stream)
            if 0 < first - index <= CROSSING:
                return self._came(first) - (first - index) * FRAME_S
        return self._came(index)

    def _first(self, stream: int) -> int:
        """Return the first frame of a stream: it may begin with what was left of the last, before nothing is played."""
        begins = self._begins[stream]
        there = self._frames[begins : begins + LEFT_OVER + 1]
        paused = [nth for nth in range(1, len(there)) if there[nth].tick_s - there[nth - 1].tick_s > 3 * FRAME_S]
        return begins + (paused[-1] if paused else 0)

    def _index(self, stream_s: float) -> int:
        return min(max(int(stream_s / FRAME_S + 1e-6), 0), len(self._frames) - 1)

    def between(self, start_s: float, end_s: float) -> list[int]:
        """Return the indexes of the frames that came in between two instants."""
        return [
            index
            for index, frame in enumerate(self._frames)
            if start_s <= frame.tick_s <= end_s + BUFFER_S and start_s <= self._came(index) <= end_s
        ]

    def _came(self, index: int) -> float:
        """
        Return when a frame came in.

        Whoever looks between the moments at which a frame leaves the buffer and is heard takes it for its neighbour: so
        its packet is the one that most of the frames around it tell.
        """
        frame = self._frames[index]
        near = self._frames[max(index - NEAR, 0) : index + NEAR + 1]
        known = [one.ahead for one in near if one.ahead is not None and one.stream == frame.stream]
        if frame.unsent or not known:
            return frame.tick_s
        packet = min(max(frame.before + median_low(known), 0), len(self.packets.instants) - 1)
        return min(self.packets.instants[packet], frame.tick_s)
