"""The sound of a call as the robot heard it: 8 kHz, 16 bit, mono."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
FRAME_BYTES = 320
CLIPPED = 32124
"""The loudest sample mu-law can carry; A-law's is a little above."""
SILENT_DBFS = -50.0


class Recording:
    """Every frame that was heard."""

    def __init__(self) -> None:
        self._pcm = bytearray()

    def add(self, frame: bytes) -> None:
        """Add 20 ms."""
        self._pcm += frame

    def __len__(self) -> int:
        return len(self._pcm) // FRAME_BYTES

    def level_dbfs(self, start_s: float, end_s: float) -> float | None:
        """Return the level (RMS; a full-scale square wave is 0) between two moments; None for digital silence."""
        samples = self._samples(start_s, end_s).astype(np.float64)
        rms = float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0
        return 20 * float(np.log10(rms / 32768)) if rms > 0 else None

    def clipped(self, start_s: float, end_s: float) -> float:
        """Return the share of samples at full scale."""
        samples = self._samples(start_s, end_s)
        return float(np.mean(np.abs(samples.astype(np.int32)) >= CLIPPED)) if samples.size else 0.0

    def sounding(self) -> float | None:
        """Return the share of frames that are louder than silence; None if nothing was heard."""
        frames = np.frombuffer(bytes(self._pcm), "<i2").reshape(-1, FRAME_BYTES // 2).astype(np.float64)
        if not frames.size:
            return None
        threshold = 32768 * 10 ** (SILENT_DBFS / 20)
        return float(np.mean(np.sqrt(np.mean(frames**2, axis=1)) > threshold))

    def wav(self) -> bytes:
        """Return the whole as a WAV file."""
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(RATE)
            writer.writeframes(bytes(self._pcm))
        return file.getvalue()

    def _samples(self, start_s: float, end_s: float) -> NDArray[np.int16]:
        start, end = (max(int(moment * RATE), 0) * 2 for moment in (start_s, end_s))
        return np.frombuffer(bytes(self._pcm[start:end]), "<i2")
