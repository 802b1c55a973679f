"""Masks traces and HARs in a process of their own: a large one takes seconds, in which the robot would hear nothing."""

from __future__ import annotations

import asyncio
import sys
import zipfile
from pathlib import Path

from prober.channels.web.apart import serve, work
from prober.channels.web.archives import Mask, Unreadable, masked_har, masked_trace


async def masked(path: Path, mask: Mask, *, largest_mb: int, within_s: float) -> bytes:
    """
    Return the trace (`.zip`) or HAR at *path* without secrets.

    Raises:
        Unreadable: It is no such thing, holds more than *largest_mb*, or is not masked *within_s*.
    """
    place = path.with_name(f"{path.name}.masked")
    try:
        async with asyncio.timeout(max(within_s, 0)):
            await work(__name__, (path, place, mask, largest_mb))
            return await asyncio.to_thread(place.read_bytes)
    except TimeoutError as exc:
        raise Unreadable("it took too long") from exc


def _rewrite(job: tuple[Path, Path, Mask, int]) -> bytes:
    path, place, mask, largest_mb = job
    _check_size(path, largest_mb)
    place.write_bytes((masked_trace if path.suffix == ".zip" else masked_har)(path.read_bytes(), mask))
    return b""


def _check_size(path: Path, largest_mb: int) -> None:
    held = _held_bytes(path)
    if held > largest_mb * 1_000_000:
        raise Unreadable(f"it holds {held / 1e6:.0f} MB, and channels.web.archive_mb is {largest_mb}")


def _held_bytes(path: Path) -> int:
    if path.suffix != ".zip":
        return path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as exc:
        raise Unreadable(f"it is no trace: {exc!r}") from exc


if __name__ == "__main__":
    sys.exit(serve(_rewrite))
