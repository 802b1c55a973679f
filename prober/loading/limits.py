"""Limits as a person writes them: `< 2.5s`, `>= 3.5`, `2%`. The sign goes without saying, and may be left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from prober.loading.fields import Duration, refusal


def _plain(*signs: str) -> Callable[[Any], Any]:
    """Return what takes one of *signs* away from a limit."""

    def plain(value: Any) -> Any:
        typed = value.strip() if isinstance(value, str) else value
        sign = next((sign for sign in signs if isinstance(typed, str) and typed.startswith(sign)), "")
        return typed.removeprefix(sign).strip() if sign else value

    return plain


LEAST = BeforeValidator(_plain(">=", "≥", ">"))
"""Annotates what must be reached."""
MOST = BeforeValidator(_plain("<=", "≤", "<"))
"""Annotates what may not be exceeded."""

Longest = Annotated[Duration, MOST]
"""The longest time."""


def number(value: Any, unit: str, between: tuple[float, float], example: str) -> float:
    """Return the number before *unit*, refused with the *example* where it is none, or not *between* the two."""
    typed = str(value).strip()
    try:
        found = float(typed.removesuffix(unit))
    except ValueError:
        found = float("nan")
    if isinstance(value, bool) or not typed.endswith(unit) or not between[0] <= found <= between[1]:
        raise refusal(f"‘{typed}’ is not understood here: write {example}")
    return found


Share = Annotated[
    float,
    PlainValidator(lambda value: number(value, "%", (0, 100), "a percentage, such as 2%") / 100),
    MOST,
    WithJsonSchema({"type": "string", "pattern": r"^(<|<=|≤)?\s*\d+(\.\d+)?\s*%$", "examples": ["2%", "< 2%"]}),
]
"""The largest percentage; the value is 0..1."""
