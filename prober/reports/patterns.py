"""Regular expressions in words a person reads."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"(?<!\S)/(?P<pattern>.+)/(?=\s|:|$)")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.)*\)")
_CLASS = r"(?:\\[dwsDWS]|\[(?:[^\]\\]|\\.)+\]|(?<!\\)\.)"
_MANY = re.compile(rf"{_CLASS}(?:[*+]\??|\{{[\d,]+\}})?")
_CHOICE = re.compile(r"\((?:\?:)?((?:[^()\\|?*+]|\\.)+(?:\|(?:[^()\\|?*+]|\\.)+)*)\)")
_ESCAPED = re.compile(r"\\([^\w\s])")
_RAW = re.compile(r"[\\\[\]{}()|*+^$?]")
_OPEN, _CLOSE, _GAP = "‹", "›", "…"


def friendly(text: str) -> str:
    """
    Return *text* with every /regular expression/ in it as a person would say it: `余额为‹sms_balance›`.

    Named groups are their names, what may be anything is an ellipsis. One that cannot be said so stays as it is.
    """
    return _QUOTED.sub(lambda found: _said(found["pattern"]) or found[0], text)


def _said(pattern: str) -> str:
    """Return *pattern* in words; nothing if it has none."""
    if not _RAW.search(pattern):
        return ""
    said = _GROUP.sub(rf"{_OPEN}\1{_CLOSE}", pattern.removeprefix("^").removesuffix("$"))
    said = _MANY.sub(_GAP, said)
    said = _CHOICE.sub(_alternatives, said)
    said = _ESCAPED.sub(r"\1", said) if not _RAW.search(_ESCAPED.sub("", said)) else said
    if _RAW.search(said):
        return ""
    return re.sub(f"{_GAP}+", _GAP, said)


def _alternatives(found: re.Match[str]) -> str:
    return f"（{found[1].replace('|', '/')}）" if "|" in found[1] else found[1]
