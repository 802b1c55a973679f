"""Amounts as they are spoken: which recorded pieces are joined for them."""

from __future__ import annotations

_PLACES = ("", "ten", "hundred", "thousand")


def pieces(fen: int) -> list[str]:
    """
    Return the names of the pieces that speak an amount: 8650 is 八 十 六 元 五 角, 3000 is 三 十 元 整.

    Raises:
        ValueError: The amount is of 100 million yuan or more.
    """
    if fen < 0:
        return ["minus", *pieces(-fen)]
    yuan, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    if fen and not yuan:
        return _small(jiao, cents)
    spoken = [*number(yuan), "yuan"]
    if not jiao and not cents:
        return [*spoken, "whole"]
    return [*spoken, *([] if jiao else ["d0"]), *_small(jiao, cents)]


def number(value: int) -> list[str]:
    """Return the names of the pieces that speak a whole number below 100 million."""
    if value >= 100_000_000:
        raise ValueError(f"{value} is more than the recordings can say")
    ten_thousands, rest = divmod(value, 10_000)
    if not ten_thousands:
        return _below_ten_thousand(rest)
    spoken = [*_below_ten_thousand(ten_thousands), "ten_thousand"]
    if not rest:
        return spoken
    return [*spoken, *(["d0", *_group(rest)] if rest < 1000 else _group(rest))]


def _below_ten_thousand(value: int) -> list[str]:
    """Speak a number that begins with this group: 0 is 零, and 10 is 十, not 一十."""
    if value == 0:
        return ["d0"]
    spoken = _group(value)
    return spoken[1:] if 10 <= value < 20 else spoken


def _group(value: int) -> list[str]:
    """Speak four digits; zeros between others are one 零, and those at either end are not spoken."""
    spoken: list[str] = []
    digits = str(value)
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit != "0":
            spoken += [f"d{digit}", *([_PLACES[place]] if place else [])]
        elif spoken and spoken[-1] != "d0":
            spoken.append("d0")
    while spoken and spoken[-1] == "d0":
        spoken.pop()
    return spoken


def _small(jiao: int, cents: int) -> list[str]:
    return [*([f"d{jiao}", "jiao"] if jiao else []), *([f"d{cents}", "fen"] if cents else [])]
