"""Chinese numerals as they are spoken: 一千二百零三, 八十六点五, 二〇二六, 一百五."""

from __future__ import annotations

from decimal import Decimal

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}

NUMERAL = "[零〇一二两三四五六七八九幺十百千万亿]+"
"""A regular expression for a whole number as it is spoken."""


def to_number(text: str) -> Decimal | None:
    """Return the number that *text* speaks, or None where it is not one. Arabic digits with commas are read as well."""
    whole, point, fraction = text.partition("点")
    if point and not (fraction and all(char in _DIGITS for char in fraction)):
        return None
    try:
        number = _written(whole) if whole[:1].isdecimal() else Decimal(_spoken(whole))
    except (ArithmeticError, KeyError):
        return None
    return number + Decimal("0." + "".join(str(_DIGITS[char]) for char in fraction)) if point else number


def _written(text: str) -> Decimal:
    myriad = _MYRIADS.get(text[-1], 1)
    return Decimal(text.rstrip("万亿").replace(",", "")) * myriad


def _spoken(text: str) -> int:
    if not text or text[0] in "百千万亿":
        raise KeyError(text)
    if len(text) > 1 and all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = section = digit = 0
    unit = 1
    for char in text:
        if char in _MYRIADS:
            unit = _MYRIADS[char]
            carried = total if total < unit else 0
            total += (carried + section + digit) * unit - carried
            section = digit = 0
        elif char in _UNITS:
            unit = _UNITS[char]
            section += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[char]
            unit = 1 if digit == 0 else unit
    # 一百五 is 150: a last digit right behind a unit counts tens of the next lower one.
    return total + section + digit * (unit // 10 if unit >= 100 and text[-1] in _DIGITS else 1)
