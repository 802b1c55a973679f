"""
The tones that networks speak with: ringback, busy, congestion, special information, and the keys of the far end.

A frame's spectrum tells which tone it is, its power when the tone begins and pauses, and the lengths of both which
signal it is. Tones of 450 Hz are China's (YD/T 1220), those of 425 Hz Europe's and many others' (ETSI TR 101 041),
those of two frequencies North America's (ITU-T E.180 supplement 2), the three rising ones everybody's (E.180).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr.hearing.events import KeyHeard, Tone, ToneEnded, ToneStarted
from prober.channels.ivr.hearing.pitch import key, peaks
from prober.channels.ivr.hearing.sound import AUDIBLE_DBFS, FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

Hertz = tuple[int, ...]


@dataclass(frozen=True)
class Signal:
    """What a tone says by its rhythm: the seconds it sounds and pauses in turn; one without any goes on and on."""

    tone: Tone
    hz: Hertz
    rhythm: tuple[float, ...] = ()


SIGNALS = (
    Signal(Tone.RINGBACK, (450,), (1.0, 4.0)),
    Signal(Tone.BUSY, (450,), (0.35, 0.35)),
    Signal(Tone.CONGESTION, (450,), (0.7, 0.7)),
    Signal(Tone.UNOBTAINABLE, (450,), (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.4)),
    Signal(Tone.DIAL, (450,)),
    Signal(Tone.RINGBACK, (425,), (1.0, 4.0)),
    Signal(Tone.BUSY, (425,), (0.5, 0.5)),
    Signal(Tone.CONGESTION, (425,), (0.25, 0.25)),
    Signal(Tone.DIAL, (425,)),
    Signal(Tone.RINGBACK, (440, 480), (2.0, 4.0)),
    Signal(Tone.BUSY, (480, 620), (0.5, 0.5)),
    Signal(Tone.CONGESTION, (480, 620), (0.25, 0.25)),
    Signal(Tone.DIAL, (350, 440)),
)
RISING = ((950,), (1400,), (1800,))
"""The special information tone: one after the other, without a pause."""

_STEADY = tuple(signal for signal in SIGNALS if not signal.rhythm)
_RHYTHMIC = {hz: tuple(one for one in SIGNALS if one.hz == hz and one.rhythm) for hz in {one.hz for one in SIGNALS}}
_TONES = tuple(dict.fromkeys([*(signal.hz for signal in SIGNALS), *RISING]))
_OFF_HZ = 12.0
_KEY_FRAMES = 2
"""How long a key must be heard: 40 ms, half of the shortest one."""

_WINDOW = 5
"""Frames that a tone is in the windows: 96 ms."""
_SMOOTH = 3
"""Frames whose mean power is looked at: two tones 40 Hz apart beat within a single one."""
_REMEMBERED = 125
"""Frames (2.5 s) in which the loudest one is what a pause is held against."""
_HALF = 0.5
_FLOOR = 10 ** (AUDIBLE_DBFS / 10)
_LAG_S = 2 * FRAME_S
"""A change of power is seen when the smoothed one is half way, two frames later."""
_ALIKE, _ALIKE_S = 0.15, 0.05
"""How far off the length of a tone or a pause may be: the larger of a share of it and a time."""
_PAUSED_S = 1.0
"""A tone whose length no other signal has is believed after so long a pause."""
_DIAL_S = 2.5
"""A tone that goes on for so long is no part of a rhythm."""
_RISING_S = 0.15
_STRANGE = 10
"""Frames of a sound after which it is known whether it still is the signal's tone."""


@dataclass
class _Stretch:
    """A stretch of sound or silence, from when to when: which tone it was, () if it was none; None is silence."""

    hz: Hertz | None
    since_s: float
    until_s: float | None = None

    def lasted_s(self, now_s: float) -> float:
        return (now_s if self.until_s is None else self.until_s) - self.since_s


