"""Recognition by Vosk (Kaldi). The model is a folder as its publisher packs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import vosk

from prober.channels.ivr.speech.recognizer import WIDE_RATE, Piece, wideband

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SILENT = -1
_BLOCK = 4000
"""Samples at a time: an utterance that ends within one is found at once."""


class Vosk:
    """A Vosk model."""

    def __init__(self, model: Path, _: str) -> None:
        vosk.SetLogLevel(_SILENT)
        self._model = vosk.Model(str(model))

    def recognize(self, samples: NDArray[np.int16]) -> list[Piece]:
        """Return what is said, a piece for each utterance that Vosk tells apart."""
        recognizer = vosk.KaldiRecognizer(self._model, WIDE_RATE)
        recognizer.SetWords(True)
        sound = np.clip(wideband(samples) * 32767, -32768, 32767).astype("<i2")
        blocks = (sound[start : start + _BLOCK].tobytes() for start in range(0, len(sound), _BLOCK))
        told = [recognizer.Result() for block in blocks if recognizer.AcceptWaveform(block)]
        return [piece for result in (*told, recognizer.FinalResult()) if (piece := _piece(json.loads(result)))]


def _piece(result: dict[str, object]) -> Piece | None:
    """Return the words of one result; None where it has none. `result` lists them with their times."""
    words = result.get("result")
    if not isinstance(words, list) or not words:
        return None
    return Piece(str(result["text"]), float(words[0]["start"]), float(words[-1]["end"]))
