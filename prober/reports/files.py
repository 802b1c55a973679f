"""Evidence inside a report: read, checked against its hash, and put in as long as there is room."""

from __future__ import annotations

import base64
import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prober.errors import RobotBroken
from prober.model.run import Evidence

Read = Callable[[Evidence], bytes]
"""Returns a file as it lies on the disk."""
Opened = Callable[[bytes], bytes]
"""Returns what lies on the disk as it was before it was encrypted; RobotBroken where that cannot be."""

_ROOM_BYTES = 48_000_000
"""What a report takes in before it becomes slow to open and too large to send."""


def located(kept: Evidence, folder: Path) -> Path:
    """
    Return the whole path of *kept* in the evidence *folder*.

    Raises:
        FileNotFoundError: It leads out of the folder: in a database from elsewhere a row can name any file.
    """
    path = folder / kept.path
    try:
        within = path.resolve().is_relative_to(folder.resolve())
    except (ValueError, RuntimeError):  # a NUL in it, or links that go round
        within = False
    if not within:
        raise FileNotFoundError(errno.ENOENT, "its path leads out of the evidence folder", kept.path)
    return path.absolute()


@dataclass(frozen=True)
class File:
    """A kept file as the report has it. *content* is None where it is not in the report; *problem* says why."""

    kept: Evidence
    content: bytes | None = None
    problem: str = ""

    @property
    def text(self) -> str:
        """Its content as text; what is none is replaced."""
        return (self.content or b"").decode("utf-8", "replace")

    def data_uri(self, media_type: str) -> str:
        """Return its content as a URI that needs no other file."""
        return f"data:{media_type};base64,{base64.b64encode(self.content or b'').decode()}"


class Files:
    """Reads evidence for one report. A file that is gone is a fact to show, never a failure of the report."""

    def __init__(self, read: Read, room_bytes: int = _ROOM_BYTES, *, opened: Opened = bytes) -> None:
        self._read = read
        self._opened = opened
        self._room_bytes = room_bytes

    def open(self, kept: Evidence, *, wanted: bool = True) -> File:
        """Return *kept* with its content, or with the reason why it is not there; without either if not *wanted*."""
        if not wanted:
            return File(kept)
        if kept.bytes > self._room_bytes:
            return File(kept, problem="太大，未嵌入 · too large to be embedded")
        try:
            content = self._read(kept)
        except OSError as exc:
            return File(kept, problem=f"文件缺失 · missing ({exc.strerror or type(exc).__name__})")
        self._room_bytes -= len(content)
        changed = hashlib.sha256(content).hexdigest() != kept.sha256
        try:
            content = self._opened(content)
        except RobotBroken as broken:
            return File(kept, problem=f"无法解密 · {broken.what}")
        if changed:
            return File(kept, content, problem="内容与记录的校验值不符 · changed since it was kept (SHA-256 differs)")
        return File(kept, content)
