"""
Whether a text is the expected one, tolerantly.

Width (full or half), spaces, case, and traditional against simplified forms make no difference to a customer, and so
none here. `source()` gives the same judgement as a regular expression that a browser understands as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import opencc

from prober.model.scenario import Pattern

_UNIFIED_IDEOGRAPHS = range(0x4E00, 0xA000)


@dataclass(frozen=True)
class Match:
    """What a pattern found: *text* is the part that matched, *groups* the named groups that took part."""

    text: str
    groups: Mapping[str, str] = field(default_factory=dict)


@cache
def _simplified() -> dict[int, str]:
    """Return the simplified form of every traditional character, one to one, as `str.translate` wants it."""
    traditional = [chr(code) for code in _UNIFIED_IDEOGRAPHS]
    simplified = opencc.OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    return {ord(old): new for old, new in zip(traditional, simplified, strict=True) if old != new}


def fold(text: str) -> str:
    """Return *text* in half width and simplified forms; spaces and case stay."""
    return unicodedata.normalize("NFKC", text).translate(_simplified())


def normalise(text: str) -> str:
    """Return *text* without what makes no difference to a customer: width, spaces, case, traditional forms."""
    return "".join(fold(text).split()).casefold()


def match(pattern: Pattern, text: str) -> Match | None:
    """
    Return what *pattern* finds in *text*, or None.

    Plain text is contained after `normalise`; a regular expression is searched in the folded text, spaces kept.
    """
    if not pattern.regex:
        return Match(pattern.text) if normalise(pattern.text) in normalise(text) else None
    found = re.search(_folded_regex(pattern.text), fold(text))
    if found is None:
        return None
    return Match(found[0], {name: value for name, value in found.groupdict().items() if value is not None})


def _folded_regex(regex: str) -> str:
    """Return *regex* for folded text; a full-width bracket in it is one of the text, never one of the syntax."""
    return "".join(char if char.isascii() else _escape(fold(char)) for char in regex)


def _escape(text: str) -> str:
    # Only what both languages treat as special is escaped: JavaScript's unicode mode refuses any other escape.
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)


@cache
def _variants() -> dict[str, str]:
    """Return, for a simplified character, itself and all the traditional ones that fold to it."""
    variants: dict[str, str] = {}
    for code, simplified in _simplified().items():
        variants[simplified] = variants.get(simplified, simplified) + chr(code)
    return variants


def source(pattern: Pattern) -> str:
    """
    Return a regular expression for a text in half width (NFKC) that judges like `match`, in a syntax browsers share.

    For plain text the reader also removes spaces and ignores case.
    """
    if not pattern.regex:
        return "".join(
            f"[{_variants()[char]}]" if char in _variants() else _escape(char) for char in normalise(pattern.text)
        )
    return re.sub(r"\(\?P<(\w+)>", r"(?<\1>", _with_variants(_folded_regex(pattern.text)))


def _with_variants(regex: str) -> str:
    written: list[str] = []
    in_class = escaped = False
    for char in regex:
        forms = _variants().get(char, char)
        written.append(forms if in_class or len(forms) == 1 else f"[{forms}]")
        if not escaped:
            in_class = char == "[" or (in_class and char != "]")
        escaped = char == "\\" and not escaped
    return "".join(written)
