"""A scenario as YAML text that reads back as the same texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[^\W_][\w ./+%()（）。，、：；！？¥-]*|/[\w./-]*|\$\{[\w.]+\}")
"""Texts that mean themselves without quotes, in braces too (but for those of a reference)."""
_BRACES = re.compile(r"[{}\[\],#]")
_ESCAPES = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def written(scenario: Mapping[str, Any], notes: Mapping[int, str]) -> str:
    """
    Return *scenario* as YAML; *notes* are comments, by the index of the step they stand above.

    Its values are texts, None (nothing behind the colon), lists and mappings of them.
    """
    head = {key: value for key, value in scenario.items() if key != "steps"}
    lines = [f"{scalar(key)}: {flow(value)}" for key, value in head.items()]
    lines.append("steps:")
    for index, step in enumerate(scenario["steps"]):
        lines += [f"  # {_shown(line)}" for line in notes.get(index, "").splitlines() if line.strip()]
        lines += _step(step)
    return "\n".join(lines) + "\n"


def _shown(line: str) -> str:
    """Return a line of a comment, where nothing can be escaped, without what YAML refuses."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _step(step: Mapping[str, Any]) -> list[str]:
    lines = []
    for number, (key, value) in enumerate(step.items()):
        said = "" if value is None else f" {flow(value)}"
        lines.append(f"{'  - ' if number == 0 else '    '}{scalar(key)}:{said}")
    return lines


def flow(value: Any, *, inside: bool = False) -> str:
    match value:
        case None:
            return ""
        case Mapping():
            pairs = (f"{scalar(str(key), inside=True)}: {flow(part, inside=True)}" for key, part in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(flow(part, inside=True) for part in value)}]"
        case _:
            return scalar(str(value), inside=inside)


def scalar(text: str, *, inside: bool = False) -> str:
    """Return *text* without quotes where that is safe, else in quotes that fit it."""
    if _PLAIN.fullmatch(text) and text == text.strip() and "\n" not in text and not (inside and _BRACES.search(text)):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return f'"{"".join(_escaped(sign) for sign in text)}"'


def _escaped(sign: str) -> str:
    return _ESCAPES.get(sign) or (sign if sign.isprintable() else f"\\U{ord(sign):08X}")
