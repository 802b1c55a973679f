"""The ear shares its process with four calls: it must be cheap."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.library import Library, References
from prober.model.prompt import Prompt


def _other_speed(samples, speed):
    return np.interp(np.arange(0, len(samples) - 1, speed), np.arange(len(samples)), samples).astype(np.int16)


def _sixty(library):
    """Return 60 different prompts of four minutes in all, made of the demo operator's."""
    makers = (lambda heard: heard, lambda heard: heard[::-1].copy())
    makers += tuple(lambda heard, speed=speed: _other_speed(heard, speed) for speed in (0.85, 1.15))
    known = [(Prompt(one.name, Path()), maker(one.samples)) for maker in makers for one in library.prompts.recordings]
    return Library(References.of(known[:60]), library.pieces)


def _took_s(ear, frames):
    began_s = time.process_time()
    for frame in frames:
        ear.listen(frame)
    return time.process_time() - began_s


def test_looking_for_sixty_prompts_costs_little(library, pink):
    """Unknown audio costs little more than where one prompt is known, side by side (1.3 times were measured)."""
    one = [(Prompt(first.name, Path()), first.samples) for first in library.prompts.recordings[:1]]
    ears = Ear(_sixty(library)), Ear(Library(References.of(one), library.pieces))
    stream = (pink(10 * 8000) * 2000).astype("<i2").tobytes()
    seconds = [[stream[at : at + 320] for at in range(from_, from_ + 16000, 320)] for from_ in range(0, 160_000, 16000)]
    took_s = [[_took_s(ear, frames) for ear in ears] for frames in seconds]
    sixty_s, one_s = map(min, zip(*took_s, strict=True))
    assert sixty_s <= 3 * one_s, took_s
