"""
The types of what a person writes: annotate a verb's argument or a channel's settings with them.

Each takes the text as it was typed (or the natural Python value) and refuses it with a sentence that says what to write
instead. A text that holds a `${reference}` is taken as it is by every field that is text at heart.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from prober.loading.templates import REFERENCE
from prober.model.scenario import Pattern

STRICT = ConfigDict(extra="forbid", frozen=True)
"""How every model of what a person writes is configured: a key nobody knows is a mistake."""

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
DURATION_PATTERN = r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$"
"""A duration, for editors."""
_KEYS = re.compile(r"[0-9*#A-D]+")
_PROMPTS = "prompts"
_SAYINGS = "sayings"
_FOLDER = "folder"
SPEECH = "speech"
"""The key of what is known of speech recognition: whether it is set up."""
VOICE = "voice"
"""The same of what speaks."""
_LONGEST = "longest_d"
_PLAYED_D = 7
_KEPT_D = 36_500


def context(
    *,
    prompts: Iterable[str] | None = None,
    sayings: Iterable[str] | None = None,
    folder: Path | None = None,
    speech: bool | None = None,
    voice: bool | None = None,
    played: bool = False,
) -> dict[str, Any]:
    """
    Return what the fields need to know: the names of the *prompts* and *sayings*, where relative paths start from, and
    whether *speech* can be recognised, and whether there is a *voice* that speaks texts.

    None of them means: not known here, so not checked. What is *played* lasts a week at most; elsewhere, a duration
    may be a hundred years.
    """
    names = {_PROMPTS: prompts, _SAYINGS: sayings}
    known = {kind: None if some is None else frozenset(some) for kind, some in names.items()}
    return {**known, _FOLDER: folder, SPEECH: speech, VOICE: voice, _LONGEST: _PLAYED_D if played else _KEPT_D}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean ‘x’?" for the known word nearest to *word*, or a list of a few; "" if none is known."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean ‘{near[0]}’?"
    return f"known: {', '.join(words)}" if 0 < len(words) <= 12 else ""


def refusal(message: str, hint: str = "") -> PydanticCustomError:
    """Return the error a validator raises; *hint* is shown beneath the caret."""
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint})


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        raise refusal("a value is missing here")
    kind = {"dict": "a mapping", "list": "a list", "tuple": "a list"}.get(type(value).__name__, f"{value!r}")
    raise refusal(f"a text is wanted here, not {kind}")


def _duration(value: Any, given: ValidationInfo) -> float:
    typed = "" if value is None else str(value).strip()
    found = _DURATION.fullmatch(typed)
    if isinstance(value, dict | list | tuple) or not typed:
        raise refusal("a duration is missing here", "write 10s, 500ms or 2m")
    if found is None:
        raise refusal(f"‘{typed}’ is not a duration: write 10s, 500ms or 2m")
    seconds = Decimal(found[1]) * Decimal(str(_UNITS_S[found[2]]))
    longest_d = (given.context or {}).get(_LONGEST, _KEPT_D)
    if seconds > longest_d * 86400:
        raise refusal(f"‘{typed}’ is too long: {longest_d}d is the most there can be")
    return float(seconds)


def expectation(value: Any) -> Pattern:
    """Return the pattern of a plain text or, between slashes, of a regular expression (which must compile)."""
    if isinstance(value, Pattern):
        return value
    text = _text(value)
    if not text.strip():
        raise refusal("an empty text would be found anywhere: write what is expected")
    if len(text) < 3 or not (text.startswith("/") and text.endswith("/")):
        return Pattern(text)
    try:
        re.compile(REFERENCE.sub("0", text[1:-1]))
    except re.error as exc:
        where = "" if exc.pos is None else f" (character {exc.pos + 1} of the expression)"
        raise refusal(f"the regular expression does not compile: {exc.msg}{where}") from exc
    return Pattern(text[1:-1], regex=True)


def _keys(value: Any) -> str:
    text = _text(value)
    if REFERENCE.search(text) or _KEYS.fullmatch(text):
        return text
    raise refusal(f"‘{text}’ are not telephone keys: write 0-9, *, # or A-D", 'write "*" and "#" in quotes')


def _recorded(value: Any, given: ValidationInfo, kind: str, hint: str = "") -> str:
    text = _text(value)
    known = (given.context or {}).get(kind)
    if known is None or REFERENCE.search(text) or text in known:
        return text
    raise refusal(f"unknown {kind.removesuffix('s')} ‘{text}’", did_you_mean(text, known) or hint)


def _prompt_name(value: Any, given: ValidationInfo) -> str:
    return _recorded(value, given, _PROMPTS)


def _saying_name(value: Any, given: ValidationInfo) -> str:
    return _recorded(value, given, _SAYINGS, "put its recording, NAME.wav, into the folder sayings beside the prompts")


def _number(value: Any) -> int:
    typed = str(value).strip()
    if isinstance(value, bool | float) or not re.fullmatch(r"-?[0-9]+", typed):
        raise refusal(f"‘{typed}’ is not a whole number")
    return int(typed)


def _money(value: Any) -> int:
    typed = str(value).strip()
    try:
        fen = Decimal(typed.removesuffix("元")) * 100
    except InvalidOperation as exc:
        raise refusal(f"‘{typed}’ is not an amount of money: write 0.50 (yuan)") from exc
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise refusal(f"‘{typed}’ is not an amount of money: it is finer than one fen")
    return int(fen)


def _workspace_path(value: Any, given: ValidationInfo) -> Path:
    path = value if isinstance(value, Path) else Path(_text(value))
    folder = (given.context or {}).get(_FOLDER)
    return path if folder is None else Path(folder, path)


def _secret(value: Any, given: ValidationInfo) -> str:
    if not isinstance(value, dict):
        return _text(value)
    if set(value) != {"file"}:
        raise refusal("a secret is a text, ${env.NAME}, or {file: path}")
    path = _workspace_path(value["file"], given)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        hint = "a relative path starts from the folder of config.yaml"
        raise refusal(f"the file ‘{value['file']}’ of this secret cannot be read: {reason}", hint) from exc


_STRING = {"type": "string"}
_STRING_OR_INTEGER = {"type": ["string", "integer"]}

Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""A text, as it was typed: `0123` stays `0123`."""

