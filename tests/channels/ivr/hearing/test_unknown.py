"""What is no prompt of the library is never confirmed as one."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.hearing.events import Confirmed, ReadOut, SoundEnded, SoundStarted, Started


@pytest.mark.parametrize("line", ["A-law", "pink noise 10 dB", "3 % loss"])
def test_an_unlisted_prompt_is_never_confirmed(line, library, lines, hear, silence):
    """Speech by the same voice, which shares words with listed prompts, may start one; it never confirms one."""
    names = {one.name for one in library.prompts.recordings}
    started = []
    for unknown in library.prompts.recordings:
        others = library.only(names - {unknown.name})
        events = hear(others, lines[line](np.concatenate([silence(0.5), unknown.samples, silence(1)])))
        assert not [event for event in events if isinstance(event, Confirmed | ReadOut)], unknown.name
        started += [(unknown.name, event.prompt) for event in events if isinstance(event, Started)]
    assert len(started) <= 12, started


def _tone(hertz, on_s, off_s):
    at_s = np.arange(15 * 8000) / 8000
    return 3000 * sum(np.sin(2 * np.pi * one * at_s) for one in hertz) * (at_s % (on_s + off_s) < on_s)


NOISES = {
    "ringback": lambda pink: _tone([450], 1, 4),
    "busy": lambda pink: _tone([450], 0.35, 0.35),
    "DTMF": lambda pink: _tone([697, 1209], 0.1, 0.1),
    "chord": lambda pink: _tone([262, 330, 392], 0.5, 0.1),
    "pink noise": lambda pink: pink(15 * 8000) * 2000,
    "white noise": lambda pink: np.random.default_rng(5).normal(0, 2000, 15 * 8000),
    "comfort noise": lambda pink: np.random.default_rng(5).normal(0, 30, 15 * 8000),
    "silence": lambda pink: np.zeros(15 * 8000),
}


@pytest.mark.parametrize("noise", NOISES)
def test_noises_are_no_prompts(noise, library, lines, hear, pink):
    """Tones, noise and silence do not even start one."""
    events = hear(library, lines["A-law"](NOISES[noise](pink)))
    assert not any(isinstance(event, Started | Confirmed | ReadOut) for event in events)


def test_sound_and_silence_are_told_apart(library, hear, silence, pink):
    """A second of noise begins and ends where it does, at its level; a click and a short pause are neither."""
    click = np.full(160, 8000.0)
    noise = pink(8000) * 1000
    noise[3000:4600] = 0
    events = hear(library, np.concatenate([silence(0.5), click, silence(0.48), noise, silence(1)]))
    started, ended = events
    assert isinstance(started, SoundStarted)
    assert isinstance(ended, SoundEnded)
    assert (started.at_s, ended.at_s) == pytest.approx((1.0, 2.0), abs=0.02)
    assert ended.level_dbfs == pytest.approx(20 * np.log10(1000 / 32768) + 10 * np.log10(0.8), abs=1)


def test_a_line_at_rest_is_silent(library, hear):
    """The faint noise of a line without anybody on it is no sound."""
    assert hear(library, np.random.default_rng(2).normal(0, 30, 40000)) == []
