"""
Recognition by sherpa-onnx. The kind of model is told by the files of its folder.

`model*.onnx` is SenseVoice; `encoder*`, `decoder*` and `joiner*` are a streaming transducer (Zipformer). Of a file that
is there twice the int8 one is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sherpa_onnx

from prober.channels.ivr.speech.folders import TOKENS, TRANSDUCER, best
from prober.channels.ivr.speech.recognizer import WIDE_RATE, Piece, wideband

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TAIL_S = 0.6
"""What a streaming model wants behind the last word."""


class SenseVoice:
    """An offline SenseVoice model. It writes numbers as digits and marks sentences by itself."""

    def __init__(self, model: Path, language: str) -> None:
        self._recognizer: Any = sherpa_onnx.OfflineRecognizer.from_sense_voice(
            model=str(best(model, "model")), tokens=str(model / TOKENS), num_threads=1, language=language, use_itn=True
        )

    def recognize(self, samples: NDArray[np.int16]) -> list[Piece]:
        """Return what is said, as one piece from its first sign to its last."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(WIDE_RATE, wideband(samples))
        self._recognizer.decode_stream(stream)
        return _whole(stream.result.text, stream.result.timestamps)


class Streaming:
    """A streaming transducer, given the sound all at once."""

    def __init__(self, model: Path, _: str) -> None:
        parts = {name: str(best(model, name)) for name in TRANSDUCER}
        self._recognizer: Any = sherpa_onnx.OnlineRecognizer.from_transducer(
            tokens=str(model / TOKENS), num_threads=1, **parts
        )

    def recognize(self, samples: NDArray[np.int16]) -> list[Piece]:
        """Return what is said, as one piece from its first sign to its last."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(WIDE_RATE, np.pad(wideband(samples), (0, int(TAIL_S * WIDE_RATE))))
        stream.input_finished()
        while self._recognizer.is_ready(stream):
            self._recognizer.decode_stream(stream)
        return _whole(self._recognizer.get_result(stream), self._recognizer.timestamps(stream))


def open_model(model: Path, language: str) -> SenseVoice | Streaming:
    """Return the recognizer of the kind of model that lies in the folder *model*."""
    return (Streaming if best(model, TRANSDUCER[0]) else SenseVoice)(model, language)


def _whole(text: str, times_s: Sequence[float]) -> list[Piece]:
    if not text.strip():
        return []
    return [Piece(text.strip(), times_s[0] if times_s else 0.0, times_s[-1] if times_s else 0.0)]
