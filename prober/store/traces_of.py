"""Every way a telephone number can stand in a text or a file, and where it does."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from prober.model.order import masked

_COUNTRY = "86"
_NATIONAL = 11
_DEEPEST = 3
_HIDING = "•*xX＊●"
"""What numbers are masked with: the robot's own sign first, then those of operators' pages and messages."""
_PIECE_BYTES = 8 << 20
_HASH = 33
"""What follows a masked number where it is kept: a sign, and what it is hashed to."""


@dataclass(frozen=True)
class Traces:
    """What a number is known by: *texts* it stands as, *marks* it is hashed to."""

    number: str
    texts: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def spoken(self) -> tuple[str, ...]:
        """Everything that a column of a text may hold of it."""
        return (*self.texts, *self.marks)

    @cached_property
    def written(self) -> frozenset[bytes]:
        """Everything that a file may hold of it, in every encoding that is known to be written."""
        return frozenset(form for text in self.texts for form in _written(text)) | {one.encode() for one in self.marks}

    def in_database(self, file: Path) -> bool:
        """Return whether a database's *file* holds anything of it. It is read once, a piece at a time."""
        # Another customer's number may look alike where it is masked; the hash behind it tells them apart.
        alike = masked(self.number).encode()
        alone = re.compile(re.escape(alike) + rb"(#[0-9a-f]{32})?")
        overlap = max(map(len, self.written)) + _HASH
        with file.open("rb") as opened:
            window = b""
            for piece in chain(iter(partial(opened.read, _PIECE_BYTES), b""), (b"",)):
                window = window[-overlap:] + piece
                whole = len(window) - (_HASH if piece else 0)
                if any(form in window for form in self.written - {alike}):
                    return True
                stands_alone = (found[1] is None and found.end() <= whole for found in alone.finditer(window))
                if alike in self.written and any(stands_alone):
                    return True
        return False

    def within(self, content: bytes, *, deep: int = 0) -> bool:
        """Return whether *content* speaks of the number, packed parts of it too."""
        if any(form in content for form in self.written):
            return True
        return deep < _DEEPEST and any(self.within(part, deep=deep + 1) for part in _packed(content))


def traces_of(msisdn: str, marks: Sequence[str]) -> Traces:
    """
    Return what *msisdn* is known by, with or without a country's code, clear and masked, by whom it may be.

    A masked form is also that of up to ten thousand others: what speaks of one of these goes with it.
    """
    number = msisdn.lstrip("+")
    if number.startswith(_COUNTRY) and len(number) == _NATIONAL + len(_COUNTRY):
        number = number.removeprefix(_COUNTRY)
    own = masked(number)
    hidden = [own.replace("•", sign) for sign in _HIDING] if own.strip("•") else []
    return Traces(number, (number, *hidden), tuple(marks))


def _written(text: str) -> Iterator[bytes]:
    spaced = " ".join(text)
    for one in dict.fromkeys((text, spaced, json.dumps(text)[1:-1])):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            yield one.encode(encoding)
    raw = text.encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield text.encode("utf-16-be").hex().upper().encode()
    yield "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in text).encode()
    yield quote(text, safe="*").encode()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw + bytes(-(shift + len(raw)) % 3))
        yield whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]


def _packed(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    yield archive.read(name)
        except (zipfile.BadZipFile, zlib.error, RuntimeError):
            return
    elif content.startswith(b"\x1f\x8b"):
        try:
            yield gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return
