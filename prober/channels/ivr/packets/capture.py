"""Captures this machine's packets by tcpdump or dumpcap; what they write never has a name on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from typing import BinaryIO

from prober.channels.timing import monotonic
from prober.errors import RobotBroken

START_S = 5.0
END_S = 2.0
_CHUNK_BYTES = 65536
_LAST_TO = ("127.0.0.1", 9)
"""Where the packets go that are captured last: to the port on which nobody listens (discard, RFC 863)."""
_LAST_BYTES, _LAST_PACKETS = 3000, 4
"""More than a program gathers before it writes."""
_READINGS = 3
_STEP_S = 0.02
"""By how much the wall clock may be set while packets are dated by it."""
_PLACES = os.pathsep.join((os.defpath, "/usr/local/sbin", "/usr/sbin", "/sbin"))
CURE = (
    "Install tcpdump and let it capture: sudo setcap cap_net_raw+ep $(command -v tcpdump). Or install Wireshark's "
    "dumpcap, and put the robot's user into its group: sudo usermod -aG wireshark USER. "
    "Of systemd and containers tells docs/channels/ivr.md, Packets."
)


@dataclass(frozen=True)
class _Program:
    name: str
    options: tuple[str, ...]
    ready: str
    """What it says when it captures."""


_PROGRAMS = (
    _Program(
        "tcpdump",
        ("-n", "-p", "-s4096", "-B16384", "--immediate-mode", "--time-stamp-precision=nano", "-iany", "-w-"),
        "listening on",
    ),
    _Program("dumpcap", ("-P", "-q", "-p", "-s4096", "-B16", "-iany", "-w-", "-f"), "File:"),
)
"""Frames of 4096 bytes hold any packet of a call; with frames of any size the kernel's buffer would hold few."""
_DROPPED = re.compile(r"(\d+) packets? dropped by kernel|received/dropped on interface '[^']*': \d+/(\d+)")


@dataclass(frozen=True)
class Captured:
    """What was captured, a file without a name; how far the wall clock was ahead of the monotonic one."""

    file: BinaryIO
    ahead_s: float
    dropped: int


class Capture:
    """A capture under way. It dies with the robot: there is nobody left to write to."""

    def __init__(self, process: asyncio.subprocess.Process, file: BinaryIO) -> None:
        self._process, self._file = process, file
        self._ahead_s = _ahead_s()
        self._last = os.urandom(16)
        self._whole = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, wanted: str) -> Capture:
        """
        Return when the UDP packets are captured that the filter *wanted* names.

        Raises:
            RobotBroken: This machine does not let the robot, and why.
        """
        try:
            file: BinaryIO = tempfile.TemporaryFile(prefix="prober-packets-")  # noqa: SIM115  # `Captured` has it next
        except OSError as exc:
            raise _no_room(exc) from exc
        try:
            return cls(await _running(wanted), file)
        except BaseException:
            file.close()
            raise

    async def end(self) -> Captured:
        """
        Return what was captured.

        Raises:
            RobotBroken: There is no room for it, or the clock was set meanwhile, so that nobody knows what is secret.
        """
        await self._flush()
        try:
            said = await self._ended(signal.SIGINT)
            self._file.seek(0)
        except OSError as exc:
            self._file.close()
            raise _no_room(exc) from exc
        if abs(_ahead_s() - self._ahead_s) > _STEP_S:
            self._file.close()
            raise RobotBroken(
                "the clock of this machine was set during the call, so it is not known which packets hold secrets",
                cure="Nothing needs doing, unless it happens often: then look at this machine's time service.",
            )
        dropped = sum(int(one[1] or one[2]) for one in _DROPPED.finditer(said))
        return Captured(self._file, self._ahead_s, dropped)

    async def drop(self) -> None:
        """End it, and keep nothing."""
        with contextlib.suppress(OSError):
            await self._ended(signal.SIGKILL)
        with contextlib.suppress(OSError):  # what was not written yet finds no room
            self._file.close()

    async def _flush(self) -> None:
        """Return once all has been read that passed till now: programs take what passes late, and write it later."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            for _ in range(_LAST_PACKETS):
                sender.sendto(self._last.ljust(_LAST_BYTES), _LAST_TO)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self._whole.wait()

    async def _ended(self, by: signal.Signals) -> str:
        """End the program, read what it had yet to say, and return its words."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(by)
        try:
            async with asyncio.timeout(END_S):
                await self._reading
        except TimeoutError:
            self._process.kill()
        assert self._process.stderr is not None  # noqa: S101  # it is a pipe
        said = await self._process.stderr.read()
        await self._process.wait()
        return said.decode(errors="replace")

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        before = b""
        try:
            while chunk := await self._process.stdout.read(_CHUNK_BYTES):
                self._file.write(chunk)
                if self._last in before + chunk:
                    self._whole.set()
                before = chunk[-len(self._last) :]
        finally:
            self._whole.set()


async def _running(wanted: str) -> asyncio.subprocess.Process:
    """Return a program that captures. Raises RobotBroken."""
    refusals = []
    for program in _PROGRAMS:
        path = shutil.which(program.name) or shutil.which(program.name, path=_PLACES)
        if path is None:
            refusals.append(f"there is no {program.name}")
            continue
        process, said = await _started(program, path, wanted)
        if process is not None:
            return process
        refusals.append(f"{program.name}: {said}")
    raise RobotBroken(f"packets cannot be captured on this machine ({'; '.join(refusals)})", cure=CURE)


async def _started(program: _Program, path: str, wanted: str) -> tuple[asyncio.subprocess.Process | None, str]:
    """Return the program once it captures; None, and what it said last, where it does not."""
    pipe = asyncio.subprocess.PIPE
    last = f"(dst host {_LAST_TO[0]} and udp dst port {_LAST_TO[1]})"
    command = (path, *program.options, f"({wanted}) or {last}")
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as exc:
        return None, exc.strerror or str(exc)
    try:
        async with asyncio.timeout(START_S):
            said = await _said(process, program.ready)
    except BaseException as exc:
        process.kill()
        await process.wait()
        if isinstance(exc, TimeoutError):
            return None, f"it was not ready within {START_S:g} s"
        raise
    if said is None:
        return process, ""
    await process.wait()
    return None, said


async def _said(process: asyncio.subprocess.Process, ready: str) -> str | None:
    """Return the last thing a program said before it ended; None as soon as it says that it is *ready*."""
    assert process.stderr is not None  # noqa: S101  # it is a pipe
    last = ""
    while line := (await process.stderr.readline()).decode(errors="replace"):
        if ready in line:
            return None
        last = line.strip() or last
    return last


def _no_room(exc: OSError) -> RobotBroken:
    what = f"there is no room for the packets: {exc.strerror or exc}"
    return RobotBroken(what, cure="Free some disk space where temporary files go, or name another folder with TMPDIR.")


def _ahead_s() -> float:
    """Return how far the wall clock is ahead; whoever is held up between its two readings reads too little."""
    return max(time.time() - monotonic() for _ in range(_READINGS))
