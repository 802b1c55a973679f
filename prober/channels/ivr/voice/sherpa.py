"""
Speaks by sherpa-onnx: `python -m prober.channels.ivr.voice.sherpa FOLDER SPEAKER` reads a text and writes a WAV file.

The folder holds a VITS model: an ONNX file and `tokens.txt`, with what belongs to it (`lexicon.txt`, `dict`,
`espeak-ng-data`, rules as `*.fst`).
"""

from __future__ import annotations

import io
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import sherpa_onnx

from prober.channels.ivr.speech.folders import TOKENS, best


def spoken(model: Path, speaker: int, text: str) -> bytes:
    """Return *text* as a WAV file. What the engine raises is its own; this is a process of its own."""
    vits = sherpa_onnx.OfflineTtsVitsModelConfig(
        model=str(best(model, "")),
        tokens=str(model / TOKENS),
        lexicon=_there(model / "lexicon.txt"),
        data_dir=_there(model / "espeak-ng-data"),
        dict_dir=_there(model / "dict"),
    )
    config = sherpa_onnx.OfflineTtsConfig(
        model=sherpa_onnx.OfflineTtsModelConfig(vits=vits, num_threads=1),
        rule_fsts=",".join(str(path) for path in sorted(model.glob("*.fst"))),
    )
    if not config.validate():
        raise ValueError("sherpa-onnx refuses the files of the model")
    return _wav(sherpa_onnx.OfflineTts(config).generate(text, sid=speaker))


def _there(path: Path) -> str:
    return str(path) if path.exists() else ""


def _wav(sound: Any) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(sound.sample_rate)
        written.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(spoken(Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer.read().decode()))
