"""Settings of speech recognition: `channels.ivr.speech` in config.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo

from prober.channels.ivr.speech.engines import Engine, why_not
from prober.loading.fields import STRICT, Text, WorkspacePath, refusal


def _language(code: str) -> str:
    if not code.isalpha() or not code.islower():
        raise refusal(f"‘{code}’ is not the code of a language: write zh or en")
    return code


def _usable(model: object, given: ValidationInfo) -> object:
    engine = given.data.get("engine")
    what, cure = why_not(engine, model) if engine is not None else ("", "")  # type: ignore[arg-type]
    if what:
        raise refusal(what, cure)
    return model


class SpeechSettings(BaseModel):
    """What recognises speech, for `ivr.hear: {says: …}` and for prompts whose recordings are new."""

    model_config = STRICT
    engine: Engine = Field(description="The engine: whisper (faster-whisper), sherpa-onnx or vosk")
    model: Annotated[WorkspacePath, AfterValidator(_usable)] = Field(description="The folder of its model")
    language: Annotated[Text, AfterValidator(_language)] = Field(default="zh", description="What is spoken: zh, en, …")
