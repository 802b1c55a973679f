"""Folders for what is unmasked while it is recorded: readable by their owner alone, and swept where that one died."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from prober.errors import RobotBroken
from prober.processes import namespace, started

_PREFIX = "prober-web"
_SHORT = "/tmp"  # noqa: S108  # what is made in there has a name of its own, and is readable by its owner alone
_SOCKET = "/org.chromium.Chromium.XXXXXX/SingletonSocket"
"""What the browser makes in the folder for temporary files before all else."""
_LONGEST_BYTES = 107 - len(_SOCKET)
"""How long the path of that folder may be: no socket's path is longer than 107 bytes."""
_OWNER = re.compile(rf"{_PREFIX}-(?P<space>\d+)-(?P<pid>\d+)-(?P<start>\w+)-")


def private_folder() -> TemporaryDirectory[str]:
    """
    Make a folder for temporary files that is named after this process.

    Raises:
        RobotBroken: There is no room for one.
    """
    try:
        return _made(gettempdir())
    except OSError as exc:
        raise RobotBroken(
            f"there is no room for the run's recording: {exc}",
            cure="Free the folder for temporary files, or set channels.web.trace and .har to never.",
        ) from exc


def socket_folder() -> TemporaryDirectory[str] | None:
    """
    Make such a folder for the browser's sockets; None where the one for temporary files is not too long for them.

    Raises:
        RobotBroken: It is too long, and there is no other.
    """
    length = len(os.fsencode(gettempdir()))
    if length <= _LONGEST_BYTES:
        return None
    try:
        return _made(_SHORT)
    except OSError as exc:
        raise RobotBroken(
            f"the path of the folder for temporary files has {length} bytes, too many for the browser's socket, "
            f"and none can be made in {_SHORT} either: {exc.strerror}",
            cure=f"Set TMPDIR to a folder whose path has {_LONGEST_BYTES} bytes at most.",
        ) from exc


def sweep() -> None:
    """Remove the folders of robots that live no more."""
    for path in (one for parent in {gettempdir(), _SHORT} for one in Path(parent).glob(f"{_PREFIX}-*")):
        owner = _OWNER.match(path.name)
        if owner and int(owner["space"]) == namespace() and started(int(owner["pid"])) != owner["start"]:
            shutil.rmtree(path, ignore_errors=True)


def _made(parent: str) -> TemporaryDirectory[str]:
    pid = os.getpid()
    prefix = f"{_PREFIX}-{namespace()}-{pid}-{started(pid)}-"
    return TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True)
