"""Column types that mean the same on every database."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from prober.model.run import Fact


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, to the microsecond. SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return what turns an instant into what the driver takes: for SQLite, in one step instead of three."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a zone: nobody could say later when it was."""
        return value and _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back to databases that do not keep it."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class Words(TypeDecorator[str]):
    """Any text a channel may have shown, with what no database takes (lone surrogates, NUL) replaced."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return what replaces that: a page's broken text must never cost its whole step."""
        return _storable_text


class Facts(TypeDecorator[Mapping[str, Fact]]):
    """Named facts as a JSON object. A number that is none (NaN, infinite) was not measured: null."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Fact] | None, dialect: Dialect) -> dict[str, Fact]:
        """Turn each fact into what JSON has a word for."""
        return {storable(name): _storable_fact(fact) for name, fact in (value or {}).items()}


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    return None if value is None else _utc(value).isoformat(" ", "microseconds").removesuffix("+00:00")


def storable(text: str) -> str:
    """Return *text* without lone surrogates and NUL; the same text where it has none."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _storable_text(text: str | None) -> str | None:
    return text and storable(text)


def _storable_fact(fact: Fact) -> Fact:
    if isinstance(fact, float) and not math.isfinite(fact):
        return None
    return storable(fact) if isinstance(fact, str) else fact


def plain(value: Any) -> Any:
    """Return *value* as every database takes it in JSON: no lone surrogate, no NUL, not even in a step's name."""
    match value:
        case str():
            return storable(str(value))
        case Mapping():
            return {storable(str(key)): plain(part) for key, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
        case _:
            return value
