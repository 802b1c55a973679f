"""Whether anything can be heard at all."""

from __future__ import annotations

import math

from prober.channels.ivr.hearing.events import SoundEnded, SoundStarted

FRAME_S = 0.02
AUDIBLE_DBFS = -50.0
STARTS_AFTER = 3
"""Frames: 60 ms, longer than a click."""
ENDS_AFTER = 20
"""Frames: 400 ms, longer than a pause within a sentence mostly is."""
QUIETEST_DBFS = -96.0


class SoundGate:
    """Turns the power of each 20 ms frame into what began and what ended."""

    def __init__(self) -> None:
        self._sounding = False
        self._contrary: list[float] = []
        """The frames in a row that speak for a change."""
        self._power = 0.0
        self._frames = 0

    def listen(self, power: float, ends_s: float) -> SoundStarted | SoundEnded | None:
        """Take in the mean square (full scale 1) of the frame that ends at *ends_s*."""
        if (dbfs(power) > AUDIBLE_DBFS) == self._sounding:
            self._keep([*self._contrary, power] if self._sounding else [])
            return None
        self._contrary.append(power)
        if len(self._contrary) < (ENDS_AFTER if self._sounding else STARTS_AFTER):
            return None
        return self._change(ends_s - len(self._contrary) * FRAME_S)

    def _keep(self, powers: list[float]) -> None:
        self._power += sum(powers)
        self._frames += len(powers)
        self._contrary = []

    def _change(self, at_s: float) -> SoundStarted | SoundEnded:
        self._sounding = not self._sounding
        if not self._sounding:
            ended = SoundEnded(at_s, dbfs(self._power / max(1, self._frames)))
            self._power, self._frames, self._contrary = 0.0, 0, []
            return ended
        self._keep(self._contrary)
        return SoundStarted(at_s, dbfs(self._power / self._frames))


def dbfs(power: float) -> float:
    """Return a mean square (full scale 1) as a level; digital silence is -96 dBFS."""
    return max(QUIETEST_DBFS, 10 * math.log10(power)) if power > 0 else QUIETEST_DBFS
