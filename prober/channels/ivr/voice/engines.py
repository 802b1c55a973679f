"""The engines there are that speak, what each wants to be installed, and the command that speaks what it reads."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from importlib import util
from pathlib import Path

from prober.channels.ivr.speech.folders import TOKENS, best


class Engine(StrEnum):
    """What speaks."""

    ESPEAK_NG = "espeak-ng"
    SHERPA_ONNX = "sherpa-onnx"


VOICES = {Engine.ESPEAK_NG: "cmn-latn-pinyin", Engine.SHERPA_ONNX: "0"}
"""The voice each takes where none is named: Mandarin (`cmn` of 1.51 reads it as English), and the first speaker."""


def why_not(engine: Engine, model: Path | None) -> tuple[str, str]:
    """Return why *engine* cannot be used with *model*, and what to do; two empty texts if it can."""
    if engine is Engine.ESPEAK_NG:
        if model is not None:
            return "espeak-ng takes no model", "name a voice of its own: espeak-ng --voices"
        there = shutil.which("espeak-ng") is not None
        return ("", "") if there else ("espeak-ng is not installed", "apt-get install espeak-ng")
    if util.find_spec("sherpa_onnx") is None:
        return "sherpa-onnx is not installed", "pip install sherpa-onnx"
    if model is None or not model.is_dir():
        what = "sherpa-onnx wants a model" if model is None else f"there is no folder {model}"
        return what, "name the folder the model was unpacked to: docs/channels/ivr.md, A voice"
    missing = [name for name, there in (("*.onnx", best(model, "")), (TOKENS, (model / TOKENS).is_file())) if not there]
    if missing:
        what = f"{model} holds no voice of sherpa-onnx: there is no {', no '.join(missing)}"
        return what, "unpack the whole model there"
    return "", ""


def command(engine: Engine, voice: str, model: Path | None) -> tuple[str, ...]:
    """Return what speaks a text from stdin, as a WAV file on stdout: whoever lists processes reads their arguments."""
    if engine is Engine.ESPEAK_NG:
        return ("espeak-ng", "-v", voice, "--stdin", "--stdout")
    return (sys.executable, "-m", "prober.channels.ivr.voice.sherpa", str(model), voice)
