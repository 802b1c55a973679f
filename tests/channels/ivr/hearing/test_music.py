"""Music told from speech, tones and noise, through telephone lines that spoil it."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.hearing.events import Confirmed, Tone, ToneEnded, ToneStarted
from prober.channels.ivr.hearing.library import Library, References
from prober.model.prompt import Prompt
from scripts.benches.listening.noises import NOISES, tone
from scripts.benches.listening.recordings import UNLISTED, VOICES, unknown

from .conftest import LINES, PROMPTS

DEAF = Library(References.of([]), References.of([]))
BEFORE_S, LASTS_S = 1.0, 8.0
STEPS = (0, 4, 7, 12, 5, 9, 14, 7, 11, 16)


def chords(seconds: float) -> np.ndarray:
    """Held chords of an organ, a new one every second, each of three notes of four harmonics."""
    out = np.zeros(int(seconds * 8000))
    for second in range(int(seconds)):
        for step in STEPS[second : second + 3]:
            hz = 220 * 2 ** (step / 12)
            out[second * 8000 : (second + 1) * 8000] += sum(tone((n * hz,), 1.0) / n for n in (1, 2, 3, 4))
    return out / out.std() * 3000


def violin(seconds: float) -> np.ndarray:
    """A melody with vibrato (6 Hz, a sixth of a semitone to either side), 0.5 s a note."""
    at_s = np.arange(int(seconds * 8000)) / 8000
    step = np.resize(np.repeat(STEPS, 4000), len(at_s)) + np.sin(2 * np.pi * 6 * at_s) / 6
    phase = 2 * np.pi * np.cumsum(440 * 2 ** (step / 12)) / 8000
    return 2500 * sum(np.sin(n * phase) / n for n in (1, 2, 3, 4))


KINDS = {"chords": chords, "violin": violin}


def music(heard: list) -> list:
    return [one for one in heard if isinstance(one, ToneStarted | ToneEnded) and one.tone is Tone.MUSIC]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("kind", KINDS)
def test_music_is_known_within_three_seconds(kind, line, hear, silence) -> None:
    """Once, dated by its beginning and its end."""
    played = np.concatenate([silence(BEFORE_S), KINDS[kind](LASTS_S), silence(6.0)])
    started, ended = music(hear(DEAF, LINES[line](played)))
    assert started.decided_s - BEFORE_S < 3.0
    assert started.at_s == pytest.approx(BEFORE_S, abs=0.25)
    assert ended.at_s == pytest.approx(BEFORE_S + LASTS_S, abs=0.5)


@pytest.mark.parametrize("line", LINES)
def test_speech_is_no_music(line, prompts, hear, silence) -> None:
    """Mandarin and English, men and women, an ear that knows none of it."""
    recordings = [*prompts.values(), *unknown(UNLISTED).values(), *unknown(VOICES).values()]
    played = np.concatenate([part for one in recordings for part in (one, silence(0.3))])
    assert music(hear(DEAF, LINES[line](played))) == []


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("hz", [(450,), (1000,), (2100,), (350, 450), (400, 425), (697, 1633)], ids=str)
def test_a_tone_is_no_music(hz, line, hear, silence) -> None:
    """Whether some network has it or not."""
    assert music(hear(DEAF, LINES[line](np.concatenate([silence(0.5), tone(hz, 6.0), silence(1.0)])))) == []


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("noise", ["comfort noise", "white noise", "pink noise", "ringback, North America", "keys"])
def test_noise_is_no_music(noise, line, hear) -> None:
    """Half a minute of it."""
    assert music(hear(DEAF, LINES[line](NOISES[noise](30.0, np.random.default_rng(4))))) == []


def test_music_of_the_library_is_the_prompt_it_is(hear, lines, silence) -> None:
    """It is told by its name, and not as music besides."""
    samples = violin(6.0).astype(np.int16)
    known = Library(References.of([(Prompt("on_hold", PROMPTS), samples)]), DEAF.pieces)
    heard = hear(known, lines["A-law"](np.concatenate([silence(0.5), samples, silence(3.0)])))
    assert [one.prompt for one in heard if isinstance(one, Confirmed)] == ["on_hold"]
    assert music(heard) == []
