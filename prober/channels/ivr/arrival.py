"""
When a moment of the sound that was heard came in on the wire.

A frame leaves the jitter buffer at the tick of a 20 ms clock, up to tens of milliseconds after its packet came in, and
by a different amount each time. So a moment is dated by its packet: the newest one that has come in, less what the
buffer still holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

FRAME_S = 0.02
BUFFER_FRAMES_A_PACKET = 2
"""pjmedia's jitter buffer counts 10 ms frames."""


class Arrivals:
    """Arrival times of packets and, through them, of the frames that were heard. All instants are monotonic."""

    def __init__(self) -> None:
        self._packets: list[float] = []
        self._counted = 0
        self._frames: list[float] = []

    @property
    def last_packet_at_s(self) -> float | None:
        """When the newest packet came in; None if none ever did."""
        return self._packets[-1] if self._packets else None

    def counted(self, packets: int, at_s: float) -> None:
        """Note that the stream has counted *packets* so far; a count that fell is a new stream's."""
        new = packets - self._counted if packets >= self._counted else packets
        self._counted = packets
        self._packets.extend([at_s] * new)

    def heard(self, ticks: Sequence[float], buffered: int, *, unsent: Collection[int] = ()) -> None:
        """
        Note frames that were played at *ticks*, when the buffer now still holds *buffered* of its own frames.

        Those with the indexes *unsent* are silence that no packet carried: they are dated by their ticks.
        """
        newest = len(self._packets) - 1 - round(buffered / BUFFER_FRAMES_A_PACKET)
        back = len(ticks) - len(unsent)
        for index, tick in enumerate(ticks):
            if index in unsent:
                self._frames.append(tick)
                continue
            back -= 1
            came = self._packets[newest - back] if newest >= back else tick
            self._frames.append(min(came, tick))

    def at(self, stream_s: float) -> float:
        """Return when the frame that holds the moment *stream_s* came in; before the first frame, by counting back."""
        if not self._frames:
            raise ValueError("nothing was heard yet")
        index = min(max(int(stream_s / FRAME_S + 1e-6), 0), len(self._frames) - 1)
        if stream_s < 0:
            return self._frames[0] + stream_s
        return self._frames[index]
