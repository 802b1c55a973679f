"""Settings of what speaks: `channels.ivr.voice` in config.yaml."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, Field, model_validator

from prober.channels.ivr.voice.engines import VOICES, Engine, why_not
from prober.loading.fields import STRICT, Text, WorkspacePath, refusal

_VOICE = {Engine.ESPEAK_NG: r"[A-Za-z0-9][A-Za-z0-9+_-]*", Engine.SHERPA_ONNX: r"\d{1,4}"}


class VoiceSettings(BaseModel):
    """What speaks texts, for `ivr.say: {text: …}`."""

    model_config = STRICT
    engine: Engine = Field(description="The engine: espeak-ng or sherpa-onnx")
    voice: Text = Field(default="", description="A voice of espeak-ng, or the number of a model's speaker")
    model: WorkspacePath | None = Field(default=None, description="The folder of sherpa-onnx's model")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not re.fullmatch(_VOICE[self.engine], self.named):
            raise refusal(f"‘{self.voice}’ is no voice of {self.engine}", f"write {VOICES[self.engine]}, for example")
        what, cure = why_not(self.engine, self.model)
        if what:
            raise refusal(what, cure)
        return self

    @property
    def named(self) -> str:
        """The voice that speaks."""
        return self.voice or VOICES[self.engine]
