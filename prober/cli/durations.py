"""Lengths of time as they are typed behind an option."""

from __future__ import annotations

from datetime import timedelta

import typer
from pydantic import TypeAdapter, ValidationError

from prober.loading.fields import Duration

_SPAN = TypeAdapter(Duration)


def span(text: str) -> timedelta:
    """
    Return the length of time that *text* says: 30m, 8h.

    Raises:
        BadParameter: It says none.
    """
    try:
        return timedelta(seconds=_SPAN.validate_python(text))
    except (ValidationError, OverflowError):
        raise typer.BadParameter(f"‘{text}’ is no duration: write 30m, 8h") from None
