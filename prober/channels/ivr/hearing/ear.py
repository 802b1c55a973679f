"""The ear: sound in, what was heard out. It is fed by the line's process between its polls, and does no waiting."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.alignment import Acquisition, Candidate
from prober.channels.ivr.hearing.beginnings import beginning
from prober.channels.ivr.hearing.events import Confirmed, Diverged, HearingEvent, ReadOut, Started
from prober.channels.ivr.hearing.fingerprint import BITS, FRAME, HOP, RATE, WINDOW, LiveFingerprint
from prober.channels.ivr.hearing.library import Library, Recording
from prober.channels.ivr.hearing.matching import Matcher
from prober.channels.ivr.hearing.music import NONE, HeldPartials, MusicDetector, Partials
from prober.channels.ivr.hearing.onset import Tape, refine
from prober.channels.ivr.hearing.readout import STEP_S, Reader
from prober.channels.ivr.hearing.signals import SignalDetector
from prober.channels.ivr.hearing.sound import FRAME_S, SoundGate
from prober.channels.ivr.hearing.tracking import STEP, WHOLE, History, Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME_S = 0.06
"""Two onsets of one prompt this close together are one."""
REFUTED = RATE // 10
"""
Samples around the onset at which a prompt was found to be another recording: it does not begin there a second time.
Tried again, it would be dated a little otherwise, and what chance offers there might do.
"""
SLIPPED = 8
"""But for these around where it began, or would have if whole packets were late or lost: then it may be it."""
SETTLED = 30
"""Live frames (0.6 s) after which a prompt that started behind a number is believed to end the number."""
PATIENCE = 300
"""Frames of 10 ms in which the first piece of a number is awaited: 3 s."""
SLACK = 8
"""Live frames by which a prompt may seem to begin before the silence ended: a window is nearly five long."""
SCORED = 25
"""Live frames that a score is taken from."""


@dataclass(frozen=True)
class _Heard:
    """The prompt that is being followed."""

    tracker: Tracker
    matcher: Matcher
    onset_s: float

    @property
    def audible_s(self) -> float:
        return self.onset_s + self.tracker.recording.lead_s


@dataclass(frozen=True)
class _Reading:
    """The number that is being read out behind the prompt *after*."""

    reader: Reader
    after: str
    start_s: float


class Ear:
    """
    Listens to one call.

    *expected* limits the prompts it looks for; with none it looks for all of them. Numbers are read behind every prompt
    that was heard to its end, if the library has pieces.
    """

    def __init__(self, library: Library, *, expected: Collection[str] | None = None) -> None:
        self._library = library if expected is None else library.only(expected)
        self._acquisition = Acquisition(self._library.prompts)
        self._tape = Tape()
        self._now, self._between = LiveFingerprint(), LiveFingerprint()
        self._history = History()
        self._gate = SoundGate()
        self._signals = SignalDetector()
        self._partials, self._music = HeldPartials(), MusicDetector()
        self._heard: _Heard | None = None
        self._refuted: dict[str, int] = {}
        """The onset, in samples of the stream, at which each prompt was last found to be another recording."""
        self._reading: _Reading | None = None

    @property
    def now_s(self) -> float:
        """How much was heard so far, in seconds of the stream."""
        return self._tape.end / RATE

    def listen(self, sound: bytes) -> tuple[HearingEvent, ...]:
        """
        Take in the next 20 ms, or several times as much, and return what is now known.

        *sound* is 320 bytes of little-endian 16-bit samples for each 20 ms; several together cost less.

        Raises:
            ValueError: It has another length.
        """
        if not sound or len(sound) % (2 * FRAME):
            raise ValueError(f"a frame has {2 * FRAME} bytes, and {len(sound)} are no whole number of them")
        samples = np.frombuffer(sound, "<i2")
        frames = samples.reshape(-1, FRAME)
        newest = np.concatenate([self._tape.window()[FRAME - WINDOW :], samples])
        windows = np.ndarray((len(frames), WINDOW), newest.dtype, newest, strides=(2 * FRAME, 2))
        powers = np.square(frames / np.float32(32768)).mean(axis=1).tolist()
        fingerprints = self._now.several(windows)
        partials = self._partials.several(None if self._heard else self._now.power, len(frames))
        heard = zip(frames, fingerprints, partials, powers, strict=True)
        return tuple(event for one in heard for event in self._next(*one))

    def _next(
        self, frame: NDArray[np.int16], bits: np.uint32 | None, partials: Partials, power: float
    ) -> list[HearingEvent]:
        """Take in a frame, what is known of it, and its mean square (full scale 1); return what is now known."""
        self._tape.add(frame)
        self._history.add(bits)
        events: list[HearingEvent] = []
        sound = self._gate.listen(power, self.now_s)
        if sound is not None:
            events.append(sound)
        events += self._signals.listen(None if self._heard else self._tape.window(), power, self.now_s)
        known = bits is None or self._heard is not None or self._signals.toned
        music = self._music.listen(NONE if known else partials, self.now_s)
        if music is not None:
            events.append(music)
        events += self._follow(bits)
        events += self._acquire(bits)
        events += self._read(bits)
        return events

    def _follow(self, bits: np.uint32 | None) -> list[HearingEvent]:
        heard = self._heard
        if heard is None:
            return []
        tracker = heard.tracker
        tracker.follow(bits)
        heard.matcher.listen(self._tape, self._history)
        if tracker.lost or heard.matcher.strange_s is not None:
            return self._diverge(heard)
        if not tracker.ended:
            return []
        if tracker.coverage < WHOLE:
            return self._diverge(heard)
        return self._confirm(heard)

    def _diverge(self, heard: _Heard) -> list[HearingEvent]:
        self._heard = None
        tracker = heard.tracker
        sure_s = self._sure_s(heard)
        otherwise = heard.matcher.strange_s is not None
        if otherwise:
            self._refuted[tracker.recording.name] = round(heard.onset_s * RATE)
        diverged = Diverged(tracker.recording.name, sure_s, tracker.coverage, otherwise)
        shorter = beginning(self._library.prompts, tracker.recording, sure_s - heard.onset_s)
        return [diverged] if shorter is None else [diverged, *self._heard_whole(shorter, heard)]

    def _heard_whole(self, shorter: Recording, heard: _Heard) -> list[HearingEvent]:
        """Tell that it was not the prompt that was followed but the *shorter* one it begins with."""
        onset_s, ber, longer = heard.onset_s, heard.tracker.ber, heard.tracker.recording
        ended_s = onset_s + shorter.tail_s
        started = Started(shorter.name, onset_s, onset_s + shorter.lead_s, self.now_s, 1 - ber, 1 - ber, longer.name)
        events = [*self._end_number(heard), started]
        self._read_behind(shorter.name, ber, frames=max(int((self.now_s - ended_s) / FRAME_S), 1))
        return [*events, Confirmed(shorter.name, onset_s, onset_s + shorter.lead_s, ended_s, ber, 1.0)]

    def _read_behind(self, prompt: str, ber: float, *, frames: int = 1) -> None:
        """Begin to read a number behind *prompt*, which ended *frames* ago, the newest one not counted."""
        if not self._library.pieces.recordings:
            return
        reader, now = Reader(self._library.pieces, ber), LiveFingerprint()
        self._between = LiveFingerprint()
        for back in range(frames - 1, 0, -1):
            reader.listen(self._between.next(self._tape.window(back * FRAME + HOP)))
            reader.listen(now.next(self._tape.window(back * FRAME)))
        self._reading = _Reading(reader, prompt, self.now_s - frames * FRAME_S)

    def _sure_s(self, heard: _Heard) -> float:
        """When it was last beyond doubt."""
        sure_s, strange_s = self.now_s - heard.tracker.doubted * FRAME_S, heard.matcher.strange_s
        return sure_s if strange_s is None else min(sure_s, heard.onset_s + strange_s)

    def _confirm(self, heard: _Heard) -> list[HearingEvent]:
        self._heard = None
        tracker = heard.tracker
        events = self._end_number(heard)
        self._acquisition.reset()
        ended_s = min(heard.onset_s + tracker.recording.tail_s, self._sure_s(heard))
        name = tracker.recording.name
        if self._library.pieces.recordings:
            self._reading = _Reading(Reader(self._library.pieces, tracker.ber), name, self.now_s)
        confirmed = Confirmed(name, heard.onset_s, heard.audible_s, ended_s, tracker.ber, tracker.coverage)
        return [*events, confirmed]

    def _acquire(self, bits: np.uint32 | None) -> list[HearingEvent]:
        heard = self._heard
        if heard is not None and heard.tracker.doubt == 0:
            self._acquisition.reset()
            return []
        self._acquisition.listen(bits)
        found = self._acquisition.candidate((self._history.since_silence + SLACK) * STEP)
        if found is None:
            return []
        self._acquisition.reset()
        if heard is not None and self._is_same(heard.tracker, found):
            return []
        onset = refine(self._tape, found.recording, self._tape.end - (found.position + 1) * HOP)
        if self._was_refuted(found.recording.name, onset):
            return []
        matcher = Matcher(self._library.prompts, found.recording, onset)
        matcher.listen(self._tape, self._history)
        if matcher.strange_s is not None:
            self._refuted[found.recording.name] = onset
            return []
        events = [] if heard is None else self._diverge(heard)
        return [*events, self._start(found, onset / RATE, matcher)]

    def _is_same(self, tracker: Tracker, found: Candidate) -> bool:
        apart_s = abs(tracker.position - found.position) * HOP / RATE
        return tracker.recording is found.recording and apart_s <= SAME_S

    def _was_refuted(self, prompt: str, onset: int) -> bool:
        before = self._refuted.get(prompt)
        if before is None:
            return False
        apart = abs(onset - before)
        return apart <= REFUTED and min(apart % FRAME, -apart % FRAME) > SLIPPED

    def _start(self, found: Candidate, onset_s: float, matcher: Matcher) -> Started:
        recording, second = found.recording, found.second
        references = self._library.prompts
        heard = self._history.along(references, recording, found.position)
        self._heard = _Heard(Tracker(references, recording, found.position, heard), matcher, onset_s)
        return Started(
            prompt=recording.name,
            onset_s=onset_s,
            audible_s=self._heard.audible_s,
            decided_s=self.now_s,
            score=_score(heard),
            second=0.0 if second is None else self._second_score(second, found.second_position),
            second_prompt=None if second is None else second.name,
        )

    def _second_score(self, second: Recording, position: int) -> float:
        return _score(self._history.along(self._library.prompts, second, position))

    def _read(self, bits: np.uint32 | None) -> list[HearingEvent]:
        reading = self._reading
        if reading is None or self.now_s <= reading.start_s:
            return []
        reading.reader.listen(self._between.next(self._tape.window(HOP)))
        reading.reader.listen(bits)
        if self._heard is not None:
            return self._end_number(self._heard) if self._heard.tracker.frames >= SETTLED else []
        if reading.reader.over or (reading.reader.frames > PATIENCE and not reading.reader.read()):
            return self._close(reading, reading.reader.frames)
        return []

    def _end_number(self, heard: _Heard) -> list[HearingEvent]:
        """End what is being read out, if anything is, where the prompt behind it began."""
        reading = self._reading
        return [] if reading is None else self._close(reading, round((heard.onset_s - reading.start_s) / STEP_S))

    def _close(self, reading: _Reading, until: int) -> list[HearingEvent]:
        self._reading = None
        spoken = reading.reader.read(until)
        if not spoken:
            return []
        pieces = [self._library.pieces.recordings[piece.index] for piece in spoken]
        return [
            ReadOut(
                after=reading.after,
                pieces=tuple(piece.name for piece in pieces),
                text="".join(piece.text for piece in pieces),
                started_s=reading.start_s + spoken[0].start * STEP_S,
                ended_s=reading.start_s + spoken[-1].end * STEP_S,
            )
        ]


def _score(wrong: NDArray[np.int64]) -> float:
    """Return the share of bits that agree in the newest frames."""
    return 1 - float(wrong[:SCORED].mean()) / BITS if len(wrong) else 0.0
