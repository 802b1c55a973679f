"""Where a run's evidence is kept while it is played."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from prober.errors import RobotBroken
from prober.loading.sealing import Seal
from prober.model.run import Evidence


class EvidenceBox:
    """
    One run's folder of evidence: `<root>/<day>/<run id>/`.

    The caller stops its clocks before it writes here; files are written and read beside the loop. A file that cannot be
    written is the robot's fault, never the channel's. With a *seal* that has a key, every file is encrypted before
    its record is made, which is of what lies on the disk.
    """

    def __init__(self, root: Path, folder: str, seal: Seal | None = None) -> None:
        self._root = root
        self._seal = seal or Seal()
        self._folder = folder
        self.step: int | None = None
        """The step under way: what is kept now belongs to it."""
        self._of_run: list[Evidence] = []
        self._of_step: dict[int, list[Evidence]] = {}

    @property
    def of_run(self) -> tuple[Evidence, ...]:
        """What was kept so far that belongs to the whole run, be it that whoever kept it failed afterwards."""
        return tuple(self._of_run)

    def of_step(self, step: int) -> tuple[Evidence, ...]:
        """Return what was kept so far that belongs to the step of that index, be it that it never came to its end."""
        return tuple(self._of_step.get(step, ()))

    def path(self, name: str) -> Path:
        """Return where a file called *name* is to be written, for writers that need a path of their own."""
        path = self._place(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        return path

    async def keep(self, kind: str, name: str, content: bytes, *, whole_run: bool = False) -> Evidence:
        """Write *content* and return its record. *kind*: recording, ladder, screenshot, page or transcript."""

        def write() -> bytes:
            sealed = self._seal.sealed(content)
            self.path(name).write_bytes(sealed)
            return sealed

        return await self._noted(kind, self._place(name), write, whole_run=whole_run)

    async def kept(self, kind: str, path: Path, *, whole_run: bool = False) -> Evidence:
        """Return the record of a file that a writer of its own put at a *path* got from `path()`."""

        def sealed() -> bytes:
            self._seal.seal_file(path)
            return path.read_bytes()

        return await self._noted(kind, path, sealed, whole_run=whole_run)

    def _place(self, name: str) -> Path:
        return self._root / self._folder / name

    async def _noted(self, kind: str, path: Path, content_of: Callable[[], bytes], *, whole_run: bool) -> Evidence:
        step = None if whole_run else self.step

        def record() -> Evidence:
            content = content_of()
            sha256 = hashlib.sha256(content).hexdigest()
            return Evidence(kind, path.relative_to(self._root).as_posix(), sha256, len(content), step)

        try:
            evidence = await asyncio.to_thread(record)
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        (self._of_run if step is None else self._of_step.setdefault(step, [])).append(evidence)
        return evidence


def _unwritable(path: Path, exc: OSError) -> RobotBroken:
    return RobotBroken(
        f"evidence cannot be kept at {path}: {exc.strerror or exc}",
        cure="Free some disk space, or give the folder to the user who runs the robot (evidence.path in config.yaml).",
    )
