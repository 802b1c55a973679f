"""Masks traces and HARs in a process of their own: a large one takes seconds, in which the robot would hear nothing."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import zipfile
from pathlib import Path

from prober.channels.web.archives import Mask, Unreadable, masked_har, masked_trace

_REFUSED = 3


async def masked(path: Path, mask: Mask, *, largest_mb: int, within_s: float) -> bytes:
    """
    Return the trace (`.zip`) or HAR at *path* without secrets.

    Raises:
        Unreadable: It is no such thing, holds more than *largest_mb*, or is not masked *within_s*.
    """
    place = path.with_name(f"{path.name}.masked")
    try:
        async with asyncio.timeout(max(within_s, 0)):
            await _work(pickle.dumps((path, place, mask, largest_mb)))
            return await asyncio.to_thread(place.read_bytes)
    except TimeoutError as exc:
        raise Unreadable("it took too long") from exc


async def _work(job: bytes) -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
        start_new_session=True,  # Ctrl-C is the robot's to answer
    )
    try:
        said, stumbled = await worker.communicate(job)
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode == _REFUSED:
        raise Unreadable(said.decode())
    if worker.returncode:
        last = stumbled.decode(errors="replace").strip().splitlines()[-1:]
        raise Unreadable(f"its process ended with {worker.returncode}: {''.join(last).partition(':')[0]}")


def _main() -> int:
    """Do the job that stands on stdin."""
    path, place, mask, largest_mb = pickle.load(sys.stdin.buffer)  # noqa: S301  # the robot wrote it
    try:
        _check_size(path, largest_mb)
        place.write_bytes((masked_trace if path.suffix == ".zip" else masked_har)(path.read_bytes(), mask))
    except Unreadable as exc:
        sys.stdout.write(str(exc))
        return _REFUSED
    return 0


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
    sys.exit(_main())
