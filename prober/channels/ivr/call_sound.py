"""The sound of one call: recorded, listened to, and dated by the packets it came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from prober.channels.ivr.arrival import FRAME_S, Arrivals
from prober.channels.ivr.commands import HandOver, Mark, WriteRecording
from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import (
    Confirmed,
    Diverged,
    HearingEvent,
    KeyHeard,
    ReadOut,
    SoundEnded,
    SoundStarted,
    Started,
    ToneEnded,
    ToneStarted,
)
from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.messages import Figures, Heard, Second, Sound
from prober.channels.ivr.recording import FRAME_BYTES, Activity, Recording
from prober.channels.ivr.stream_log import StreamLog
from prober.channels.timing import monotonic

SILENCE = bytes(FRAME_BYTES)
PAUSE_FRAMES = 50
"""A second without a packet is a pause of the far end's; what is shorter is the network's or the machine's jitter."""
DROPOUT_S = 0.06
"""Two packets that fail to come one after the other make a pause that is heard; sooner is jitter."""
FLUSH_FRAMES = 50
"""A second of silence behind the last frame lets the ear close what it had begun."""


class CallSound:
    """
    What is kept of a call's sound while it lasts.

    The recording has every tick. The ear gets the frames alone that came in packets, in their order, so that a stall of
    the far end, the network or this machine tears no prompt apart: *when* it was said is told by the packets. Silence
    that stood in for a packet that is lost, not late, is given to the ear after all, as soon as that is known: the
    prompt went on meanwhile (measured: 30 % lost, all prompts still followed to their end; none without that silence).
    """

    def __init__(self, library: Library) -> None:
        self._ear = Ear(library)
        self.arrivals = Arrivals()
        self.recording = Recording()
        self.log = StreamLog(self.arrivals.packets)
        self.clock_gap_max_s: float | None = None
        """The longest time between two ticks of 20 ms: how late the robot's own machine was."""
        self._last_tick_s: float | None = None
        self._counted = 0
        """How often the buffer was found empty, by its own count; one that fell is a new stream's."""
        self._underruns = 0
        self._owed = 0
        """Silent frames yet to come of those."""
        self._pause = 0
        """Frames without a packet, one after another."""
        self._left_out: list[tuple[float, int]] = []
        """Their ticks, and their places in the recording."""
        self._made_up = 0
        """How many of those the ear got when their packets were known to be lost."""
        self._late: list[int] = []
        """The places of those whose packets came after all."""
        self._recorded: list[int] = []
        """The place in the recording of each frame the ear got."""

    @property
    def underrun_s(self) -> float:
        """How long nothing had come in when something was due."""
        return self._underruns * FRAME_S

    def listen(
        self, frames: Sequence[tuple[float, bytes]], *, buffered: int | None, underruns: int, lost: int = 0
    ) -> Iterator[Heard]:
        """
        Take in frames with their ticks and yield what they tell.

        *buffered* is what the jitter buffer holds now, if that is known, *underruns* how often it was found empty so
        far, *lost* how many packets are known to be lost so far that it has not stood in for by itself.
        """
        self._note_underruns(underruns)
        played: list[tuple[float, bytes]] = []
        unsent: set[int] = set()
        for tick, frame in frames:
            self._note_gap(tick)
            self.recording.add(frame, tick)
            place = len(self.recording) - 1
            if self._stands_in(frame):
                self._pause += 1
                if self._pause <= PAUSE_FRAMES:
                    self._left_out.append((tick, place))
                    continue
                unsent.add(len(played))
            else:
                self._pause = 0
                for lost_tick, lost_place in self._known_lost(lost):
                    unsent.add(len(played))
                    played.append((lost_tick, SILENCE))
                    self._recorded.append(lost_place)
            played.append((tick, frame))
            self._recorded.append(place)
        self.arrivals.heard([tick for tick, _ in played], buffered, unsent=unsent)
        yield from self._hear(b"".join(frame for _, frame in played))

    def _note_underruns(self, underruns: int) -> None:
        new = underruns - self._counted
        if new < 0:
            new, self._made_up = underruns, 0
        self._counted = underruns
        self._underruns += new
        self._owed += new

    def _known_lost(self, lost: int) -> list[tuple[float, int]]:
        """Return what was left out since the last frame that came, as far as its packets are lost."""
        left_out, self._left_out = self._left_out, []
        made_up = left_out[: max(lost - self._made_up, 0)]
        self._made_up += len(made_up)
        self._late += [place for _, place in left_out[len(made_up) :]]
        return made_up

    def _stands_in(self, frame: bytes) -> bool:
        """Whether it is the silence that stands in for a frame that had not come."""
        if not self._owed or frame != SILENCE:
            return False
        self._owed -= 1
        return True

    def flush(self) -> Iterator[Heard]:
        """Yield what the end of the call settles."""
        yield from self._hear(SILENCE * (FLUSH_FRAMES if self._recorded else 0))

    def _note_gap(self, tick_s: float) -> None:
        if self._last_tick_s is not None:
            self.clock_gap_max_s = max(self.clock_gap_max_s or 0.0, tick_s - self._last_tick_s)
        self._last_tick_s = tick_s

    def _hear(self, sound: bytes) -> Iterator[Heard]:
        for event in self._ear.listen(sound) if sound else ():
            yield self._dated(event)

    def seconds(self) -> tuple[Second, ...]:
        """Return the figures of each second up to the last tick."""

        def level_dbfs(start_s: float, end_s: float) -> float | None:
            return self.recording.level_dbfs(self.recording.place_s(start_s), self.recording.place_s(end_s))

        return self.log.seconds(self._last_tick_s or 0.0, level_dbfs)

    def wav(self, asked: WriteRecording) -> bytes:
        """Return the recording as a WAV file; what was played or came in while nobody might hear it is muted."""
        marks = [*asked.marks, *self._late_marks()]
        return self.recording.wav(asked.tones, marks, self._muted(asked.secret_s))

    def _late_marks(self) -> Iterator[Mark]:
        """Mark where silence stood in for late packets: who leaves it out has what the far end sent."""
        for _, run in groupby(enumerate(self._late), key=lambda one: one[1] - one[0]):
            places = [place for _, place in run]
            yield Mark(0.0, f"late {len(places) * FRAME_S * 1000:.0f} ms", places[0] * FRAME_S)

    def between(self, asked: HandOver) -> Sound:
        """Return what arrived between two instants; where only silence stood in for a packet, there is nothing."""
        muted, frames = self._muted(asked.secret_s), self.arrivals.between(asked.start_s, asked.end_s)
        places = [self._recorded[index] for index in frames]
        samples = b"".join(SILENCE if place in muted else self.recording.frame(place) for place in places)
        return Sound(asked, samples, tuple(self.arrivals.at((index + 0.5) * FRAME_S) for index in frames))

    def _muted(self, secret_s: Sequence[tuple[float, float]]) -> set[int]:
        """Return the frames of the recording that were played, or came in, while nobody might hear them."""
        muted: set[int] = set()
        for start_s, end_s in secret_s:
            muted |= set(self.recording.frames_between(start_s, end_s))
            muted |= {self._recorded[index] for index in self.arrivals.between(start_s, end_s)}
        return muted

    def figures(self, codec: str | None, stat: Any, since_s: float) -> Figures:
        """Return what the sound can have been like; *stat*: pjsua2's StreamStat, None if there never was a stream."""
        told = Figures(monotonic(), self.arrivals.last_packet_at_s, codec)
        if stat is None:
            return told
        rtcp = stat.rtcp
        received = self.arrivals.packets.count > 0
        active = self.recording.activity() if received else Activity()
        dropouts = self.arrivals.packets.gaps(DROPOUT_S, self._last_tick_s or 0.0)
        return replace(
            told,
            rtp_sent=self.log.sent.count,
            rtp_received=self.arrivals.packets.count,
            rtp_lost=self.log.lost.count,
            rtp_discarded=self.log.discarded.count,
            jitter_mean_s=rtcp.rxStat.jitterUsec.mean / 1e6 if received else None,
            jitter_max_s=rtcp.rxStat.jitterUsec.max / 1e6 if received else None,
            rtt_s=rtcp.rttUsec.mean / 1e6 if rtcp.rttUsec.n else None,
            sounding=active.share,
            level_dbfs=active.level_dbfs,
            clipped=active.clipped,
            dropouts=len(dropouts) if received else None,
            dropout_max_s=max(dropouts, default=0.0) if received else None,
            clock_gap_max_s=self.clock_gap_max_s,
            underrun_s=self.underrun_s,
            lost_share=self.log.lost_share(since_s),
        )

    def _dated(self, event: HearingEvent) -> Heard:
        began_s, at_s, ended_s = _moments(event)
        whole = None
        until_s = len(self._recorded) * FRAME_S if ended_s is None else ended_s
        if isinstance(event, Confirmed):
            whole = self._in_recording(event.audible_s), self._in_recording(event.ended_s)
        return Heard(
            event=event,
            began_at_s=self.arrivals.at(began_s, until_s),
            at_s=self.arrivals.at(at_s, until_s),
            reported_at_s=monotonic(),
            ended_at_s=None if ended_s is None else self.arrivals.at(ended_s),
            level_dbfs=self.recording.level_dbfs(*whole) if whole else None,
            clipped=self.recording.clipped(*whole) if whole else None,
            recorded_s=self._in_recording(at_s),
        )

    def _in_recording(self, stream_s: float) -> float:
        """Return the moment of the recording at which a moment of the ear's stream was played."""
        index = min(max(int(stream_s / FRAME_S + 1e-6), 0), len(self._recorded) - 1)
        return stream_s + (self._recorded[index] - index) * FRAME_S


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
        case SoundStarted() | SoundEnded() | ToneStarted() | ToneEnded() | KeyHeard():
            return event.at_s, event.at_s, None
