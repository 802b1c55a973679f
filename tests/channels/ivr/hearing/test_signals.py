"""The tones of the network and the keys of the far end, through telephone lines that spoil them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import KeyHeard, Tone, ToneEnded, ToneStarted
from prober.channels.ivr.hearing.library import Library, References
from prober.channels.ivr.hearing.signals import RISING, SIGNALS, Signal
from prober.channels.ivr.tones import tone

from .conftest import LINES

RATE = 8000
BEFORE_S = 0.63
DEAF = Library(References.of([]), References.of([]))
KEYS = "1590#*ABCD234678"


def sine(hz: Sequence[int], seconds: float) -> np.ndarray:
    at_s = np.arange(int(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * one * at_s) for one in hz) * 6000 / len(hz)


def silent(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def played(signal: Signal, times: int = 3) -> np.ndarray:
    """A signal, that often over, in silence."""
    rhythm = signal.rhythm or (4.0,)
    parts = [sine(signal.hz, length) if place % 2 == 0 else silent(length) for place, length in enumerate(rhythm)]
    return np.concatenate([silent(BEFORE_S), *(parts * (times if signal.rhythm else 1)), silent(6.0)])


def signals(heard: list) -> list:
    return [one for one in heard if isinstance(one, ToneStarted | ToneEnded | KeyHeard)]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("signal", SIGNALS, ids=lambda one: f"{one.tone} {one.hz}")
def test_every_signal_is_known_for_what_it_is(signal, line, hear) -> None:
    """Once, from its first tone on, until it is over."""
    started, ended = signals(hear(DEAF, LINES[line](played(signal))))
    assert (started.tone, ended.tone) == (signal.tone, signal.tone)
    assert started.at_s == pytest.approx(BEFORE_S, abs=0.05)
    times = 3 if signal.rhythm else 1
    length_s = sum(signal.rhythm) * times - (signal.rhythm[-1] if signal.rhythm else -4.0)
    assert ended.at_s == pytest.approx(BEFORE_S + length_s, abs=0.06)


@pytest.mark.parametrize("line", LINES)
def test_three_rising_tones_are_the_special_information(line, hear) -> None:
    """As E.180 has them, 330 ms each."""
    rising = np.concatenate([silent(BEFORE_S), *(sine(hz, 0.33) for hz in RISING), silent(1.0)])
    started, ended = signals(hear(DEAF, LINES[line](rising)))
    assert (started.tone, ended.tone) == (Tone.SPECIAL, Tone.SPECIAL)
    assert started.at_s == pytest.approx(BEFORE_S, abs=0.05)


@pytest.mark.parametrize("length_s", [0.08, 0.16])
@pytest.mark.parametrize("line", LINES)
def test_every_key_is_heard_once(line, length_s, hear) -> None:
    """Sixteen keys, as short as telephones send them."""
    keyed = np.concatenate([silent(0.5), *(part for key in KEYS for part in (tone(key, length_s), silent(0.1)))])
    found = signals(hear(DEAF, LINES[line](keyed)))
    assert "".join(one.key for one in found) == KEYS
    assert found[0].at_s == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("line", LINES)
def test_speech_and_noise_are_no_signal(line, hear, prompts, pink) -> None:
    """Neither the demo operator's prompts, one behind the other, nor pink noise."""
    said = np.concatenate([part for prompt in prompts.values() for part in (prompt, silent(0.4))])
    assert signals(hear(DEAF, LINES[line](np.concatenate([said, pink(10 * RATE) * 2000])))) == []


def test_a_tone_of_another_rhythm_is_none_of_them(hear) -> None:
    """450 Hz in pieces of 0.2 s is no signal that is known."""
    strange = Signal(Tone.BUSY, (450,), (0.2, 0.2))
    assert signals(hear(DEAF, played(strange, times=8))) == []


def test_a_signal_behind_a_prompt_is_heard(hear, library, prompts) -> None:
    """A prompt that is followed to its end, then the busy tone."""
    busy = next(one for one in SIGNALS if one.tone is Tone.BUSY)
    heard = hear(library, np.concatenate([prompts["goodbye"], played(busy)]))
    assert [type(one) for one in signals(heard)] == [ToneStarted, ToneEnded]


def test_an_ear_without_a_library_hears_signals_alone() -> None:
    """It is of use where nothing was recorded."""
    assert Ear(DEAF).listen(bytes(320)) == ()
