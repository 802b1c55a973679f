"""The engines there are, what each wants to be installed and to find in its model's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module, util
from pathlib import Path

from prober.channels.ivr.speech.folders import sherpa_lacks, vosk_lacks, whisper_lacks
from prober.channels.ivr.speech.recognizer import Recognizer


class Engine(StrEnum):
    """What recognises speech."""

    WHISPER = "whisper"
    SHERPA_ONNX = "sherpa-onnx"
    VOSK = "vosk"


@dataclass(frozen=True)
class _Kind:
    package: str
    module: str
    opens: str
    lacks: Callable[[Path], str]
    """Returns what is missing in a model's folder; empty if nothing is."""


_KINDS: Mapping[Engine, _Kind] = {
    Engine.WHISPER: _Kind("faster-whisper", "faster_whisper", "whisper:Whisper", whisper_lacks),
    Engine.SHERPA_ONNX: _Kind("sherpa-onnx", "sherpa_onnx", "sherpa:open_model", sherpa_lacks),
    Engine.VOSK: _Kind("vosk", "vosk", "kaldi:Vosk", vosk_lacks),
}
RECOMMENDED = "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17"
"""The model for Mandarin, by the name its publisher (k2-fsa) releases it under."""
ALTERNATIVE = "Systran/faster-whisper-base"
"""The smaller choice, by the name its publisher has it under."""


def why_not(engine: Engine, model: Path) -> tuple[str, str]:
    """Return why *engine* cannot be used with *model*, and what to do; two empty texts if it can."""
    kind = _KINDS[engine]
    if util.find_spec(kind.module) is None:
        return f"{engine} is not installed", f"pip install {kind.package}"
    if not model.is_dir():
        return f"there is no folder {model}", "name the folder the model was unpacked to: docs/channels/ivr.md, Speech"
    if missing := kind.lacks(model):
        return f"{model} holds no model of {engine}: {missing}", "unpack the whole model there"
    return "", ""


def open_recognizer(engine: Engine, model: Path, language: str) -> Recognizer:
    """Load the model. What an engine raises is its own; whoever calls it is a process of its own."""
    module, name = _KINDS[engine].opens.split(":")
    opened: Recognizer = getattr(import_module(f"prober.channels.ivr.speech.{module}"), name)(model, language)
    return opened
