"""What pydantic finds wrong, in sentences for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from prober.loading.fields import did_you_mean
from prober.loading.nodes import Where


@dataclass(frozen=True)
class Mistake:
    """Something wrong at *where* in what was written; with *key*, at the key itself rather than its value."""

    where: Where
    message: str
    hint: str = ""
    key: bool = False


def of_validation(error: ValidationError, written: Any, base: Where = ()) -> list[Mistake]:
    """
    Return one mistake for each place in *written* that *error* complains of, at *base* and below.

    Where a type is one of several (a text or a mapping), the complaint that got furthest into the value counts.
    """
    found: dict[Where, Mistake] = {}
    for details in error.errors(include_url=False):
        where = _real_path(details, written)
        found.setdefault(where, _mistake(details, (*base, *where)))
    deepest = [where for where in found if not any(where == other[: len(where)] for other in found if other != where)]
    return [found[where] for where in deepest]


def _real_path(details: ErrorDetails, written: Any) -> Where:
    """Return the error's path without the names of types that pydantic puts between."""
    real: list[str | int] = []
    last = len(details["loc"]) - 1
    for position, part in enumerate(details["loc"]):
        if isinstance(written, Mapping) and part in written:
            written = written[part]
        elif isinstance(written, Sequence) and not isinstance(written, str) and isinstance(part, int):
            written = written[part] if part < len(written) else None
        elif not (details["type"] in _MISSING and position == last):
            continue
        real.append(part)
    return tuple(real)


def _mistake(details: ErrorDetails, where: Where) -> Mistake:
    kind, given, ctx = details["type"], details["input"], details.get("ctx", {})
    if kind == "refused":
        return Mistake(where, ctx["message"], ctx["hint"])
    if kind in _MISSING or kind in _EXTRA:
        message = f"‘{where[-1]}’ is missing" if kind in _MISSING else f"unknown key ‘{where[-1]}’"
        return Mistake(where, message, key=True)
    if kind in {"literal_error", "enum"} and given is not None:
        choices = re.findall(r"'([^']*)'", ctx["expected"])
        return Mistake(where, f"‘{given}’ is not one of {', '.join(choices)}", did_you_mean_only(str(given), choices))
    return Mistake(where, "a value is missing here" if given is None else _sentence(details))


def _sentence(details: ErrorDetails) -> str:
    ctx = details.get("ctx", {})
    if details["type"].endswith("too_long"):
        return f"this is too long: {ctx['max_length']} at most"
    if details["type"].endswith("too_short"):
        return (
            "a value is missing here" if ctx["min_length"] == 1 else f"this is too short: {ctx['min_length']} at least"
        )
    for beginning, sentence in _SENTENCES:
        if details["type"].startswith(beginning):
            return sentence
    said = details["msg"].removeprefix("Value error, ")
    return f"this does not fit: {said[0].lower()}{said[1:]}"


def did_you_mean_only(word: str, known: Sequence[str]) -> str:
    """Return the nearest of *known*, or nothing where the message has listed them already."""
    hint = did_you_mean(word, known)
    return hint if hint.startswith("did") else ""


_MISSING = {"missing", "missing_argument"}
_EXTRA = {"extra_forbidden", "unexpected_keyword_argument"}
_SENTENCES = (
    ("int_", "a whole number is wanted here"),
    ("float_", "a number is wanted here"),
    ("bool_", "‘true’ or ‘false’ is wanted here"),
    ("string_type", "a text is wanted here"),
    ("dict_type", "a mapping (key: value) is wanted here"),
    ("mapping_type", "a mapping (key: value) is wanted here"),
    ("model_type", "a mapping (key: value) is wanted here"),
    ("model_attributes_type", "a mapping (key: value) is wanted here"),
    ("dataclass_type", "a mapping (key: value) is wanted here"),
    ("list_type", "a list is wanted here"),
    ("tuple_type", "a list is wanted here"),
)
