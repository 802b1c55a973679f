"""Recognition by faster-whisper. The model is a folder with `model.bin`, `config.json`, `tokenizer.json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from faster_whisper import WhisperModel

from prober.channels.ivr.speech.recognizer import RATE, Piece, wideband

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_INTRODUCTIONS = {"zh": "以下是普通话客服电话的语音。", "en": "This is a call to customer service."}
"""What Whisper is told before: it makes fewer mistakes. No word of a menu is in it, for it may come back as heard."""
_TOKENS_A_SECOND, _TOKENS_MORE, _TOKENS_MOST = 10, 32, 200
"""Twice what is spoken in a second, so that a stammer is soon over; Whisper holds 448, introduction and all."""
_AGAIN = re.compile(r"(.{1,8}?)\1{7,}")
"""What is said eight times in a row and more is Whisper's own stammer."""


class Whisper:
    """A Whisper model on one thread of the processor."""

    def __init__(self, model: Path, language: str) -> None:
        self._model = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
        self._language = language

    def recognize(self, samples: NDArray[np.int16]) -> list[Piece]:
        """Return what is said in what Silero takes for speech: in ringback and music, Whisper hears words as well."""
        introduction = _INTRODUCTIONS.get(self._language, "")
        heard = self._heard(samples, introduction)
        echoes = introduction and any(introduction[:-1] in piece.text for piece in heard)
        return self._heard(samples, "") if echoes else heard

    def _heard(self, samples: NDArray[np.int16], introduction: str) -> list[Piece]:
        found, _ = self._model.transcribe(
            wideband(samples),
            language=self._language,
            beam_size=1,
            temperature=0.0,
            vad_filter=True,
            condition_on_previous_text=False,
            initial_prompt=introduction or None,
            max_new_tokens=min(_TOKENS_MORE + _TOKENS_A_SECOND * len(samples) // RATE, _TOKENS_MOST),
        )
        return [Piece(_AGAIN.sub(r"\1", one.text.strip()), one.start, one.end) for one in found]
