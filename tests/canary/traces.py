"""Looks for a secret in bytes, files and folders, however it is written. It shares no code with the mask."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_to_bytes

_DATA_URL = re.compile(rb"data:[\w/+.;=-]*;base64,([A-Za-z0-9+/=]+)")


def forms(secret: str) -> dict[str, bytes]:
    """Return the bytes to look for, by what they are called. Letters count in any case where an encoding has two."""
    found = {"raw": secret.encode(), "json": json.dumps(secret)[1:-1].encode(), "html": html.escape(secret).encode()}
    for encoding in ("utf-8", "utf-16-be", "utf-16-le", "gb18030"):
        encoded = secret.encode(encoding)
        found[encoding] = encoded
        found[f"hex {encoding}"] = encoded.hex().encode()
        found[f"spaced hex {encoding}"] = encoded.hex(" ").encode()
        for shift in range(3):
            found[f"base64 {encoding} +{shift}"] = _core(encoded, shift)
    found["url"] = quote(secret, safe="").encode()
    found["url path"] = quote(secret).encode()
    found["form"] = quote_plus(secret).encode()
    found["url twice"] = quote(quote(secret, safe=""), safe="").encode()
    found["spaced"] = " ".join(secret).encode()
    return found


def _core(encoded: bytes, shift: int) -> bytes:
    """Return the characters of base64 that depend on *encoded* alone, after *shift* other bytes."""
    whole = base64.b64encode(bytes(shift) + encoded + bytes(-(shift + len(encoded)) % 3))
    return whole[-(-shift * 8 // 6) : (shift + len(encoded)) * 8 // 6]


def in_bytes(content: bytes, secrets: list[str], where: str = "") -> list[str]:
    """Return every place and way *content* holds one of *secrets*, also packed in it."""
    found = [
        f"{where}: {name} of {secret[:2]}…: {_around(content, place)}"
        for secret in secrets
        for name, form in forms(secret).items()
        if (place := _place(content, form, any_case="hex" in name or "url" in name or "form" in name)) >= 0
    ]
    for inner, unpacked in _unpacked(content):
        found += in_bytes(unpacked, secrets, f"{where}!{inner}")
    return found


def _place(content: bytes, form: bytes, *, any_case: bool) -> int:
    return content.lower().find(form.lower()) if any_case else content.find(form)


def _around(content: bytes, place: int) -> str:
    return repr(content[max(0, place - 40) : place + 40])


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    elif content.startswith(b"\x1f\x8b"):
        yield "gzip", gzip.decompress(content)
    for number, encoded in enumerate(_DATA_URL.findall(content)):
        yield f"data-{number}", base64.b64decode(encoded)
    if content.startswith(b"{") and (unquoted := unquote_to_bytes(content)) != content:
        yield "unquoted", unquoted


def in_folder(folder: Path, secrets: list[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Return where a file below *folder*, or its name, holds a secret. The files *but* are those a person wrote."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        found += in_bytes(name.encode(), secrets, f"name {name}")
        if path.is_file() and name not in but:
            found += in_bytes(path.read_bytes(), secrets, name)
    return found


def in_database(path: Path, secrets: list[str]) -> list[str]:
    """Return which columns of a SQLite file hold a secret."""
    database = sqlite3.connect(path)
    found = []
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        cursor = database.execute(f"SELECT * FROM {table}")  # noqa: S608 - the names are the database's own
        names = [column[0] for column in cursor.description]
        for row in cursor:
            for name, value in zip(names, row, strict=True):
                content = value if isinstance(value, bytes) else str(value).encode()
                found += in_bytes(content, secrets, f"{table}.{name}")
    database.close()
    return found
