"""Sends sound into a call, 20 ms a tick, and knows when each part of it left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.keying import TICK_S
from prober.channels.ivr.messages import KeySent, Said
from prober.channels.ivr.recording import FRAME_BYTES
from prober.channels.ivr.tones import tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = FRAME_BYTES // 2


@dataclass(frozen=True)
class Part:
    """Some of the sound; *key* is the one whose tones it is, empty if it is none."""

    samples: NDArray[np.int16]
    key: str = ""


class Speaking:
    """What is being sent: *frames*, each of 20 ms, and what is told as they leave."""

    def __init__(self, parts: Sequence[Part], *, secret: bool = False) -> None:
        self.frames: list[bytes] = []
        self._begins: dict[int, tuple[str, int]] = {}
        """Which key begins with a frame, and how many frames it lasts."""
        self._secret = secret
        self._left = 0
        self._began_s = 0.0
        for part in parts:
            whole = np.concatenate([part.samples, np.zeros(-len(part.samples) % FRAME, np.int16)])
            if part.key:
                self._begins[len(self.frames)] = part.key, len(whole) // FRAME
            self.frames += [whole[at : at + FRAME].tobytes() for at in range(0, len(whole), FRAME)]

    @property
    def done(self) -> bool:
        """Whether all of it has left."""
        return self._left >= len(self.frames)

    def left(self, tick_s: float) -> KeySent | Said | None:
        """Note that the next frame left at *tick_s*, and return what that tells: a key, or that all was said."""
        at, self._left = self._left, self._left + 1
        self._began_s = self._began_s or tick_s
        if at in self._begins:
            key, frames = self._begins[at]
            return KeySent(tick_s, key, tick_s + frames * TICK_S, self._secret)
        if self.done and not self._begins:
            return Said(self._began_s, tick_s + TICK_S)
        return None


def keys(pressed: str, *, hold_s: float, gap_s: float, secret: bool = False) -> Speaking:
    """Return the tones of the keys, one after the other."""
    gap = np.zeros(round(gap_s / TICK_S) * FRAME, np.int16)
    parts = [part for key in pressed for part in (Part(tone(key, hold_s), key), Part(gap))]
    return Speaking(parts[:-1], secret=secret)
