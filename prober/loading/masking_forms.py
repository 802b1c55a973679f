"""The ways a secret is written in a text: URLs, JSON, HTML, base64, hexadecimal and more."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

MASK = "•••"
"""What stands where a secret stood, in every text and picture."""

_SHORT = 3
"""A secret of fewer characters is masked only where it stands alone: else a secret “1” would take every 1 away."""
_CORE = 4
"""Fewer characters of base64 stand in any picture by chance."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]")
_URL_SAFE = ("", "/", "-_.!~*'()", ";,/?:@&=+$-_.!~*'()#", "*-._")
"""What quote, encodeURIComponent, encodeURI and HTML forms leave as it is."""
_WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)} | {ord(" "): 0x3000}
_WIDE_DIGITS = {code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)}
_SPOKEN = ("零一二三四五六七八九", "〇一二三四五六七八九", "零幺二三四五六七八九", "〇幺二三四五六七八九")
_ENCODINGS = ("utf-8", "utf-16-be", "utf-16-le", "gb18030")


class Span(NamedTuple):
    """A part of a text, and what is to stand there instead."""

    start: int
    end: int
    instead: str


@dataclass(frozen=True)
class Form:
    """
    One way to write one secret: *text*, in any case if *folded* (it is lower case then), between no letters if *alone*.

    In base64 the characters at its ends hold bits of the secret too, and bits of its neighbours.
    """

    text: str
    folded: bool = False
    alone: bool = False
    before: bool = False
    after: bool = False

    def spans(self, text: str, lowered: str) -> Iterator[Span]:
        """Yield where it stands in *text*, whose lower-case form is *lowered*."""
        inside = lowered if self.folded else text
        start = inside.find(self.text)
        while start >= 0:
            end = start + len(self.text)
            if not (self.alone and _amid_letters(text, start, end)):
                shared_before = self.before and start > 0 and _BASE64.match(text[start - 1]) is not None
                shared_after = self.after and _BASE64.match(text[end : end + 1]) is not None
                yield Span(start - shared_before, end + shared_after, MASK)
            start = inside.find(self.text, start + 1)


@lru_cache(maxsize=256)
def forms(secret: str) -> frozenset[Form]:
    """Return the ways *secret* is written."""
    if len(secret) < _SHORT:
        return frozenset(Form(text, alone=True) for text in _in_texts(secret) if text)
    once = _in_texts(secret)
    twice = {outer for inner in once for outer in _in_texts(inner)}
    return frozenset(
        (
            *(_form(text) for text in once | twice | _spelled(secret)),
            *(form for encoding in _ENCODINGS for form in _in_bytes(_bytes(secret, encoding))),
            *(form for text in once for form in _in_base64(_bytes(text, "utf-8"))),
        )
    )


def _form(text: str) -> Form:
    escaped = re.search(r"%[0-9A-Fa-fu]|\\[ux]|&#x", text)
    return Form(text.lower(), folded=True) if escaped and len(text.lower()) == len(text) else Form(text)


def _amid_letters(text: str, start: int, end: int) -> bool:
    return (
        re.match(r"\w", text[end : end + 1]) is not None or re.match(r"\w", text[max(0, start - 1) : start]) is not None
    )


def _bytes(text: str, encoding: str) -> bytes:
    # surrogatepass: a lone surrogate cannot be in a file, but a secret must never break the run that masks it.
    return text.encode(encoding, "replace" if encoding == "gb18030" else "surrogatepass")


def _in_texts(text: str) -> set[str]:
    """Return *text* and how each language of the web writes it."""
    return {text, *(encode(text) for encode in _TEXT_ENCODERS)}


def _quoted(safe: str, encoding: str) -> Callable[[str], str]:
    return lambda text: quote(_bytes(text, encoding), safe=safe)


