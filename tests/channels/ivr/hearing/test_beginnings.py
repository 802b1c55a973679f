"""A prompt that is word for word the beginning of another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import Confirmed, Diverged, ReadOut, Started
from prober.channels.ivr.hearing.library import Library, References
from prober.loading.wav import read_wav
from prober.model.prompt import Prompt


@pytest.fixture(scope="module")
def sounds(table):
    """The balance's prompt, alone (`short`) and with other words behind it (`long`); another prompt, and two pieces."""
    short, more, other = (read_wav(table.prompts[name].path) for name in ("balance", "wrong_key", "goodbye"))
    amount = [read_wav(table.pieces[name].path) for name in ("d8", "ten", "yuan")]
    return {"short": short, "long": np.concatenate([short, more]), "goodbye": other, "80": np.concatenate(amount)}


def hear(table, sounds, *played):
    """Return what is heard of *played*, a second of a line's noise before it and three behind."""
    prompts = [(Prompt(name, Path(), name), sounds[name]) for name in ("short", "long", "goodbye")]
    ear = Ear(Library(References.of(prompts), Library.build(table).pieces))
    noise = np.full(8000, 8, np.int16)
    stream = np.concatenate([noise, *(sounds[name] for name in played), noise, noise, noise]).astype("<i2")
    frames = (stream[at : at + 160].tobytes() for at in range(0, len(stream) - 159, 160))
    return [event for frame in frames for event in ear.listen(frame)]


def whole(events):
    """Return the names of what was heard to its end."""
    return [event.prompt for event in events if isinstance(event, Confirmed)]


@pytest.mark.parametrize(
    "played", [("short",), ("long",), ("short", "goodbye"), ("goodbye", "short"), ("long", "short")]
)
def test_each_is_told_for_what_it_is(table, sounds, played):
    """The short one is known when its end was not the long one's middle."""
    assert whole(hear(table, sounds, *played)) == list(played)


def test_the_short_one_is_dated_by_its_own_beginning(table, sounds):
    """It is known late, but where it began and ended is not: and the long one is taken back."""
    events = hear(table, sounds, "short")
    (taken_back,) = (event for event in events if isinstance(event, Diverged))
    started = next(event for event in events if isinstance(event, Started) and event.prompt == "short")
    (confirmed,) = (event for event in events if isinstance(event, Confirmed))
    assert taken_back.prompt == "long"
    assert started.onset_s == pytest.approx(1.0, abs=0.01)
    assert confirmed.ended_s == pytest.approx(1.0 + len(sounds["short"]) / 8000, abs=0.15)
    assert confirmed.ber < 0.05


def test_a_number_behind_the_short_one_is_read_from_its_first_piece(table, sounds):
    """What was read out before the prompt was known is not lost."""
    (read,) = (event for event in hear(table, sounds, "short", "80") if isinstance(event, ReadOut))
    assert (read.after, read.pieces) == ("short", ("d8", "ten", "yuan"))
