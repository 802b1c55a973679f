"""
Whether a text is the expected one, tolerantly.

Width (full or half), spaces, case, and traditional against simplified forms make no difference to a customer, and so
none here.
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


def source(text: str) -> str:
    """
    Return a regular expression, in a syntax browsers share, that finds plain *text* as `match` does.

    What it is searched in has half width (NFKC) and no spaces; case is ignored.
    """
    variants = _variants()
    return "".join(f"[{variants[char]}]" if char in variants else _escape(char) for char in normalise(text))
