"""Where a run's evidence is kept while it is played."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prober.errors import RobotBroken
from prober.model.run import Evidence


class EvidenceBox:
    """
    One run's folder of evidence: `<root>/<day>/<run id>/`.

    The caller stops its clocks before it writes here. A file that cannot be written is the robot's fault, never the
    channel's.
    """

    def __init__(self, root: Path, folder: str) -> None:
        self._root = root
        self._folder = folder
        self.step: int | None = None
        """The step under way: what is kept now belongs to it."""

    def path(self, name: str) -> Path:
        """Return where a file called *name* is to be written, for writers that need a path of their own."""
        path = self._root / self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        return path

    def keep(self, kind: str, name: str, content: bytes) -> Evidence:
        """Write *content* and return its record. *kind*: recording, ladder, screenshot, page or transcript."""
        path = self.path(name)
        try:
            path.write_bytes(content)
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        return self.kept(kind, path)

    def kept(self, kind: str, path: Path, *, whole_run: bool = False) -> Evidence:
        """Return the record of a file that a writer of its own put at a *path* got from `path()`."""
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        return Evidence(
            kind=kind,
            path=path.relative_to(self._root).as_posix(),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            step=None if whole_run else self.step,
        )


def _unwritable(path: Path, exc: OSError) -> RobotBroken:
    return RobotBroken(
        f"evidence cannot be kept at {path}: {exc.strerror or exc}",
        cure="Free some disk space, or give the folder to the user who runs the robot (evidence.path in config.yaml).",
    )
