"""What the ear reports. Times are seconds of the stream: 0 is the start of the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Started:
    """
    A prompt has been recognised. Provisional: exactly one Confirmed or Diverged follows while the stream goes on.

    *onset_s* is where its recording starts; it lies before anything that was heard, even before 0, when only a later
    part of it came (a late join). *score* is the share of fingerprint bits that agree (by chance a half do, on a clean
    line 0.9), *second* that of the next best prompt, *second_prompt*.
    """

    prompt: str
    onset_s: float
    audible_s: float
    decided_s: float
    score: float
    second: float
    second_prompt: str | None


@dataclass(frozen=True)
class Confirmed:
    """
    A prompt has been heard to its end. *ended_s* is the end of its sound, or where it was cut off near its end.

    *ber* is the share of wrong fingerprint bits, *coverage* the share of its sounding part that was followed.
    """

    prompt: str
    onset_s: float
    audible_s: float
    ended_s: float
    ber: float
    coverage: float


@dataclass(frozen=True)
class Diverged:
    """
    What had started is no longer that prompt since *cut_s*, or too little of it was heard (*coverage*).

    *otherwise*: other sound stood in place of its own, such as another word.
    """

    prompt: str
    cut_s: float
    coverage: float
    otherwise: bool = False


@dataclass(frozen=True)
class ReadOut:
    """A number or amount was read out of *pieces* behind the prompt *after*; *text* is joined from their texts."""

    after: str
    pieces: tuple[str, ...]
    text: str
    started_s: float
    ended_s: float


@dataclass(frozen=True)
class SoundStarted:
    """Something can be heard since *at_s*. *level_dbfs* is the level of what was heard so far."""

    at_s: float
    level_dbfs: float


@dataclass(frozen=True)
class SoundEnded:
    """Nothing can be heard since *at_s*. *level_dbfs* is the level of the sound that ended."""

    at_s: float
    level_dbfs: float


class Tone(StrEnum):
    """What a network or an operator says without words."""

    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    UNOBTAINABLE = "unobtainable"
    DIAL = "dial"
    SPECIAL = "special-information"
    MUSIC = "music"


@dataclass(frozen=True)
class ToneStarted:
    """A tone of the network is heard since *at_s*; it is known at *decided_s*."""

    tone: Tone
    at_s: float
    decided_s: float


@dataclass(frozen=True)
class ToneEnded:
    """That tone is over since *at_s*."""

    tone: Tone
    at_s: float


@dataclass(frozen=True)
class KeyHeard:
    """The far end pressed *key* (two tones in the sound) at *at_s*."""

    key: str
    at_s: float


HearingEvent = Started | Confirmed | Diverged | ReadOut | SoundStarted | SoundEnded | ToneStarted | ToneEnded | KeyHeard
