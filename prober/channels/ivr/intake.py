"""What comes in of a line's call: its ticks, its packets and its counts, listened to ten times a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from prober.channels.ivr.arrival import BUFFER_FRAMES_A_PACKET
from prober.channels.ivr.call_sound import CallSound
from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.line_leg import Leg
from prober.channels.ivr.line_tap import Tap
from prober.channels.ivr.messages import Figures, FromLine, Heard, Reached
from prober.channels.timing import monotonic

LISTEN_S = 0.1
"""How often what came in is listened to: waking the ear up for each frame costs several times what it does with one."""
CLEAR_S = 0.014
"""So long after a tick the next one is not under way: a buffer that is looked at meanwhile tells of a frame too few."""
READINGS = 3
"""How often the counts are read again because a tick fell in between."""


class Intake:
    """Takes what *tap* hears of one call after another, and has it listened to for the prompts of *library*."""

    def __init__(self, tap: Tap, library: Library) -> None:
        self._tap, self._library = tap, library
        self.ticks: deque[float] = deque()
        """Those that whoever sends has not been told of yet."""
        self._tick_s = self._listened_s = 0.0
        self.forget()

    def forget(self) -> None:
        """Keep nothing of the last call."""
        self.sound = CallSound(self._library)
        self.hears = False
        """A call's sound comes in; the library's clock goes on without one."""
        self._tap.rewind()
        self._frames: list[tuple[float, bytes]] = []
        """What came in, with its ticks, since it was listened to last."""
        self._stat: Any = None
        self._codec: str | None = None
        self._looked_at = 0
        """The count of packets at the last look."""

    def begin(self, leg: Leg | None, codec: str) -> None:
        """Hear the sound of *leg* from now on."""
        self._codec, self.hears = codec, True
        self.sound.arrivals.begin_stream()
        if leg is not None:
            self._tap.stamps = leg.stamps()

    def end(self) -> Iterator[Heard]:
        """Hear no more, and yield what that settles."""
        yield from self.sound.flush()
        self.hears = False
        self._tap.rewind()

    @property
    def is_unstamped(self) -> bool:
        """Whether packets come in that have no stamps."""
        return self.hears and self._tap.stamps is None

    def take(self) -> None:
        """Take in the frames that were played."""
        while self._tap.frames:
            self._tick_s, frame = self._tap.frames.popleft()
            self.ticks.append(self._tick_s)
            if self.hears:
                self._frames.append((self._tick_s, frame))

    def look(self, leg: Leg | None) -> None:
        """Note when the newest packet came in: by its stamp or, where there is none, by the count that rises."""
        if self._tap.stamps is not None:
            self._tap.look()
            return
        now_s, stat = monotonic(), self._read_stat(leg)
        before, self._looked_at = self._looked_at, stat.rtcp.rxStat.pkt if stat else 0
        self._tap.seen.append((now_s, now_s if self._looked_at != before else None))

    @property
    def is_due(self) -> bool:
        """Whether it is time to listen, and no tick is under way (or ticks have been late for as long again)."""
        now_s = monotonic()
        for_s = now_s - self._listened_s
        return self.hears and for_s >= LISTEN_S and (now_s - self._tick_s < CLEAR_S or for_s >= 2 * LISTEN_S)

    def listen(self, leg: Leg | None) -> Iterator[FromLine]:
        """Hear what came in since the last time, and yield what it tells."""
        for _ in range(READINGS):
            self.take()
            read_s = monotonic()
            stat = self._read_stat(leg)
            clear = stat is not None and not self._tap.frames and monotonic() - self._tick_s < CLEAR_S
            if not self._tap.frames:
                break
        if stat is not None:
            self._stat, self._listened_s = stat, read_s
            yield from self._count(stat, read_s)
        frames, self._frames = self._frames, []
        if frames:
            yield from self.sound.listen(frames, **_buffer_of(self._stat, clear=clear))

    def figures(self, since_s: float) -> Figures:
        """Return those of the call so far."""
        return self.sound.figures(self._codec, self._stat, since_s)

    def _count(self, stat: Any, read_s: float) -> Iterator[Reached]:
        """Count what the stream's counts, read after *read_s*, tell."""
        sound, tap = self.sound, self._tap
        tap.look()
        sound.arrivals.packets.came(stat.rtcp.rxStat.pkt, [tap.seen.popleft() for _ in range(len(tap.seen))])
        known = sound.log.reaches
        sound.log.note(stat.rtcp, read_s)
        if sound.log.reaches is not None and sound.log.reaches is not known:
            yield Reached(read_s, sound.log.reaches)

    def _read_stat(self, leg: Leg | None) -> Any:
        return None if leg is None or self._codec is None else leg.stat()


def _buffer_of(stat: Any, *, clear: bool) -> dict[str, Any]:
    """Return what the jitter buffer of a stream tells, where there is one; *clear*: what it holds is beyond doubt."""
    if stat is None:
        return {"buffered": None, "underruns": 0}
    buffer = stat.jbuf
    filled = buffer.lost // BUFFER_FRAMES_A_PACKET
    buffered = buffer.size if clear else None
    return {"buffered": buffered, "underruns": buffer.empty, "lost": stat.rtcp.rxStat.loss - filled}
