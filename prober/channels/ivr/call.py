"""One call as its session knows it: everything its line process has told, in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prober.channels.ivr.hearing.events import SoundEnded, SoundStarted
from prober.channels.ivr.messages import (
    CallEnded,
    FarKey,
    Figures,
    FromLine,
    Heard,
    KeySent,
    KeysFailed,
    MediaStarted,
    Reached,
    RecordingWritten,
    Said,
    SipMessage,
    Sound,
)
from prober.channels.ivr.sip_trace import Note, SipTrace
from prober.channels.timing import Clock
from prober.loading.masking import MASK

_SIGNAL = re.compile(r"(?<=Signal=)\s*\S", re.IGNORECASE)


@dataclass(frozen=True)
class Spoken:
    """
    The words of a stretch of sound, which began at *at_s* and ended at *end_s*; empty where none were made out.

    *since_s* is the stimulus they came after. *at_s* is None where the sound was there at the stimulus, and went on.
    """

    text: str
    shown: str
    """The same as it may be shown: secrets in it are masked, in figures or as they are spoken."""
    since_s: float
    at_s: float | None
    end_s: float
    prompts: tuple[str, ...] = ()
    """Those that were known by these words."""


@dataclass
class Call:
    """What was told of a call so far, and what the robot was asked to do in it."""

    number: str
    clock: Clock = field(default_factory=Clock)
    steps: list[Note] = field(default_factory=list)
    trace: SipTrace = field(default_factory=SipTrace)
    heard: list[Heard] = field(default_factory=list)
    keys: list[KeySent] = field(default_factory=list)
    far_keys: list[FarKey] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    media: MediaStarted | None = None
    early: bool = False
    """Whether the sound before its answer was what was wanted."""
    ended: CallEnded | None = None
    keys_failed: KeysFailed | None = None
    figures: Figures | None = None
    recording: RecordingWritten | None = None
    sound: Sound | None = None
    """What the line process handed over last."""
    spoken: list[Spoken] = field(default_factory=list)
    """What was recognised as speech so far."""
    reaches: bool | None = None
    """Whether anything of ours arrives at the far end, by its RTCP reports; None where they do not tell."""
    secret_s: list[tuple[float, float]] = field(default_factory=list)
    """From when to when keys were pressed that nobody may read."""
    secret_said_s: list[tuple[float, float]] = field(default_factory=list)
    """From when to when a text was said that nobody may hear."""

    def take(self, message: FromLine) -> None:
        """Note one message."""
        if (told := self._lists.get(type(message))) is not None:
            told.append(message)
        else:
            self._take_one(message)

    @property
    def _lists(self) -> Mapping[type, list[Any]]:
        """Where what may be told often is noted."""
        return {
            SipMessage: self.trace.messages,
            Heard: self.heard,
            KeySent: self.keys,
            FarKey: self.far_keys,
            Said: self.said,
        }

    def _take_one(self, message: FromLine) -> None:
        match message:
            case MediaStarted():
                self.media = self.media or message
            case CallEnded():
                self.ended = self.ended or message
            case KeysFailed():
                self.keys_failed = message
            case Reached(arrives=arrives):
                self.reaches = arrives
            case Figures():
                self.figures = message
            case Sound():
                self.sound = message
            case RecordingWritten():
                self.recording = message

    @property
    def up(self) -> bool:
        """It was answered and nobody has ended it."""
        return self.trace.answered is not None and self.ended is None

    @property
    def sounding(self) -> bool:
        """Something can be heard right now."""
        last = next(
            (one.event for one in reversed(self.heard) if isinstance(one.event, SoundStarted | SoundEnded)), None
        )
        return isinstance(last, SoundStarted)

    def sounds(self, until_s: float) -> list[tuple[float, float]]:
        """Return from when to when something was heard; a sound that goes on ends at *until_s*."""
        found: list[tuple[float, float]] = []
        began_s: float | None = None
        for one in self.heard:
            if isinstance(one.event, SoundStarted):
                began_s = one.at_s
            elif isinstance(one.event, SoundEnded) and began_s is not None:
                found.append((began_s, one.at_s))
                began_s = None
        if began_s is not None and began_s < until_s:
            found.append((began_s, until_s))
        return found

    def notes(self) -> list[SipMessage | Note]:
        """Return what belongs on the call's ladder, without secret keys."""
        beside = [*self.steps, *(Note(one.at_s, f"key {one.key}") for one in self.keys if not one.secret)]
        beside += [Note(start_s, f"keys {MASK}") for start_s, _ in self.secret_s]
        if self.media is not None:
            beside.append(Note(self.media.at_s, f"sound flows ({self.media.codec}); the recording begins"))
        if self.ended is not None:
            beside.append(Note(self.ended.at_s, f"the call is over ({self.ended.code} {self.ended.reason})"))
        return [*map(self.shown, self.trace.messages), *beside]

    def shown(self, message: SipMessage) -> SipMessage:
        """Return a message as it may be shown: without a secret key."""
        # An INFO that is not answered is sent again for up to 32 s, long after its step, under the same CSeq.
        secret = {one.header("CSeq") for one in self.trace.requests("INFO", sent=True) if self._is_secret(one.at_s)}
        if message.header("CSeq") not in secret:
            return message
        return replace(message, text=_SIGNAL.sub(MASK, message.text))

    def _is_secret(self, at_s: float) -> bool:
        return any(start_s <= at_s <= end_s for start_s, end_s in self.secret_s)
