"""Texts as they are spoken: one form for what can be said, or written down by a recognizer, in several."""

from __future__ import annotations

import re
from decimal import Decimal

from prober.judge.expect import fold
from prober.judge.numerals import NUMERAL, to_number

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPOKEN = re.compile(rf"{NUMERAL}(?:点[零〇一二两三四五六七八九幺]+)?")
_DIGITS = dict(zip("零〇一二两三四五六七八九幺", "0012234567891", strict=True))
_SHORT_JIAO = re.compile(r"(?<=\d)块([1-9])(?=钱|\W|$)")
_CURRENCY = str.maketrans({"块": "元", "圆": "元", "毛": "角"})
_YUAN = re.compile(r"(\d+)元(?:零|0)?(?:(\d)角)?(?:(?:零|0)?(\d)分)?(?!钟)")
_WHOLE = re.compile(r"(?<=元)[整正钱]")
_JIAO = re.compile(r"(?<![\d.元])(\d)角(?:(\d)分)?")
_SIGN = re.compile(r"¥\s*(\d+(?:\.\d+)?)元?")
_PER_CENT = re.compile(r"百分之(\d+(?:\.\d+)?)")
_DECIMALS = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")
_AMOUNT = re.compile(r"(?<![\d.])(\d+(?:\.\d)?)(?=元)")
_SILENT = re.compile(r"(?!(?<=\d)\.(?=\d))[^\w%]|_")


def figures(text: str) -> str:
    """
    Return *text* in half width, simplified forms and small letters, with its numbers in digits and its amounts in yuan.

    «二十八块五», «28元5角» and «28.50元» all become «28.5元»; «一千零一» becomes «1001», «百分之五» «5%».
    """
    said = _THOUSANDS.sub("", fold(text).casefold())
    said = _SPOKEN.sub(_in_digits, said)
    said = _PER_CENT.sub(r"\1%", _SIGN.sub(r"\1元", said))
    said = _SHORT_JIAO.sub(r"元\1角", said).translate(_CURRENCY)
    said = _WHOLE.sub("", _JIAO.sub(_under_a_yuan, _YUAN.sub(_in_yuan, said)))
    return _DECIMALS.sub(lambda found: _shortest(Decimal(found[0])), said)


def letters(text: str) -> str:
    """Return `figures` of *text* without what is not spoken: punctuation and spaces."""
    return _SILENT.sub("", figures(text))


def to_the_fen(text: str) -> str:
    """Return what `figures` made with two decimals in every amount, as they are mostly written."""
    return _AMOUNT.sub(lambda found: f"{Decimal(found[1]):.2f}", text)


def _in_digits(found: re.Match[str]) -> str:
    """Return a numeral in digits; one that is read digit by digit keeps its zeros, and a word such as 千万 stays."""
    text = found[0]
    if all(char in _DIGITS for char in text):
        return "".join(_DIGITS[char] for char in text)
    number = to_number(text)
    return text if number is None else _shortest(number)


def _shortest(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_yuan(found: re.Match[str]) -> str:
    if found[2] is None and found[3] is None:
        return f"{found[1]}元"
    return f"{_shortest(Decimal(f'{found[1]}.{found[2] or 0}{found[3] or 0}'))}元"


def _under_a_yuan(found: re.Match[str]) -> str:
    return f"{_shortest(Decimal(f'0.{found[1]}{found[2] or 0}'))}元"
