"""Work that takes seconds is done in a process of its own: meanwhile the robot would hear nothing."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any

from prober.channels.web.archives import Unreadable

_REFUSED = 3


async def work(module: str, job: object) -> bytes:
    """
    Return what *module*, run as a process, makes of *job*.

    Raises:
        Unreadable: It refused, or broke off.
    """
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
        start_new_session=True,  # Ctrl-C is the robot's to answer
    )
    try:
        said, stumbled = await worker.communicate(await asyncio.to_thread(pickle.dumps, job))
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode == _REFUSED:
        raise Unreadable(said.decode())
    if worker.returncode:
        last = stumbled.decode(errors="replace").strip().splitlines()[-1:]
        raise Unreadable(f"its process ended with {worker.returncode}: {''.join(last).partition(':')[0]}")
    return said


def serve(do: Callable[[Any], bytes]) -> int:
    """Do the job that stands on stdin, and return the exit code that `work` understands."""
    job = pickle.load(sys.stdin.buffer)  # noqa: S301  # the robot wrote it
    try:
        sys.stdout.buffer.write(do(job))
    except Unreadable as exc:
        sys.stdout.write(str(exc))
        return _REFUSED
    return 0
