"""Typed values out of what was heard, seen or received: money in fen, digits, dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from prober.judge.expect import fold
from prober.judge.numerals import NUMERAL, to_number
from prober.model.value import Capture, Captured, ValueType

Value = str | int
Found = tuple[str, Value | None]

_AMOUNT = r"\d[\d,]*(?:\.\d+)?"
_SPOKEN = rf"{NUMERAL}(?:点[零〇一二三四五六七八九]+)?"
_SMALL = r"[\d一二两三四五六七八九]"
_MONEY = re.compile(
    rf"(?P<minus>(?<![\d.])[-−]\s*|负)?"
    rf"(?:[¥￥]\s*(?P<inner_minus>[-−])?\s*(?P<amount>{_AMOUNT})"
    rf"|(?:(?P<yuan>{_AMOUNT}[万亿]?|{_SPOKEN})\s*(?:元|块|yuan|RMB|CNY)(?:整|正|钱)?)?"
    rf"(?:\s*零?(?P<jiao>{_SMALL})\s*[角毛])?(?:\s*零?(?P<fen>{_SMALL})\s*分(?!钟))?)",
    re.IGNORECASE,
)
_BARE_AMOUNT = re.compile(rf"\s*(?P<minus>[-−负])?\s*(?P<amount>{_AMOUNT})\s*")
_DIGITS = re.compile(r"\d+|[零〇一二三四五六七八九幺]{2,}")
_DAY = rf"\d{{1,2}}|{NUMERAL}"
_DATE = re.compile(rf"(\d{{4}}|[零〇一二三四五六七八九]{{4}})\s*[-/.年]\s*({_DAY})\s*[-/.月]\s*({_DAY})")


def capture(wanted: Capture, text: str) -> Captured:
    """Return the first value of the wanted type in *text*; its value is None where there is none that can be read."""
    found_text, value = _READERS[wanted.type](text)
    return Captured(wanted.name, wanted.type, found_text, value)


def read(text: str, value_type: ValueType) -> Value | None:
    """Return *text* read as *value_type*: money as integer fen, digits as a string, a date as `YYYY-MM-DD`."""
    return _READERS[value_type](text)[1]


def words(value: Value | None, value_type: ValueType) -> str:
    """Return a typed value as a person writes it."""
    if value is None:
        return "unreadable"
    return f"{int(value) / 100:.2f}元" if value_type is ValueType.MONEY else str(value)


def _money(text: str) -> Found:
    folded = fold(text)
    if bare := _BARE_AMOUNT.fullmatch(folded):
        return bare[0].strip(), _in_fen([(bare["amount"], 100)], negative=bare["minus"] is not None)
    for found in _MONEY.finditer(folded):
        parts = [(found["amount"] or found["yuan"], 100), (found["jiao"], 10), (found["fen"], 1)]
        if any(part for part, _ in parts):
            negative = (found["minus"] or found["inner_minus"]) is not None
            return found[0].strip(), _in_fen(parts, negative=negative)
    return text, None


def _in_fen(parts: list[tuple[str | None, int]], *, negative: bool) -> int | None:
    total = Decimal(0)
    for part, fen in parts:
        number = to_number(part) if part else Decimal(0)
        if number is None:
            return None
        total += number * fen
    if total != int(total):
        return None
    return -int(total) if negative else int(total)


def _digits(text: str) -> Found:
    found = _DIGITS.search(fold(text))
    if found is None:
        return text, None
    return found[0], "".join(char if char.isdecimal() else str(to_number(char)) for char in found[0])


def _date(text: str) -> Found:
    found = _DATE.search(fold(text))
    if found is None:
        return text, None
    try:
        day = dt.date(*(int(number) for part in found.groups() if (number := to_number(part)) is not None))
    except (TypeError, ValueError):  # a part is no number, or there is no such day
        return found[0], None
    return found[0], day.isoformat()


def _text(text: str) -> Found:
    return text.strip(), text.strip()


_READERS: dict[ValueType, Callable[[str], Found]] = {
    ValueType.MONEY: _money,
    ValueType.DIGITS: _digits,
    ValueType.DATE: _date,
    ValueType.TEXT: _text,
}
