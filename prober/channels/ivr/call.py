"""One call as its session knows it: everything its line process has told, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.channels.ivr.hearing.events import SoundEnded, SoundStarted
from prober.channels.ivr.messages import (
    CallEnded,
    Figures,
    FromLine,
    Heard,
    KeySent,
    KeysFailed,
    MediaStarted,
    RecordingWritten,
    SipMessage,
)
from prober.channels.ivr.sip_trace import Note, SipTrace


@dataclass
class Call:
    """What was told of a call so far."""

    number: str
    trace: SipTrace = field(default_factory=SipTrace)
    heard: list[Heard] = field(default_factory=list)
    keys: list[KeySent] = field(default_factory=list)
    media: MediaStarted | None = None
    ended: CallEnded | None = None
    keys_failed: KeysFailed | None = None
    figures: Figures | None = None
    recording: RecordingWritten | None = None

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
        """Return what belongs on the call's ladder."""
        beside = [Note(one.at_s, f"key {one.key}") for one in self.keys]
        if self.media is not None:
            beside.append(Note(self.media.at_s, f"sound flows ({self.media.codec}); the recording begins"))
        if self.ended is not None:
            beside.append(Note(self.ended.at_s, f"the call is over ({self.ended.code} {self.ended.reason})"))
        return [*self.trace.messages, *beside]