class SignalDetector:
    """Listens for the signals of a network, and for the far end's keys."""

    def __init__(self) -> None:
        self._powers: deque[float] = deque([0.0] * _SMOOTH, _SMOOTH)
        self._recent: deque[float] = deque([0.0], _REMEMBERED)
        self._stretches: list[_Stretch] = [_Stretch(None, 0.0)]
        self._loud = 0.0
        """What a pause is held against; while a signal goes on, what that was."""
        self._sounding = False
        self._frames = 0
        """How many there were in the stretch that goes on."""
        self._seen: Counter[Hertz] = Counter()
        self._runs: list[tuple[Hertz, float]] = []
        """Which tone sounds since when, within one stretch."""
        self._signal: Signal | None = None
        self._key = ""
        self._key_frames = 0
        self._key_told = False
        self._tone_left = 0

    @property
    def toned(self) -> bool:
        """Whether a key, or a tone that some signal has, is in the newest window."""
        return self._tone_left > 0

    def listen(
        self, window: NDArray[np.int16] | None, power: float, now_s: float
    ) -> list[ToneStarted | ToneEnded | KeyHeard]:
        """
        Take in the next 20 ms and return what is now known.

        *window* are the WINDOW newest samples, None where it is known that they are no tone; *power* is the mean square
        (full scale 1) of the 20 ms that end at *now_s*.
        """
        self._powers.append(power)
        smooth = sum(self._powers) / _SMOOTH
        self._recent.append(smooth)
        self._loud = max(self._loud if self._signal else 0.0, *self._recent)
        sounding = smooth > max(_FLOOR, _HALF * self._loud)
        events: list[ToneStarted | ToneEnded | KeyHeard] = []
        if sounding != self._sounding:
            self._turn(sounding, now_s)
        self._frames += 1
        self._tone_left -= 1
        if sounding and window is not None:
            events += self._look(window, now_s)
        elif not sounding:
            self._key, self._key_frames, self._key_told = "", 0, False
        return [*events, *self._judge(now_s)]

    def _turn(self, sounding: bool, now_s: float) -> None:
        at_s = max(now_s - _LAG_S, 0.0)
        last = self._stretches[-1]
        last.until_s = at_s
        if self._sounding:
            known = self._seen.most_common(1)
            last.hz = known[0][0] if known else ()
        self._stretches = [*self._stretches[-15:], _Stretch(None, at_s)]
        self._sounding, self._frames, self._seen, self._runs = sounding, 0, Counter(), []

    def _look(self, window: NDArray[np.int16], now_s: float) -> list[KeyHeard]:
        found = peaks(window)
        hz = _tone(found)
        if found:
            self._seen[hz or ()] += 1
        if hz and (not self._runs or self._runs[-1][0] != hz):
            self._runs.append((hz, now_s))
        events = self._keys(window if len(found) == 2 else None, now_s)
        if hz or self._key:
            self._tone_left = _WINDOW
        return events

    def _keys(self, window: NDArray[np.int16] | None, now_s: float) -> list[KeyHeard]:
        """Return the key that sounds for 40 ms now."""
        pressed = "" if window is None else key(window)
        if pressed != self._key:
            self._key, self._key_frames, self._key_told = pressed, 0, False
        self._key_frames += 1
        if not pressed or self._key_told or self._key_frames < _KEY_FRAMES:
            return []
        self._key_told = True
        return [KeyHeard(pressed, now_s - self._key_frames * FRAME_S - _LAG_S / 2)]

    def _judge(self, now_s: float) -> list[ToneStarted | ToneEnded]:
        if self._signal is not None:
            return self._go_on(self._signal, now_s)
        if len(self._runs) >= len(RISING) and self._rose(now_s):
            began_s = self._stretches[-1].since_s
            self._signal = Signal(Tone.SPECIAL, RISING[0])
            return [ToneStarted(self._signal.tone, began_s, now_s)]
        found = self._steady(now_s) if self._sounding else self._rhythmic(now_s)
        if found is None:
            return []
        self._signal, began_s = found
        return [ToneStarted(self._signal.tone, began_s, now_s)]

    def _rose(self, now_s: float) -> bool:
        last = self._runs[-len(RISING) :]
        ends = [*(since_s for _, since_s in last[1:]), now_s]
        lengths = [until_s - since_s for (_, since_s), until_s in zip(last, ends, strict=True)]
        return tuple(hz for hz, _ in last) == RISING and min(lengths) >= _RISING_S

    def _steady(self, now_s: float) -> tuple[Signal, float] | None:
        """Return the signal that goes on and on, and when it began, if there is one."""
        last, known = self._stretches[-1], self._seen.most_common(1)
        if not known or last.lasted_s(now_s) < _DIAL_S:
            return None
        return next(((signal, last.since_s) for signal in _STEADY if signal.hz == known[0][0]), None)

    def _rhythmic(self, now_s: float) -> tuple[Signal, float] | None:
        """Return the signal whose rhythm was heard last, and when it began, if there is one."""
        *over, pause = self._stretches
        for signal in _RHYTHMIC.get(over[-1].hz or (), ()) if over else ():
            began_s = self._rhythm_since(signal, over)
            if began_s is None:
                continue
            whole = len(signal.rhythm) + 1
            heard = sum(stretch.since_s >= began_s for stretch in over)
            alone = whole == 3 and self._alone(signal) and pause.lasted_s(now_s) >= min(_PAUSED_S, signal.rhythm[1])
            if heard >= whole or alone:
                return signal, began_s
        return None

    def _alone(self, signal: Signal) -> bool:
        """Whether no other signal of its tone sounds for about as long."""
        mates = [one for one in SIGNALS if one.hz == signal.hz and one.rhythm and one is not signal]
        return signal.rhythm[0] >= 1.0 and not any(
            _alike(signal.rhythm[0], on) for one in mates for on in one.rhythm[::2]
        )

    def _rhythm_since(self, signal: Signal, over: Sequence[_Stretch]) -> float | None:
        """Return since when what is *over* had the rhythm of *signal*; None if its end has not."""
        places = range(0, len(signal.rhythm), 2)
        since = [self._back(signal, over, place) for place in places]
        return min((one for one in since if one is not None), default=None)

    def _back(self, signal: Signal, over: Sequence[_Stretch], place: int) -> float | None:
        """Go back from the last tone, which is taken for number *place* of the rhythm, as far as it fits."""
        began_s = None
        for stretch in reversed(over):
            tone = place % 2 == 0
            length_s = stretch.lasted_s(0.0)
            if tone is not (stretch.hz is not None) or not _alike(length_s, signal.rhythm[place]):
                break
            if tone and stretch.hz != signal.hz:
                break
            if tone:
                began_s = stretch.since_s
            place = (place - 1) % len(signal.rhythm)
        return began_s

    def _go_on(self, signal: Signal, now_s: float) -> list[ToneStarted | ToneEnded]:
        """Return its end, if it can no longer go on."""
        last = self._stretches[-1]
        over = not self._sounding
        if signal.rhythm:
            longest_s = max(signal.rhythm[0::2] if self._sounding else signal.rhythm[1::2])
            over = last.lasted_s(now_s) > longest_s * (1 + _ALIKE) + _ALIKE_S
        strange = self._sounding and self._frames >= _STRANGE and self._seen[signal.hz] < self._frames / 2
        if not (over or (strange and signal.tone is not Tone.SPECIAL)):
            return []
        its = [stretch for stretch in self._stretches if stretch.hz == signal.hz]
        ended_s = (its[-1].until_s if its else None) or last.since_s
        self._signal, self._stretches = None, [last]
        return [ToneEnded(signal.tone, ended_s)]


def _tone(found: Sequence[float]) -> Hertz | None:
    """Return the tone that has these frequencies; None if none has."""
    for hz in _TONES:
        if len(hz) == len(found) and all(abs(one - other) <= _OFF_HZ for one, other in zip(hz, found, strict=True)):
            return hz
    return None


def _alike(length_s: float, wanted_s: float) -> bool:
    return abs(length_s - wanted_s) <= max(_ALIKE * wanted_s, _ALIKE_S)
