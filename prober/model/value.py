"""Values that are taken out of what was heard, seen or received."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ValueType(StrEnum):
    """What a captured text is read as."""

    MONEY = "money"
    DIGITS = "digits"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True)
class Capture:
    """Take the first value of *type* out of what was heard, seen or received, and call it *name*."""

    name: str
    type: ValueType


@dataclass(frozen=True)
class Captured:
    """A value taken out of a text: money as integer fen, a date as `YYYY-MM-DD`; *value* is None if unreadable."""

    name: str
    type: ValueType
    text: str
    value: str | int | None
