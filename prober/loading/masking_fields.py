"""What stands beside a name such as ‘password’: in a query, a form, a header, JSON, or a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from prober.loading.masking_forms import MASK, Span

FIELDS = (
    *("password", "passwd", "passcode", "passphrase", "pwd", "pin", "otp", "secret", "token", "api_key", "credential"),
    *("authorization", "cookie", "cookies", "session_id", "jsessionid", "phpsessid"),
    *("密码", "口令", "验证码", "校验码", "动态码", "随机码"),
    *("身份证", "身份证号", "身份证号码", "证件号", "证件号码", "银行卡号"),
)
"""The fields whose values are always masked. `new_password` and 服务密码 are among them: they end with one."""

_WHOLE_LINE = ("authorization", "cookie")
"""Headers whose value is the rest of their line."""
_LONGEST = 8192
_SHORT = 5
"""A shorter name must be the whole name: a `shipping` is no `pin`."""

_TAIL = re.compile(
    r"""(?P<closed>\\*["']|%22)?
    (?: [^\S\r\n]* (?P<sign>[:=：＝]|%3[ADad]) [^\S\r\n]*
      | \s*,\s*\\*["']value\\*["']\s*:\s*
      | [^<>"']{0,80}\bvalue=
      | (?P<spoken>[^\S\r\n]*[为是]?[^\S\r\n]*[:：]?[^\S\r\n]*[“‘「『（(【"']?)(?=[0-9A-Za-z]{4})
    ) (?!\$\{)""",
    re.VERBOSE,
)
"""What stands between a name and its value. A reference to a secret, `${secret.x}`, is none, and stays readable."""
_QUOTED = re.compile(rf"""(?P<quote>\\*["']|%22)(?P<value>.{{0,{_LONGEST}}}?)(?<!\\)(?P=quote)""", re.DOTALL)
_OPENED = re.compile(r"\[?\s*(?=\\*[\"'])|")
"""A list of values: the first is read as the field's own."""
_UNENDING = re.compile(rf"""\\*["'](?P<value>[^\r\n"']{{{_LONGEST},}})""")
_REST_OF_LINE = re.compile(r"(?P<value>(?:(?!\\[rn])[^\r\n])+)")
_WORD = re.compile(
    r"""(?P<value>(?:(?:bearer|basic|digest|token)[ ]+)?[^\s&;"'<>\\，。；、！？）】]+)""", re.IGNORECASE
)


class Fields:
    """Knows the names of fields whose values are masked, however they are written: `api_key`, `X-Api-Key`, `apiKey`."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        plain = {_plain(name) for name in names} - {""}
        self._short = {name for name in plain if name.isascii() and len(name) < _SHORT}
        self._endings = tuple(sorted(plain - self._short))
        self._is_masked = lru_cache(maxsize=4096)(self._decided)
        self._written = tuple(sorted({form for name in names for form in _written(name)} - {""}))

    def __contains__(self, name: str) -> bool:
        """Return whether the value of the field called *name* is masked."""
        return self._is_masked(name)

    def _decided(self, name: str) -> bool:
        plain = _plain(name)
        return plain in self._short or (bool(self._endings) and plain.endswith(self._endings))

    def spans(self, text: str, lowered: str) -> Iterator[Span]:
        """Yield where values of masked fields stand in *text*, whose lower-case form is *lowered*."""
        for name in self._written:
            start = lowered.find(name)
            while start >= 0:
                end = start + len(name)
                span = _value(text, name, end) if self._begins(name, lowered[max(0, start - 1) : start]) else None
                if span is not None:
                    yield span
                # From the value's end on: a value that holds the name again and again is read once.
                start = lowered.find(name, span.end if span else end)

    def follows(self, lowered: str, value: str) -> bool:
        """Return whether a sentence says behind *value*, in lower case, whose it is: `882301是您的验证码`."""
        names = "|".join(re.escape(name) for name in self._written)
        said = rf"(?<![0-9a-z]){re.escape(value)}\s*(?:[是为(（]|is\b)[^\d,.;，。；]{{0,12}}?(?:{names})"
        return bool(names) and re.search(said, lowered) is not None

    def _begins(self, name: str, before: str) -> bool:
        return not (before.isalnum() and before.isascii() and _plain(name) in self._short)


def _value(text: str, name: str, end: int) -> Span | None:
    tail = _TAIL.match(text, end)
    if tail is None or (tail["spoken"] is not None and not _spoken(name, tail["spoken"])):
        return None
    start = _OPENED.match(text, tail.end()).end()  # type: ignore[union-attr]  # it matches anywhere
    value = _QUOTED.match(text, start) or _UNENDING.match(text, start) or _unquoted(name, tail).match(text, start)
    return Span(*value.span("value"), MASK) if value is not None and value["value"] else None


def _spoken(name: str, between: str) -> bool:
    """Whether a sentence gives the value of *name*: 验证码为 882301, 密码123456; an ID card has its pattern."""
    return not name.isascii() and (bool(between) or name.endswith("码"))


def _unquoted(name: str, tail: re.Match[str]) -> re.Pattern[str]:
    header = tail["sign"] == ":" and not tail["closed"] and name.endswith(_WHOLE_LINE)
    return _REST_OF_LINE if header else _WORD


def _plain(name: str) -> str:
    return re.sub(r"[-_\s.]", "", name).casefold()


def _written(name: str) -> set[str]:
    words = re.split(r"[-_\s]+", name.casefold().strip())
    return {between.join(words) for between in ("", "-", "_")}
