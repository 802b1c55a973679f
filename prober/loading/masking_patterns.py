"""What looks private, whoever it belongs to: telephone numbers, ID cards, bank cards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prober.loading.masking_forms import MASK, Span

_D = "[0-9０-９]"
_LEFT = rf"(?:(?<![0-9A-Za-z０-９])|(?<=%[0-9A-Fa-f]{{2}})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{{4}}))(?<!{_D}\.)"
"""No letter or digit before, unless it is the end of an escape: 手机%3A138…, \\n138…. Nor the point of an amount."""
_RIGHT = rf"(?![0-9A-Za-z０-９])(?!\.{_D})"
_PHONE = rf"{_LEFT}(?:(?:\+|00)?86[ -]?)?([1１]{_D}{{2}})[ -]?{_D}{{4}}[ -]?({_D}{{4}}){_RIGHT}"
_ID_CARD = rf"{_LEFT}({_D}{{6}} ?{_D}{{8}} ?{_D}{{3}}[0-9０-９XxＸｘ]){_RIGHT}"
_BANK_CARD = rf"{_LEFT}(?<!{_D}-)({_D}{{16,19}}|{_D}{{4}}(?:[ -]{_D}{{4}}){{3}}(?:[ -]?{_D}{{1,3}})?){_RIGHT}(?!-{_D})"
_REGIONS = re.compile(rf"{_D}[0-9０-９ -]{{9,}}[0-9０-９XxＸｘ]")
"""The only parts of a text where one of these can be: ten times as fast to find as the numbers."""
_ID_CARD_NUMBER = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)
_LOOK_AHEAD = 2
_ISSUERS = re.compile(r"[3-6]|9558|2[2-7]")
"""What cards begin with. A time in microseconds or a date with a time begins otherwise, and Luhn passes one of ten."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class PrivatePattern:
    """
    Finds one kind of private number.

    *kept* says what of a match remains readable, or that it is none.

    It is looked for in what *within* matches only, if that is given.
    """

    regex: re.Pattern[str]
    kept: Callable[[re.Match[str]], Span | None]
    within: re.Pattern[str] | None = None

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where there is one in *text*, and what stands there instead."""
        for found in self._matches(text):
            span = self.kept(found)
            if span is not None:
                yield span

    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        if self.within is None:
            yield from self.regex.finditer(text)
            return
        for region in self.within.finditer(text):
            yield from self.regex.finditer(text, region.start(), region.end() + _LOOK_AHEAD)


def own_pattern(regex: str) -> PrivatePattern:
    """Return the pattern of a regular expression of a workspace's own: what matches vanishes whole."""
    return PrivatePattern(re.compile(regex), _whole)


def _whole(found: re.Match[str]) -> Span | None:
    return Span(*found.span(), MASK) if found[0] else None


def _phone(found: re.Match[str]) -> Span | None:
    head = unicodedata.normalize("NFKC", found[1])
    return Span(found.start(1), found.end(), f"{found[1]}••••{found[2]}") if head[1] in "3456789" else None


def _id_card(found: re.Match[str]) -> Span | None:
    number = _characters(found[1]).upper()
    if not _ID_CARD_NUMBER.fullmatch(number):
        return None
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _last_four(found) if "10X98765432"[total % 11] == number[-1] else None


def _bank_card(found: re.Match[str]) -> Span | None:
    number = _characters(found[1])
    return _last_four(found) if _ISSUERS.match(number) and _luhn(number) else None


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(number)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _characters(written: str) -> str:
    return re.sub("[ -]", "", unicodedata.normalize("NFKC", written))


def _last_four(found: re.Match[str]) -> Span:
    return Span(*found.span(1), f"••••{_characters(found[1])[-4:]}")


PRIVATE: dict[str, PrivatePattern] = {
    "id_card": PrivatePattern(re.compile(_ID_CARD), _id_card, _REGIONS),
    "bank_card": PrivatePattern(re.compile(_BANK_CARD), _bank_card, _REGIONS),
    "phone": PrivatePattern(re.compile(_PHONE), _phone, _REGIONS),
}
"""The patterns every text is searched for. Where two match, the earlier one counts."""
