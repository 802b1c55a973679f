"""One value of a step in one cell: as a tester would type it, and as YAML where it has parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from prober.errors import BadInput
from prober.loading.arguments import fields_of
from prober.loading.nodes import read_value
from prober.loading.yaml_writing import flow, scalar
from prober.model.verb import Verb

_KEYED = re.compile(r"^[^\s{\[\"'/][^\n:]*:(\s|$)")
_BETWEEN = re.compile(r"\s*[,，、;；\n]\s*")


def value_of(text: str, verb: Verb) -> Any:
    """
    Return what a cell's *text* is for the argument of *verb*: None, a text, a list or a mapping.

    A mapping is written one `name: text` a line (or in braces), a list in brackets or with commas between; anything
    else is a text, and stays as it was typed.
    """
    fields = fields_of(verb.argument)
    first = next(iter(fields.values()), None)
    if not text:
        return None
    if first is None:
        return text
    if text.startswith("{") or _KEYED.match(text):
        found = _yaml(text)
        if isinstance(found, Mapping) and (first.takes_mapping or set(found) <= set(fields)):
            return dict(found)
    if verb.full_name == "same":
        found = _yaml(text) if text.startswith("[") else None
        return found if isinstance(found, list) else _BETWEEN.split(text)
    return text


def text_of(value: Any, verb: Verb) -> str:
    """Return the cell's text that `value_of` takes for *value*."""
    first = next(iter(fields_of(verb.argument)), "")
    ways: tuple[Callable[[], str], ...] = (
        lambda: value if isinstance(value, str) else "",
        lambda: lines_of(value) if isinstance(value, Mapping) else "",
        lambda: ", ".join(value) if isinstance(value, list) else "",
        lambda: flow(value),
    )
    for way in ways:
        try:
            text = way()
        except TypeError:
            continue
        if text == text.strip() and value_of(text, verb) == value:
            return text
    return flow({first: value})


def lines_of(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as a person reads it in a cell: one `key: value` a line."""
    return "\n".join(f"{scalar(key)}: {flow(value, inside=True)}".rstrip() for key, value in mapping.items())


def mapping_of(text: str) -> dict[str, Any] | None:
    """Return the mapping a cell holds; None if it holds none."""
    found = _yaml(text)
    return dict(found) if isinstance(found, Mapping) else None


def _yaml(text: str) -> Any:
    try:
        return read_value(text)
    except BadInput:
        return None
