"""
The sound of a call, 8 kHz, 16 bit: on the left what the robot heard, on the right what it said and pressed.

A place in it is a moment of the robot's own 20 ms clock; a frame that was played late, or stood in for one that had not
come, is where the robot heard it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.ivr import cues
from prober.channels.ivr.arrival import FRAME_S
from prober.channels.ivr.commands import Mark, Tone
from prober.channels.ivr.tones import tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
FRAME_BYTES = 320
FRAME_SAMPLES = FRAME_BYTES // 2
CLIPPED = 32124
"""The loudest sample mu-law can carry; A-law's is a little above."""
SILENT_DBFS = -50.0


@dataclass(frozen=True)
class Activity:
    """
    The share of frames that are louder than silence (-50 dBFS), and of those the level (RMS) and the clipped samples.

    None: nothing was heard, or nothing of it sounded.
    """

    share: float | None = None
    level_dbfs: float | None = None
    clipped: float | None = None


class Recording:
    """Every frame that was heard, and when it was played; every one that was said, and when it left."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._ticks: list[float] = []
        self._said: list[tuple[float, bytes]] = []
        self._weighed = 0
        """Frames whose activity is known: how many of them sound, the sum of their powers, their clipped samples."""
        self._sounding, self._power, self._clipped = 0, 0.0, 0

    def add(self, frame: bytes, tick_s: float) -> None:
        """Add 20 ms that were played at *tick_s* (monotonic)."""
        self._pcm += frame
        self._ticks.append(tick_s)

    def say(self, frame: bytes, tick_s: float) -> None:
        """Add 20 ms that left at *tick_s* (monotonic)."""
        self._said.append((tick_s, frame))

    def __len__(self) -> int:
        return len(self._ticks)

    def frame(self, index: int) -> bytes:
        """Return the 20 ms with the number *index*."""
        return bytes(self._pcm[index * FRAME_BYTES : (index + 1) * FRAME_BYTES])

    def place_s(self, at_s: float) -> float:
        """Return where in the recording an instant is; 0 if it was before it began."""
        index = bisect_right(self._ticks, at_s) - 1
        if index < 0:
            return 0.0
        return index * FRAME_S + min(at_s - self._ticks[index], FRAME_S)

    def frames_between(self, start_s: float, end_s: float) -> range:
        """Return the numbers of the frames that were played between two instants."""
        return range(max(bisect_right(self._ticks, start_s) - 1, 0), bisect_right(self._ticks, end_s))

    def level_dbfs(self, start_s: float, end_s: float) -> float | None:
        """Return the level (RMS; a full-scale square wave is 0) between two moments; None for digital silence."""
        samples = self._samples(start_s, end_s).astype(np.float64)
        rms = float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0
        return 20 * float(np.log10(rms / 32768)) if rms > 0 else None

    def clipped(self, start_s: float, end_s: float) -> float:
        """Return the share of samples at full scale."""
        samples = self._samples(start_s, end_s)
        return float(np.mean(np.abs(samples.astype(np.int32)) >= CLIPPED)) if samples.size else 0.0

    def activity(self) -> Activity:
        """Return how much of it sounds, and how; nothing of it where nothing was heard."""
        new = np.frombuffer(self._pcm[self._weighed * FRAME_BYTES :], "<i2").reshape(-1, FRAME_SAMPLES)
        self._weighed = len(self)
        frames = new.astype(np.float64)
        power = np.mean(frames**2, axis=1) / 32768**2
        sounding = power > 10 ** (SILENT_DBFS / 10)
        self._sounding += int(np.count_nonzero(sounding))
        self._power += float(power[sounding].sum())
        self._clipped += int(np.count_nonzero(np.abs(frames[sounding]) >= CLIPPED))
        if not self._sounding:
            return Activity(0.0 if len(self) else None)
        return Activity(
            share=self._sounding / len(self),
            level_dbfs=10 * float(np.log10(self._power / self._sounding)),
            clipped=self._clipped / (self._sounding * FRAME_SAMPLES),
        )

    def wav(self, tones: Sequence[Tone] = (), marks: Sequence[Mark] = (), muted: Collection[int] = ()) -> bytes:
        """Return the whole as a stereo WAV file. The frames *muted* are silent on both sides."""
        both = np.zeros((len(self) * FRAME_SAMPLES, 2), "<i2")
        both[:, 0] = self._heard()
        self._speak(both[:, 1], muted)
        for one in tones:
            self._press(both[:, 1], one)
        for index in muted:
            both[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES] = 0
        return cues.wav(both.tobytes(), rate=RATE, channels=2, cues=[(self._sample(mark), mark.text) for mark in marks])

    def _speak(self, side: NDArray[np.int16], muted: Collection[int]) -> None:
        """Put what was said where it left: seamlessly, so not beside the frames that are *muted* either."""
        end = -FRAME_SAMPLES
        for tick_s, frame in self._said:
            place = round(self.place_s(tick_s) * RATE)
            start = end if abs(place - end) < FRAME_SAMPLES else place
            end = start + FRAME_SAMPLES
            if start // FRAME_SAMPLES not in muted and end // FRAME_SAMPLES not in muted:
                samples = np.frombuffer(frame, "<i2")[: max(len(side) - start, 0)]
                side[start : start + len(samples)] = samples

    def _press(self, side: NDArray[np.int16], one: Tone) -> None:
        start = round(self.place_s(one.at_s) * RATE)
        samples = tone(one.key, one.length_s)[: len(side) - start]
        side[start : start + len(samples)] = samples

    def _sample(self, mark: Mark) -> int:
        place_s = self.place_s(mark.at_s) if mark.recorded_s is None else mark.recorded_s
        return min(max(round(place_s * RATE), 0), len(self) * FRAME_SAMPLES)

    def _heard(self) -> NDArray[np.int16]:
        return np.frombuffer(bytes(self._pcm), "<i2")

    def _samples(self, start_s: float, end_s: float) -> NDArray[np.int16]:
        start, end = (max(int(moment * RATE), 0) * 2 for moment in (start_s, end_s))
        return np.frombuffer(bytes(self._pcm[start:end]), "<i2")
