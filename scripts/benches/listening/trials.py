"""One stream after the other, listened to as a line's process does it; and what came of each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import Confirmed, HearingEvent, ReadOut, Started, Tone, ToneStarted
from scripts.benches.listening import streams
from scripts.benches.listening.recordings import known, parted_s
from scripts.benches.listening.streams import Before, Played, Stream

NEAR_S = 0.1
"""A prompt that is confirmed with a beginning further off is not the one that was played."""
_FRAME_BYTES = 320


@dataclass(frozen=True)
class Asked:
    """
    One stream to be listened to: *name* of a *kind*, behind *before*, on a *line*.

    *kind* is "prompts", "noises", "on hold", or a folder of recordings that are not known. *seed* makes all its chance.
    """

    kind: str
    name: str
    line: str
    seed: Sequence[int]
    before: Before = Before.SILENCE


@dataclass(frozen=True)
class Found:
    """
    What became of one prompt that was played.

    *decided_s* counts from its audible beginning, *told_s* from where it is no longer the recording of another one. A
    prompt that was not confirmed has none of them, and no *onset_error_s*.
    """

    prompt: str
    onset_error_s: float | None = None
    decided_s: float | None = None
    told_s: float | None = None

    @property
    def right(self) -> bool:
        """Whether it was confirmed."""
        return self.onset_error_s is not None


@dataclass(frozen=True)
class Music:
    """Music that was told *after_s* it had begun, as having begun *error_s* later than it had."""

    after_s: float
    error_s: float


@dataclass(frozen=True)
class Trial:
    """
    What came of a stream.

    *found* has each prompt that was played; *wrong* the names of those confirmed that were not. *withdrawn* counts what
    had started and was not confirmed, *read_out* the numbers made out where none was read, *music*
    is what was told as such.
    """

    asked: Asked
    found: tuple[Found, ...]
    wrong: tuple[str, ...]
    withdrawn: int
    read_out: int
    music: tuple[Music, ...]
    length_s: float
    cost_s: float


def trial(asked: Asked) -> Trial:
    """Play what is *asked* to a new ear, 20 ms at a time."""
    stream = _stream(asked)
    events, cost_s = listen(stream)
    confirmed = [event for event in events if isinstance(event, Confirmed)]
    started = [event for event in events if isinstance(event, Started)]
    its = [next((event for event in confirmed if _is(event, played)), None) for played in stream.played]
    return Trial(
        asked,
        found=tuple(_found(*one, started) for one in zip(stream.played, its, strict=True)),
        wrong=tuple(event.prompt for event in confirmed if event not in its),
        withdrawn=len(started) - len(confirmed),
        read_out=sum(isinstance(event, ReadOut) for event in events),
        music=tuple(_music(stream, events)),
        length_s=len(stream.samples) / 8000,
        cost_s=cost_s,
    )


def listen(stream: Stream) -> tuple[list[HearingEvent], float]:
    """Return what a new ear reports of a *stream*, and the processor time it took, in seconds."""
    content = np.clip(np.round(stream.samples), -32768, 32767).astype("<i2").tobytes()
    whole = len(content) // _FRAME_BYTES * _FRAME_BYTES
    frames = [content[at : at + _FRAME_BYTES] for at in range(0, whole, _FRAME_BYTES)]
    ear = Ear(known())
    began_s = time.process_time()
    events = [event for frame in frames for event in ear.listen(frame)]
    return events, time.process_time() - began_s


def _music(stream: Stream, events: Sequence[HearingEvent]) -> Iterator[Music]:
    began_s = stream.music_s or 0.0
    for event in events:
        if isinstance(event, ToneStarted) and event.tone is Tone.MUSIC:
            yield Music(event.decided_s - began_s, event.at_s - began_s)


def _stream(asked: Asked) -> Stream:
    chance = np.random.default_rng(asked.seed)
    if asked.kind == "prompts":
        return streams.prompt(asked.name, asked.before, asked.line, chance)
    if asked.kind == "on hold":
        return streams.music(asked.name, asked.line, chance)
    if asked.kind == "noises":
        return streams.noise(asked.name, asked.line, chance)
    return streams.other(asked.kind, asked.name, asked.line, chance)


def _is(event: Confirmed | Started, played: Played) -> bool:
    return event.prompt == played.prompt and abs(event.onset_s - played.at_s) <= NEAR_S


def _found(played: Played, confirmed: Confirmed | None, started: Sequence[Started]) -> Found:
    if confirmed is None:
        return Found(played.prompt)
    decided_s = [event.decided_s for event in started if _is(event, played)][-1]
    lead_s = next(one.lead_s for one in known().prompts.recordings if one.name == played.prompt)
    return Found(
        played.prompt,
        onset_error_s=abs(confirmed.onset_s - played.at_s),
        decided_s=decided_s - played.at_s - lead_s,
        told_s=decided_s - played.at_s - max(lead_s, parted_s()[played.prompt]),
    )
