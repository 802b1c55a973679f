"""
When a moment of the sound that was heard came in on the wire.

A frame leaves the jitter buffer at the tick of a 20 ms clock, up to tens of milliseconds after its packet came in, and
by a different amount each time. So a moment is dated by its packet: the newest one that has come in, less what the
buffer still holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from prober.channels.ivr.tally import Tally

FRAME_S = 0.02
BUFFER_FRAMES_A_PACKET = 2
"""pjmedia's jitter buffer counts 10 ms frames."""


class Arrivals:
    """Arrival times of packets and, through them, of the frames that were heard. All instants are monotonic."""

    def __init__(self) -> None:
        self.packets = Tally()
        self._frames: list[float] = []

    @property
    def last_packet_at_s(self) -> float | None:
        """When the newest packet came in; None if none ever did."""
        return self.packets.instants[-1] if self.packets.instants else None

    def heard(self, ticks: Sequence[float], buffered: int, *, unsent: Collection[int] = ()) -> None:
        """
        Note frames that were played at *ticks*, when the buffer now still holds *buffered* of its own frames.

        Those with the indexes *unsent* are silence that no packet carried: they are dated by their ticks.
        """
        packets = self.packets.instants
        newest = len(packets) - 1 - round(buffered / BUFFER_FRAMES_A_PACKET)
        back = len(ticks) - len(unsent)
        for index, tick in enumerate(ticks):
            if index in unsent:
                self._frames.append(tick)
                continue
            back -= 1
            came = packets[newest - back] if newest >= back else tick
            self._frames.append(min(came, tick))

    def at(self, stream_s: float) -> float:
        """Return when the frame that holds the moment *stream_s* came in; before the first frame, by counting back."""
        if not self._frames:
            raise ValueError("nothing was heard yet")
        index = min(max(int(stream_s / FRAME_S + 1e-6), 0), len(self._frames) - 1)
        if stream_s < 0:
            return self._frames[0] + stream_s
        return self._frames[index]

    def between(self, start_s: float, end_s: float) -> list[int]:
        """Return the indexes of the frames that came in between two instants."""
        return [index for index, at_s in enumerate(self._frames) if start_s <= at_s <= end_s]