def _plus_quoted(safe: str, encoding: str) -> Callable[[str], str]:
    return lambda text: quote(_bytes(text, encoding), safe=f"{safe} ").replace(" ", "+")


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_as_typed(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _safe_in_html(written: str) -> str:
    """Return JSON as it stands in a page: none of the signs of HTML."""
    return re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", written)


def _entities(text: str, number: str, which: Callable[[str], bool]) -> str:
    return "".join(f"&#{number.format(ord(one))};" if which(one) else html.escape(one) for one in text)


def _python(text: str) -> str:
    return repr(text)[1:-1]


def _python_ascii(text: str) -> str:
    return ascii(text)[1:-1]


def _python_bytes(text: str) -> str:
    return repr(_bytes(text, "utf-8"))[2:-1]


def _escape(text: str) -> str:
    """Return what the `escape` of old scripts makes of it: `%uXXXX`."""
    return re.sub(r"[^\w@*+./-]|[^\x00-\x7f]", _old_escape, text)


def _old_escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"%{code:02X}" if code < 256 else f"%u{code:04X}"


def _foreign(one: str) -> bool:
    return not one.isascii()


_TEXT_ENCODERS: tuple[Callable[[str], str], ...] = (
    *(_quoted(safe, encoding) for safe in _URL_SAFE for encoding in ("utf-8", "gb18030")),
    *(_plus_quoted(safe, encoding) for safe in ("", "*-._") for encoding in ("utf-8", "gb18030")),
    _json,
    _json_as_typed,
    lambda text: _json(text).replace("/", r"\/"),
    lambda text: _json_as_typed(text).replace("/", r"\/"),
    lambda text: _safe_in_html(_json(text)),
    lambda text: _safe_in_html(_json_as_typed(text)),
    html.escape,
    lambda text: html.escape(text, quote=False),
    lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    lambda text: _entities(text, "{}", _foreign),
    lambda text: _entities(text, "x{:x}", _foreign),
    _python,
    _python_ascii,
    _python_bytes,
    _escape,
)


def _spelled(secret: str) -> set[str]:
    """Return *secret* wide, escaped whole and, where it is a number, as it is spoken or spaced."""
    found = {
        secret.translate(_WIDE),
        secret.translate(_WIDE_DIGITS),
        *("".join(f"&#{number.format(ord(one))};" for one in secret) for number in ("{}", "x{:x}")),
        "".join(f"\\u{ord(one):04x}" for one in secret),
        "".join(f"%u{ord(one):04x}" for one in secret),
        *("".join(f"{sign}{byte:02x}" for byte in _bytes(secret, "utf-8")) for sign in ("%", "\\x")),
    }
    if re.fullmatch("[0-9*#A-D]+", secret):
        found |= {between.join(secret) for between in (" ", "-", ",", ", ", "\u3000", "、", ".", "', '", '", "')}
    if re.fullmatch("[0-9]{4,}", secret):
        found |= {"".join(spoken[int(digit)] for digit in secret) for spoken in _SPOKEN}
    return found


def _in_bytes(encoded: bytes) -> Iterator[Form]:
    yield from (_folded(encoded.hex(between)) for between in (" ", ":", "-"))
    yield _folded(encoded.hex())
    yield _folded("".join(f"%{byte:02x}" for byte in encoded))
    yield from _in_base64(encoded)


def _folded(text: str) -> Form:
    return Form(text, folded=any(one.isalpha() for one in text))


def _in_base64(encoded: bytes) -> Iterable[Form]:
    """Yield it in base64 as it is written after any number of other bytes: there are three ways."""
    for skipped in range(3):
        bits = 8 * (skipped + len(encoded))
        first, last = -(-8 * skipped // 6), bits // 6
        core = b64encode(bytes(skipped) + encoded).decode()[first:last]
        if len(core) >= _CORE:
            for written in {core, core.replace("+", "-").replace("/", "_")}:
                yield Form(written, before=skipped > 0, after=bits % 6 > 0)
