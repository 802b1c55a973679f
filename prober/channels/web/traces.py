"""Where a browser writes the traces of its runs: each leaves nothing there when its run is over."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from prober.channels.web.folders import private_folder


class Traces:
    """The folder of one browser's traces under way, readable by its owner alone, until it is closed."""

    def __init__(self) -> None:
        self._folder = private_folder()
        self._numbers = count(1)
        self._under_way: set[str] = set()

    @property
    def path(self) -> Path:
        """Where the browser is to write."""
        return Path(self._folder.name)

    def begin(self) -> str:
        """Return the name of a new trace."""
        name = f"run{next(self._numbers)}"
        self._under_way.add(name)
        return name

    def end(self, name: str) -> None:
        """Take away what was written of the trace called *name*, and with the last one also what they shared."""
        self._under_way.discard(name)
        for pattern in (f"{name}.*", f"{name}-*"):
            for path in self.path.glob(pattern):
                path.unlink(missing_ok=True)
        if not self._under_way:
            shutil.rmtree(self.path / "resources", ignore_errors=True)

    def close(self) -> None:
        """Take the folder away. Safe to call twice."""
        self._folder.cleanup()
