"""One call as its session knows it: everything its line process has told, in order."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field, replace

from prober.channels.ivr.hearing.events import SoundEnded, SoundStarted
from prober.channels.ivr.messages import (
    CallEnded,
    Figures,
    FromLine,
    Heard,
    KeySent,
    KeysFailed,
    MediaStarted,
    Reached,
    RecordingWritten,
    SipMessage,
)
from prober.channels.ivr.sip_trace import Note, SipTrace
from prober.channels.timing import Clock
from prober.loading.masking import MASK

_SIGNAL = re.compile(r"(?<=Signal=)\s*\S", re.IGNORECASE)


@dataclass
class Call:
    """What was told of a call so far, and what the robot was asked to do in it."""

    number: str
    clock: Clock = field(default_factory=Clock)
    steps: list[Note] = field(default_factory=list)
    trace: SipTrace = field(default_factory=SipTrace)
    heard: list[Heard] = field(default_factory=list)
    keys: list[KeySent] = field(default_factory=list)
    media: MediaStarted | None = None
    ended: CallEnded | None = None
    keys_failed: KeysFailed | None = None
    figures: Figures | None = None
    recording: RecordingWritten | None = None
    reaches: bool | None = None
    """Whether anything of ours arrives at the far end, by its RTCP reports; None where they do not tell."""
    secret_s: list[tuple[float, float]] = field(default_factory=list)
    """From when to when keys were pressed that nobody may read."""

    def take(self, message: FromLine) -> None:
        """Note one message."""
        match message:
            case SipMessage():
                self.trace.messages.append(message)
            case Heard():
                self.heard.append(message)
            case KeySent():
                self.keys.append(message)
            case _:
                self._take_reply(message)

    def _take_reply(self, message: FromLine) -> None:
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
        # An INFO that is not answered is sent again for up to 32 s, long after its step, under the same CSeq.
        secret = {one.header("CSeq") for one in self.trace.requests("INFO", sent=True) if self._is_secret(one.at_s)}
        return [*(_readable(message, secret) for message in self.trace.messages), *beside]

    def _is_secret(self, at_s: float) -> bool:
        return any(start_s <= at_s <= end_s for start_s, end_s in self.secret_s)


def _readable(message: SipMessage, secret: Set[str | None]) -> SipMessage:
    """Return *message*, its key hidden if it has one of the *secret* CSeqs."""
    if message.header("CSeq") not in secret:
        return message
    return replace(message, text=_SIGNAL.sub(MASK, message.text))
