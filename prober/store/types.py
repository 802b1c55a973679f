"""Column types that mean the same on every database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from prober.model.run import Fact


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, to the microsecond. SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a zone: nobody could say later when it was."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back to databases that do not keep it."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class Words(TypeDecorator[str]):
    """Any text a channel may have shown, with what no database takes (lone surrogates, NUL) replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be kept: a page's broken text must never cost its whole step."""
        return value and storable(value)


class Facts(TypeDecorator[Mapping[str, Fact]]):
    """Named facts as a JSON object. A number that is none (NaN, infinite) was not measured: null."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Fact] | None, dialect: Dialect) -> dict[str, Fact]:
        """Turn each fact into what JSON has a word for."""
        return {storable(name): _storable_fact(fact) for name, fact in (value or {}).items()}


def storable(text: str) -> str:
    """Return *text* without lone surrogates and NUL; the same text where it has none."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _storable_fact(fact: Fact) -> Fact:
    if isinstance(fact, float) and not math.isfinite(fact):
        return None
    return storable(fact) if isinstance(fact, str) else fact
