"""What a recorded call holds that nobody knows."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.hearing.cutting import unknown
from prober.channels.ivr.hearing.library import Library, References

RATE = 8000
NOTHING = Library(References.of([]), References.of([]))


@pytest.fixture
def call(prompts):
    """Puts prompts one behind the other, with a silence between them."""

    def made(*names: str, apart_s: float = 1.2) -> np.ndarray:
        pause = np.zeros(int(apart_s * RATE), np.int16)
        return np.concatenate([pause, *(part for name in names for part in (prompts[name], pause))])

    return made


def test_what_is_known_is_left_out(call, library, prompts) -> None:
    """Of three prompts the library knows two; the third one comes out whole."""
    known = library.only(["welcome", "goodbye"])
    (found,) = unknown(known, call("welcome", "packages", "goodbye"))
    assert found.length_s == pytest.approx(len(prompts["packages"]) / RATE, abs=0.15)
    assert len(found.samples) == pytest.approx(found.length_s * RATE, abs=1)


def test_a_silence_parts_and_a_pause_does_not(call) -> None:
    """1.2 s are between two prompts, 0.5 s within one."""
    assert len(unknown(NOTHING, call("welcome", "packages"))) == 2
    assert len(unknown(NOTHING, call("welcome", "packages", apart_s=0.5))) == 1


def test_what_follows_what_is_known_at_once_is_cut_there(call, library, prompts) -> None:
    """Without a silence between them."""
    known = library.only(["welcome"])
    (found,) = unknown(known, call("welcome", "packages", apart_s=0.0))
    assert found.length_s == pytest.approx(len(prompts["packages"]) / RATE, abs=0.25)


def test_tones_numbers_and_clicks_are_nothing_to_learn(library, prompts) -> None:
    """The busy tone, an amount behind its prompt, and 0.2 s of anything."""
    at_s = np.arange(6 * RATE) / RATE
    busy = (np.sin(2 * np.pi * 450 * at_s) * 6000 * (at_s % 0.7 < 0.35)).astype(np.int16)
    pieces = {one.name: one.samples for one in library.pieces.recordings}
    amount = np.concatenate([prompts["balance"], *(pieces[name] for name in ("d8", "ten", "d6", "yuan"))])
    pause = np.zeros(RATE, np.int16)
    assert unknown(library, np.concatenate([pause, busy, pause, amount, pause, prompts["packages"][:1600]])) == []
