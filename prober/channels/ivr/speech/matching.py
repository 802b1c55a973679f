"""
Whether what was recognised is what was to be said, tolerantly.

A recognizer writes down what it hears: 28.50元 or 二十八块五, 余额 or 鱼额. A customer hears no difference, and none is
made here: texts are compared as `spoken` has them, then by their sound, one sign for each syllable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from pypinyin import Style, lazy_pinyin, pinyin

from prober.channels.ivr.speech.spoken import letters, to_the_fen

_HAN = re.compile("[\u3400-\u9fff]+")
_CONFUSED = (
    (re.compile("^([zcs])h"), r"\1"),
    (re.compile("^n(?=[aeiouv])"), "l"),
    (re.compile("(?<=[ie])ng$"), "n"),
    (re.compile("^er$"), "e"),
)
"""What many speakers, and so recognizers, do not tell apart: zh/z, ch/c, sh/s; n/l; ing/in, eng/en; er/e."""
_FIRST_SIGN, _SIGNS = 0xE000, "\ue000-\uf8ff"
"""The signs of syllables are of Unicode's private use area: no text has them."""
_NAMES = str.maketrans("0123456789.", "零一二三四五六七八九点")
_TOKEN = re.compile(
    r"""
      (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<nothing>\\[sbBAZ]|\(\?\#[^)]*\))
    | (?P<escape>\\[A-Za-z0-9])
    | (?P<words>(?:(?:\\[^\w]|(?<=\d)\.(?=\d)|[^\\()\[\]{}|^$*+?.])(?![*+?{]))+)
    | (?P<syntax>\((?:\?(?:P[<=]\w+[>)]|\(\w+\)|<?[=!:>]|[aimsux-]+[:)]))?|[)|^$*+?.]|\{\d*,?\d*\})
    | (?P<letter>\\?.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED, _PLAIN = re.compile(r"\\(.)", re.DOTALL), r"\1"
_POINTS = re.compile(r"(\.(?=\d|$))?(.*?)((?<=\d)\.)?", re.DOTALL)
_MEMBER = re.compile(r"\\.|[\u3400-\u9fff]-[\u3400-\u9fff]|.", re.DOTALL)


@dataclass(frozen=True)
class Match:
    """What was found: in which of the texts it begins, and the named groups, their numbers in digits."""

    text: int
    groups: dict[str, str] = field(default_factory=dict)


def search(expression: str, texts: Sequence[str]) -> Match | None:
    """
    Return where the regular *expression* matches the *texts*, one behind the other; None if it does not.

    Raises:
        re.error: It is no regular expression.
    """
    re.compile(expression)
    for amounts in (str, to_the_fen):
        said = amounts(letters("".join(texts)))
        for level in (_Written, _Sounded):
            found = re.search(_rendered(expression, level, amounts), level.text(said))
            if found is not None:
                ends = (len(amounts(letters("".join(texts[: count + 1])))) for count in range(len(texts)))
                text = next((number for number, end in enumerate(ends) if found.start() < end), len(texts) - 1)
                spans = {name: found.span(name) for name, value in found.groupdict().items() if value is not None}
                return Match(text, {name: said[start:end] for name, (start, end) in spans.items()})
    return None


def likeness(wanted: str, heard: str) -> float:
    """
    Return how much of what *wanted* speaks can be found in *heard*, by its sound: 1 all of it in one go, 0 nothing.

    It is 1 less the edit distance to the part of *heard* that is most like it, by syllable of *wanted*.
    """
    sought, found = _Sounded.text(letters(wanted).translate(_NAMES)), _Sounded.text(letters(heard).translate(_NAMES))
    if not sought:
        return 0.0
    row = [0] * (len(found) + 1)
    for number, sign in enumerate(sought, start=1):
        above, row = row, [number]
        for place, other in enumerate(found):
            row.append(min(above[place] + (sign != other), above[place + 1] + 1, row[place] + 1))
    return 1 - min(row) / len(sought)


class _Written:
    """Texts by their characters."""

    @staticmethod
    def text(said: str) -> str:
        return said

    @staticmethod
    def literal(said: str) -> str:
        return re.escape(said)

    @staticmethod
    def members(said: str) -> str:
        return re.escape(said)

    @staticmethod
    def span(span: str) -> str:
        return span


class _Sounded:
    """Texts by their syllables: a sign for each, whatever its tone."""

    @staticmethod
    def text(said: str) -> str:
        return _HAN.sub(lambda found: "".join(map(_sign, lazy_pinyin(found[0], style=Style.NORMAL))), said)

    @classmethod
    def literal(cls, said: str) -> str:
        return "".join(f"[{cls.members(char)}]" if _HAN.match(char) else re.escape(char) for char in said)

    @staticmethod
    def members(said: str) -> str:
        if not _HAN.match(said):
            return re.escape(said)
        return "".join(sorted({_sign(reading) for reading in pinyin(said, style=Style.NORMAL, heteronym=True)[0]}))

    @staticmethod
    def span(_: str) -> str:
        return _SIGNS


_Level = type[_Written] | type[_Sounded]


def _rendered(expression: str, level: _Level, amounts: Callable[[str], str]) -> str:
    """Return *expression* for texts of that *level*: literals are rendered as texts are, the syntax stays."""

    def part(found: re.Match[str]) -> str:
        match found.lastgroup:
            case "nothing":
                return "(?:)"
            case "set":
                return "".join(_set(found[0], level))
            case "words" | "letter":
                return f"(?:{_literal(_ESCAPED.sub(_PLAIN, found[0]), level, amounts)})"
        return found[0]

    return _TOKEN.sub(part, expression)


def _literal(words: str, level: _Level, amounts: Callable[[str], str]) -> str:
    """Return what finds *words*; a point between a digit in them and what stands beside them is a decimal point."""
    found = _POINTS.fullmatch(words)
    assert found is not None  # noqa: S101  # it matches any text
    before, said, behind = found.groups(default="")
    return f"{re.escape(before)}{level.literal(amounts(letters(said)))}{re.escape(behind)}"


def _set(written: str, level: _Level) -> Iterator[str]:
    """Yield the parts of a set of characters; 一 to 九 are digits there too."""
    yield "[^" if written.startswith("[^") else "["
    for member in _MEMBER.findall(written[2 if written.startswith("[^") else 1 : -1]):
        said = letters(member.replace("-", ""))
        if member.startswith("\\") or (len(member) == 1 and len(said) != 1):
            yield member
        elif len(member) == 3:
            yield f"{said[0]}-{said[1:]}" if said.isdecimal() and len(said) == 2 else level.span(member)
        else:
            yield level.members(said)
    yield "]"


@cache
def _sign(syllable: str) -> str:
    for pattern, same in _CONFUSED:
        syllable = pattern.sub(same, syllable)
    return chr(_FIRST_SIGN + _KNOWN.setdefault(syllable, len(_KNOWN)))


_KNOWN: dict[str, int] = {}
