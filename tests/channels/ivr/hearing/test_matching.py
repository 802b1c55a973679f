"""It is the recording itself that is heard, word for word."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.hearing.events import Confirmed, Diverged, Started
from scripts.benches.listening.recordings import UNLISTED
from scripts.benches.listening.streams import LINES as TELEPHONE_LINES
from scripts.benches.listening.streams import other
from scripts.benches.listening.trials import listen

from .conftest import LINES

_TOLD = Started | Confirmed | Diverged
WORD = 2000
"""Samples of the word that is exchanged: 0.25 s, a syllable."""


def _exchanged(prompts, name):
    """Return a prompt with a word in its middle exchanged for one of another prompt, said backwards; and where."""
    other = next(one for one in sorted(prompts) if one != name and len(prompts[one]) > 2 * WORD)
    word = prompts[other][800 : 800 + WORD][::-1]
    level = np.abs(prompts[name]).mean() / max(1.0, np.abs(word).mean())
    samples, at = prompts[name].astype(float), _loudest(prompts[name])
    samples[at : at + WORD] = word * level
    return samples, at / 8000


def _loudest(samples):
    """Return where its middle half is loudest for as long as a word."""
    loud = np.convolve(np.abs(samples.astype(float)), np.ones(WORD), "valid")
    quarter = len(samples) // 4
    return quarter + int(loud[quarter : len(loud) - quarter + WORD // 2].argmax())


@pytest.mark.parametrize("line", LINES)
def test_a_prompt_with_another_word_in_it_is_not_confirmed(line, prompts, library, hear, silence):
    """It starts, and is withdrawn at that word; nor is its rest taken for a prompt that was joined late."""
    late_s = []
    for name in prompts:
        samples, at_s = _exchanged(prompts, name)
        events = hear(library, LINES[line](np.concatenate([silence(0.5), samples, silence(1)])))
        assert not [event for event in events if isinstance(event, Confirmed)], name
        started = [event for event in events if isinstance(event, Started)]
        assert [event.prompt for event in started] in ([name], []), name
        late_s += [event.cut_s - 0.5 - at_s for event in events if isinstance(event, Diverged)]
    assert len(late_s) > len(prompts) / 2
    assert abs(float(np.median(late_s))) < 0.15, late_s


@pytest.mark.parametrize("line", TELEPHONE_LINES)
def test_a_prompt_that_turned_out_to_be_another_recording_is_not_tried_again_at_the_same_place(line):
    """上月 for 本月: the rest of it agrees so well that it would start again, dated a little otherwise, and again."""
    stream = other(UNLISTED, "last_bill", line, np.random.default_rng(11))
    assert not [event for event in listen(stream)[0] if isinstance(event, Confirmed)]


def _slipping(samples):
    """Return it with a packet left out, or sent twice, every second."""
    parts = np.array_split(samples, max(1, len(samples) // 8000))
    return np.concatenate(
        [part[160:] if index % 2 else np.append(part, part[-160:]) for index, part in enumerate(parts)]
    )


def _swaying(samples):
    return samples * 10 ** (6 * np.sin(np.arange(len(samples)) / 8000 * 4) / 20)


def _turned(samples):
    """Return it with its phases turned as the filters of a telephone line do: 300 to 3400 Hz, fourth order."""
    butterworth = [1, 2.6131, 3.4142, 2.6131, 1]
    spectrum, hertz = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / 8000)
    high = (1j * hertz / 300) ** 4 / np.polyval(butterworth, 1j * hertz / 300)
    return np.fft.irfft(spectrum * high / np.polyval(butterworth, 1j * hertz / 3400), len(samples))


@pytest.mark.parametrize("change", [_slipping, _swaying, _turned])
def test_what_a_line_does_to_a_prompt_makes_no_other_of_it(change, prompts, library, lines, hear, silence):
    """Packets that are left out or doubled, a level that sways by 12 dB, and phases that turn."""
    for name, samples in prompts.items():
        stream = lines["A-law"](np.concatenate([silence(0.5), change(samples.astype(float)), silence(1)]))
        events = hear(library, stream)
        told = [type(event).__name__ for event in events if isinstance(event, _TOLD)]
        assert told == ["Started", "Confirmed"], name