Duration = Annotated[
    float,
    PlainValidator(_duration),
    WithJsonSchema({**_STRING, "pattern": DURATION_PATTERN, "examples": ["10s", "500ms", "2m"]}),
]
"""A length of time: `10s`, `500ms`, `2m`, `1h`, `7d`. The value is float seconds."""

Expectation = Annotated[
    Pattern,
    PlainValidator(expectation),
    WithJsonSchema({"type": ["string", "number"], "description": "plain text, or a /regular expression/"}),
]
"""Plain text, or between slashes a regular expression whose named groups become captures."""

Keys = Annotated[str, BeforeValidator(_keys), WithJsonSchema({**_STRING_OR_INTEGER, "examples": ["1", "#", "*"]})]
"""Telephone keys: 0-9, *, #, A-D."""

PromptName = Annotated[
    str, BeforeValidator(_prompt_name), WithJsonSchema({**_STRING, "description": "a prompt's name"})
]
"""The name of a prompt in the prompt library."""

SayingName = Annotated[
    str, BeforeValidator(_saying_name), WithJsonSchema({**_STRING, "description": "a recording's name"})
]
"""The name of a recording of what the customer says."""

Number = Annotated[int, BeforeValidator(_number), WithJsonSchema({"type": "integer"})]
"""A whole number."""

Money = Annotated[int, PlainValidator(_money), WithJsonSchema({"type": ["number", "string"], "examples": ["0.50"]})]
"""An amount in yuan, `0.50`. The value is an integer of fen."""

WorkspacePath = Annotated[Path, BeforeValidator(_workspace_path), WithJsonSchema(_STRING)]
"""A path, relative to the folder of config.yaml. The value is complete."""

SECRECY = PlainSerializer(lambda _: None, when_used="json")
"""What is annotated with it is secret: it is left out of JSON, and unreadable in a line that is shown."""

Secret = Annotated[
    str,
    BeforeValidator(_secret),
    SECRECY,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "object", "properties": {"file": _STRING}, "required": ["file"]},
            ]
        }
    ),
]
"""A secret in config.yaml: the text itself, `${env.NAME}`, or `{file: path}`. The value is the secret."""
