"""The type of what is to be said."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from prober.channels.ivr.speech.matching import search
from prober.loading.fields import SPEECH, expectation, refusal
from prober.loading.templates import REFERENCE
from prober.model.scenario import Pattern


def _words(value: Any, given: ValidationInfo) -> Pattern:
    if isinstance(value, Pattern):
        return value
    written = expectation(value)
    try:
        search(REFERENCE.sub("0", written.text), [""])
    except re.error as exc:
        raise refusal(f"the regular expression does not compile: {exc.msg}") from exc
    if (given.context or {}).get(SPEECH) is False:
        hint = "set up channels.ivr.speech in config.yaml; prober doctor names a model"
        raise refusal("nothing is set up that recognises speech, so words cannot be waited for", hint)
    return Pattern(written.text, regex=True)


Words = Annotated[
    Pattern,
    PlainValidator(_words),
    WithJsonSchema({"type": ["string", "number"], "description": "a regular expression", "examples": ["余额.*元"]}),
]
"""A regular expression of what is to be said, with or without slashes around it; it is looked for tolerantly."""
