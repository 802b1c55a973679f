"""The type of a text that is to be spoken."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from prober.loading.fields import VOICE, Text, refusal

LONGEST = 500
"""Characters: two minutes of speech."""


def _speakable(text: str, given: ValidationInfo) -> str:
    known: Any = given.context or {}
    if text and not text.strip():
        raise refusal("the text is blank, and nobody can say that", "write what is to be said")
    if len(text) > LONGEST:
        raise refusal(f"the text is {len(text)} characters long, and {LONGEST} are the most that is said at once")
    if text and known.get(VOICE) is False:
        hint = "set up channels.ivr.voice in config.yaml, such as {engine: espeak-ng}, or say a recording"
        raise refusal("nothing is set up that speaks, so a text cannot be said", hint)
    return text


Speakable = Annotated[Text, AfterValidator(_speakable)]
"""What an engine speaks."""
