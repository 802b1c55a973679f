"""The processes that a test has started, by what they are called."""

from __future__ import annotations

import contextlib
from pathlib import Path


def descendants(pid: int, name: str) -> set[int]:
    """Return the processes called *name* that descend from *pid*, the topmost ones."""
    found: set[int] = set()
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            mine = Path(f"/proc/{child}/comm").read_text().startswith(name)
            found |= {int(child)} if mine else descendants(int(child), name)
    return found
