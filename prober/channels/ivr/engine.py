"""Line processes as the robot's loop sees them: started, listened to without polling, and missed when they die."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from prober.channels.ivr.messages import Broken, FromLine, LineSetup, Ready, ToLine
from prober.channels.ivr.reference_setup import ReferenceReady, ReferenceSetup
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

T = TypeVar("T")

START_S = 10.0
PR_SET_PDEATHSIG = 1
CLOSE_S = 2.0
RESTART = "Nothing needs doing: the next call gets a new one. If it happens again, report it with the SIP ladder."

INSTALL = "Install it where the robot runs: pip install pjsua2-python."

_context = multiprocessing.get_context("forkserver")
_starting = threading.Lock()


def start_forkserver() -> None:
    """
    Start the process that line processes are forked from.

    To be called first of all, before the loop, threads and the browser. It holds pjsua2, numpy and the ear imported, so
    that a line process is there within 15 ms. Safe to call twice.
    """
    with _starting, _bare_main(), _one_thread(), _uninterrupted():
        _context.set_forkserver_preload(["prober.channels.ivr.line"])
        forkserver.ensure_running()


@contextlib.contextmanager
def _bare_main() -> Iterator[None]:
    """Keep multiprocessing from importing the program's main module again in every line process."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep numpy's library in the forkserver from starting threads: a process with threads is not safe to fork."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C from the forkserver while it imports: it inherits what is blocked, and answers to the robot alone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stand_alone() -> None:
    """Leave Ctrl-C to the robot, die with it, and keep pjlib's chatter out of its output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _serve(connection: Connection, setup: LineSetup | ReferenceSetup) -> None:
    _stand_alone()
    try:
        from prober.channels.ivr import line, reference_line  # noqa: PLC0415  # pjsua2 belongs into line processes alone
    except ImportError as exc:
        connection.send(Broken(f"the SIP library pjsua2 cannot be loaded: {exc}", INSTALL))
        return
    if isinstance(setup, ReferenceSetup):
        reference_line.serve(connection, setup)
    else:
        line.serve(connection, setup)


class LineProcess:
    """One line process. What it tells goes to *listener* as it comes."""

    def __init__(self, listener: Callable[[FromLine], None]) -> None:
        self._listener = listener
        self._connection: Connection | None = None
        self._process: ForkServerProcess | None = None
        self._news = asyncio.Event()
        self._dead: str | None = None
        self._broken: Broken | None = None
        self._ready: Ready | None = None

    @property
    def pid(self) -> int | None:
        """The process id, once it is ready."""
        return self._ready.pid if self._ready else None

    @property
    def port(self) -> int | None:
        """The SIP port where it can be called; None for a line that only calls."""
        return self._ready.port if isinstance(self._ready, ReferenceReady) else None

    async def start(self, setup: LineSetup | ReferenceSetup) -> None:
        """
        Return when the line process can call.

        Raises:
            RobotBroken: It cannot be started, or cannot reach the server's network.
        """
        try:
            ours, process = await self._fork(setup)
        except OSError as exc:
            await self.close()
            raise RobotBroken(
                f"no line process could be started: {exc}", cure="Look for exhausted memory, processes or open files."
            ) from exc
        loop = asyncio.get_running_loop()
        loop.add_reader(ours.fileno(), self._read)
        loop.add_reader(process.sentinel, self._died)
        try:
            ready = await self.until(lambda: self._ready, monotonic() + START_S)
        except BaseException:
            await self.close()
            raise
        if ready is None:
            await self.close()
            raise RobotBroken(
                f"the line process was not ready within {START_S:g} s",
                cure="The machine is overloaded: run less on it.",
            )

    async def _fork(self, setup: LineSetup | ReferenceSetup) -> tuple[Connection, ForkServerProcess]:
        """Return the pipe to a new process, and the process; one that is not wanted any more is ended at once."""
        ours, theirs = _context.Pipe()
        self._connection = ours
        self._process = process = _context.Process(target=_serve, args=(theirs, setup), name="prober-line", daemon=True)
        starting = asyncio.ensure_future(asyncio.to_thread(_start, process))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            await self.close()
            raise
        finally:
            theirs.close()
        return ours, process

    def send(self, message: ToLine) -> None:
        """Tell the line process; one that is gone is noticed by `until`."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.send(message)

    async def until(self, found: Callable[[], T | None], deadline_at_s: float) -> T | None:
        """
        Return what *found* finds as soon as news lets it; None when *deadline_at_s* (monotonic) passes first.

        Raises:
            RobotBroken: The line process died, or said that it cannot do what was asked.
        """
        while True:
            self._news.clear()
            result = found()
            if result is not None:
                return result
            self._check()
            try:
                await asyncio.wait_for(self._news.wait(), deadline_at_s - monotonic())
            except TimeoutError:
                return found()

    async def close(self) -> None:
        """Let the line process hang up and end; one that does not is killed. Safe to call twice."""
        if self._process is None:
            return
        process, self._process = self._process, None
        loop = asyncio.get_running_loop()
        self._hang_up_pipe(loop)
        if process.pid is None:
            return
        if self._dead is None:
            await self._ended(process, loop)
        loop.remove_reader(process.sentinel)
        process.join(0)
        process.close()

    async def _ended(self, process: ForkServerProcess, loop: asyncio.AbstractEventLoop) -> None:
        gone = asyncio.Event()
        loop.add_reader(process.sentinel, gone.set)
        try:
            await asyncio.wait_for(gone.wait(), CLOSE_S)
        except TimeoutError:
            process.kill()
            await gone.wait()

    def _hang_up_pipe(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._connection is not None:
            loop.remove_reader(self._connection.fileno())
            self._connection.close()
            self._connection = None

    def _check(self) -> None:
        if self._broken is not None:
            broken = self._broken
            self._broken = broken if broken.fatal else None
            raise RobotBroken(broken.what, cure=broken.cure)
        if self._dead is not None:
            raise RobotBroken(self._dead, cure=RESTART)

    def _read(self) -> None:
        try:
            while self._connection is not None and self._connection.poll():
                self._take(self._connection.recv())
        except (EOFError, OSError):
            self._hang_up_pipe(asyncio.get_running_loop())

    def _take(self, message: FromLine) -> None:
        match message:
            case Ready():
                self._ready = message
            case Broken():
                self._broken = message
            case _:
                self._listener(message)
        self._news.set()

    def _died(self) -> None:
        self._read()
        if self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._dead = f"the line process died ({_how(self._process.exitcode)})"
        self._news.set()


def _start(process: ForkServerProcess) -> None:
    with _starting, _bare_main():
        process.start()


def _how(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"exit code {exitcode}"
    try:
        return f"signal {-exitcode}, {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"signal {-exitcode}"
