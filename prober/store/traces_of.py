"""Every way a telephone number can stand in a text or a file, and where it does."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prober.model.order import masked

_COUNTRY = "86"
_NATIONAL = 11
_DEEPEST = 3


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

    @property
    def written(self) -> frozenset[bytes]:
        """Everything that a file may hold of it, in every encoding that is known to be written."""
        return frozenset(form for text in self.texts for form in _written(text)) | {one.encode() for one in self.marks}

    def within(self, content: bytes, *, deep: int = 0) -> bool:
        """Return whether *content* speaks of the number, packed parts of it too."""
        if any(form in content for form in self.written):
            return True
        return deep < _DEEPEST and any(self.within(part, deep=deep + 1) for part in _packed(content))


def traces_of(msisdn: str, marks: Sequence[str]) -> Traces:
    """
    Return what *msisdn* is known by, with or without a country's code, clear and masked.

    A masked form is also that of up to ten thousand others: what speaks of one of these goes with it.
    """
    number = msisdn.lstrip("+")
    if number.startswith(_COUNTRY) and len(number) == _NATIONAL + len(_COUNTRY):
        number = number.removeprefix(_COUNTRY)
    hidden = masked(number)
    return Traces(number, (number, *([hidden] if hidden.strip("•") else [])), tuple(marks))


def _written(text: str) -> Iterator[bytes]:
    spaced = " ".join(text)
    for one in dict.fromkeys((text, spaced, json.dumps(text)[1:-1])):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield one.encode(encoding)
    raw = text.encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield text.encode("utf-16-be").hex().upper().encode()
    yield "".join(f"&#{ord(letter)};" if letter == "•" else letter for letter in text).encode()
    yield "".join("%E2%80%A2" if letter == "•" else letter for letter in text).encode()
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
