"""The sound of one call: recorded, listened to, and dated by the packets it came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prober.channels.ivr.arrival import Arrivals
from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import (
    Confirmed,
    Diverged,
    HearingEvent,
    ReadOut,
    SoundEnded,
    SoundStarted,
    Started,
)
from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.messages import Heard
from prober.channels.ivr.recording import FRAME_BYTES, Recording
from prober.channels.timing import monotonic

SILENCE = bytes(FRAME_BYTES)
FLUSH_FRAMES = 50
"""A second of silence behind the last frame lets the ear close what it had begun."""


class CallSound:
    """What is kept of a call's sound while it lasts."""

    def __init__(self, library: Library) -> None:
        self._ear = Ear(library)
        self.arrivals = Arrivals()
        self.recording = Recording()
        self.clock_gap_max_s: float | None = None
        """The longest time between two ticks of 20 ms: how late the robot's own machine was."""
        self._last_tick_s: float | None = None

    def listen(self, frames: Sequence[tuple[float, bytes]], *, buffered: int) -> Iterator[Heard]:
        """Take in frames with their ticks and yield what they tell; *buffered* is what the jitter buffer holds now."""
        self.arrivals.heard([tick for tick, _ in frames], buffered)
        for tick, frame in frames:
            self._note_gap(tick)
            self.recording.add(frame)
            yield from self._hear(frame)

    def flush(self) -> Iterator[Heard]:
        """Yield what the end of the call settles."""
        for _ in range(FLUSH_FRAMES if len(self.recording) else 0):
            yield from self._hear(SILENCE)

    def _note_gap(self, tick_s: float) -> None:
        if self._last_tick_s is not None:
            self.clock_gap_max_s = max(self.clock_gap_max_s or 0.0, tick_s - self._last_tick_s)
        self._last_tick_s = tick_s

    def _hear(self, frame: bytes) -> Iterator[Heard]:
        for event in self._ear.listen(frame):
            yield self._dated(event)

    def _dated(self, event: HearingEvent) -> Heard:
        began_s, at_s, ended_s = _moments(event)
        sounds = isinstance(event, Confirmed)
        return Heard(
            event=event,
            began_at_s=self.arrivals.at(began_s),
            at_s=self.arrivals.at(at_s),
            reported_at_s=monotonic(),
            ended_at_s=None if ended_s is None else self.arrivals.at(ended_s),
            level_dbfs=self.recording.level_dbfs(at_s, ended_s) if sounds and ended_s is not None else None,
            clipped=self.recording.clipped(at_s, ended_s) if sounds and ended_s is not None else None,
        )


def _moments(event: HearingEvent) -> tuple[float, float, float | None]:
    """Return beginning, audible moment and end, in seconds of the stream."""
    match event:
        case Started():
            return event.onset_s, event.audible_s, None
        case Confirmed():
            return event.onset_s, event.audible_s, event.ended_s
        case Diverged():
            return event.cut_s, event.cut_s, None
        case ReadOut():
            return event.started_s, event.started_s, event.ended_s
        case SoundStarted() | SoundEnded():
            return event.at_s, event.at_s, None
