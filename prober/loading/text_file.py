"""The text of a file a person wrote, and its lines as YAML and editors count them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prober.errors import BadInput, Problem

MOST_BYTES = 512 * 1024
_WHOSE = "see that it is there, and that the user who runs the robot may read it"
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@contextmanager
def unreadable_is_bad() -> Iterator[None]:
    """
    Let what cannot be read be a mistake of the people who put it there, not a fault of the robot.

    Raises:
        BadInput: A file or folder could not be read, or was gone when its turn came.
    """
    try:
        yield
    except OSError as exc:
        why = f"this cannot be read: {exc.strerror or exc}"
        raise BadInput([Problem(Path(exc.filename or ""), 0, 0, why, _WHOSE)]) from exc


def read_text(path: Path, *, what: str) -> tuple[str, str]:
    """
    Return the text of a file (*what* it is, for the message) and its sha256.

    Raises:
        BadInput: It is not there, not a file, too large, or not UTF-8.
    """

    def refused(message: str, hint: str = "", line: int = 0) -> BadInput:
        return BadInput([Problem(path, line, 1 if line else 0, message, hint)])

    try:
        if path.is_dir():
            raise refused(f"this is a folder, not {what}")
        if path.exists() and not path.is_file():
            raise refused(f"this is a device or a pipe, not {what}")
        if path.stat().st_size > MOST_BYTES:
            raise refused(f"this file is too large for {what}: more than {MOST_BYTES // 1024} KiB")
        content = path.read_bytes()
    except OSError as exc:
        raise refused(f"this file cannot be read: {exc.strerror or exc}") from exc
    try:
        return content.decode("utf-8-sig"), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise refused("this file is not UTF-8 text", "save it as UTF-8 in your editor", line) from exc


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of *text*, split where YAML and editors do."""
    return tuple(_LINE_END.split(text))
