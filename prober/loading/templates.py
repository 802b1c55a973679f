"""`${name}`, `${line.x}`, `${secret.x}`: filled in when a step is played."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from prober.model.scenario import Pattern

REFERENCE = re.compile(r"\$\{([^\W\d]\w*(?:\.[^\W\d]\w*)?)\}")
"""Only `${identifier}` and `${identifier.identifier}`, so that `\\d{4}` and `${` in a text stay what they are."""

Lookup = Callable[[str], str]


def references(argument: Any) -> list[str]:
    """Return every name that *argument* speaks of, in order."""
    found: list[str] = []

    def note(name: str) -> str:
        found.append(name)
        return f"${{{name}}}"  # what has to say something still does

    fill(argument, note)
    return found


def fill(argument: Any, lookup: Lookup) -> Any:
    """
    Return *argument* (a verb's dataclass, or any part of one) with every reference replaced by what *lookup* says.

    Values put into a regular expression are escaped. The same object comes back where nothing was to be filled in.
    """
    match argument:
        case str():
            return REFERENCE.sub(lambda found: lookup(found[1]), argument)
        case Pattern(text=text, regex=regex):
            return Pattern(fill(text, (lambda name: re.escape(lookup(name))) if regex else lookup), regex)
        case tuple() | list():
            return tuple(fill(part, lookup) for part in argument)
        case Mapping():
            return {fill(key, lookup): fill(part, lookup) for key, part in argument.items()}
        case _ if dataclasses.is_dataclass(argument) and not isinstance(argument, type):
            return _fill_fields(argument, lookup)
        case _:
            return argument


def _fill_fields(argument: Any, lookup: Lookup) -> Any:
    before = {field.name: getattr(argument, field.name) for field in dataclasses.fields(argument)}
    after = {name: fill(value, lookup) for name, value in before.items()}
    changed = {name: value for name, value in after.items() if value != before[name]}
    return dataclasses.replace(argument, **changed) if changed else argument
