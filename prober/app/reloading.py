"""Tells when a file that people write was changed; the only import of watchfiles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from watchfiles import Change, awatch

_WRITTEN = {".yaml", ".yml", ".py", ".wav", ".xlsx"}
_SETTLED_MS = 500
"""Changes that follow each other faster are one: an editor writes, renames and touches."""


async def changed(config: Path, folders: Iterable[Path]) -> AsyncIterator[frozenset[Path]]:
    """Yield which files were changed, again and again: *config* itself, and what is in and beneath *folders*."""
    found: asyncio.Queue[frozenset[Path]] = asyncio.Queue()

    async def watch(*paths: Path, recursive: bool) -> None:
        # The folder of a file is watched, not the file: editors put a new file in the place of the old one.
        following = awatch(*paths, watch_filter=wanted, step=100, debounce=_SETTLED_MS, recursive=recursive)
        async for changes in following:
            found.put_nowait(frozenset(Path(path) for _, path in changes))

    def wanted(_: Change, path: str) -> bool:
        file = Path(path)
        return file == config or (file.suffix in _WRITTEN and any(file.is_relative_to(one) for one in inside))

    inside = [folder.resolve() for folder in folders if folder.is_dir()]
    watching = [asyncio.create_task(watch(config.parent, recursive=False))]
    if inside:
        watching.append(asyncio.create_task(watch(*inside, recursive=True)))
    try:
        while True:
            yield await found.get()
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
