"""What an ear is played: a known prompt behind silence, ringback or another prompt; or what it must not know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scripts.benches.listening.lines import Samples, lines
from scripts.benches.listening.noises import NOISES, RATE, tone
from scripts.benches.listening.recordings import babble, known, on_hold, unknown

LINES = lines(babble)
BEHIND_S = 1.0
"""Silence at the end of every stream: what a call's sound is given when it ends."""
NOISE_S = 30.0
BEFORE_MUSIC_S = 1.0
AUDIBLE = 328
"""A sample of -40 dBFS."""
MUSIC_S = 10.0
"""How long a piece of music on hold is listened to."""


class Before(StrEnum):
    """What a prompt comes behind."""

    SILENCE = "silence"
    RINGBACK = "ringback"
    PROMPT = "another prompt"


@dataclass(frozen=True)
class Played:
    """A known prompt, and when in the stream its recording began."""

    prompt: str
    at_s: float


@dataclass(frozen=True)
class Stream:
    """What comes in from a line, which prompts were played into it, and when music began, if that is known."""

    samples: Samples
    played: tuple[Played, ...] = ()
    music_s: float | None = None


def prompt(name: str, before: Before, line: str, chance: np.random.Generator) -> Stream:
    """Return the known prompt *name* as it comes out of a *line*, begun at any sample."""
    recordings = {one.name: one.samples for one in known().prompts.recordings}
    parts, played = [_silence(chance.uniform(0.3, 1.3))], []
    if before is Before.RINGBACK:
        parts += [tone((450,), 1.0), _silence(chance.uniform(0.1, 1))]
    if before is Before.PROMPT:
        other = str(chance.choice([one for one in recordings if one != name]))
        played.append(Played(other, _length_s(parts)))
        parts += [recordings[other], _silence(chance.uniform(0, 0.6))]
    played.append(Played(name, _length_s(parts)))
    return Stream(_through(line, [*parts, recordings[name]], chance), tuple(played))


def other(kind: str, name: str, line: str, chance: np.random.Generator) -> Stream:
    """Return the recording *name* that is not known, of *kind*, as it comes out of a *line*."""
    return Stream(_through(line, [_silence(chance.uniform(0.3, 1.3)), unknown(kind)[name]], chance))


def noise(name: str, line: str, chance: np.random.Generator) -> Stream:
    """Return half a minute of what is no speech."""
    return Stream(_through(line, [NOISES[name](NOISE_S, chance)], chance))


def music(name: str, line: str, chance: np.random.Generator) -> Stream:
    """Return part of the piece *name* of music on hold, from anywhere on, as it comes out of a *line*."""
    piece = on_hold()[name]
    first = int(chance.uniform(0, len(piece) - 2 * MUSIC_S * RATE))
    first += int(np.flatnonzero(np.abs(piece[first:]) > AUDIBLE)[0])
    part = piece[first : first + int(MUSIC_S * RATE)]
    return Stream(_through(line, [_silence(BEFORE_MUSIC_S), part], chance), music_s=BEFORE_MUSIC_S)


def _through(line: str, parts: list[Samples], chance: np.random.Generator) -> Samples:
    return LINES[line](np.concatenate([*parts, _silence(BEHIND_S)]), chance)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE))


def _length_s(parts: list[Samples]) -> float:
    return sum(map(len, parts)) / RATE
