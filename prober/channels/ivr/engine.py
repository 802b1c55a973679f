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
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import forkserver
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from prober.channels.ivr.commands import BeLine, Customer, Rest, ServerSetup, ToLine
from prober.channels.ivr.messages import Broken, FromLine, IsLine, Ready, Registered, Rested
from prober.channels.ivr.reference_setup import ReferenceReady, ReferenceSetup
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

T = TypeVar("T")

HANDSETS = 3
"""Of the four calls that the library can have up in a process, one is kept for a call that is sent on (REFER)."""
START_S = 10.0
PR_SET_PDEATHSIG = 1
CLOSE_S = 2.0
REST_S = 0.5
RESTART = "Nothing needs doing: the next call gets a new one. If it happens again, report it with the SIP ladder."

OVERLOADED = "The machine is overloaded: run less on it."
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
        _context.set_forkserver_preload(["prober.channels.ivr.line_process"])
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


def _serve(connections: Sequence[Connection], setup: ServerSetup | ReferenceSetup) -> None:
    _stand_alone()
    try:
        from prober.channels.ivr import line_process, reference_line  # noqa: PLC0415  # pjsua2 belongs there alone
    except ImportError as exc:
        for connection in connections:
            with contextlib.suppress(OSError):  # who heard it first may have closed all of them
                connection.send(Broken(f"the SIP library pjsua2 cannot be loaded: {exc}", INSTALL))
        return
    if isinstance(setup, ReferenceSetup):
        reference_line.serve(connections[0], setup)
    else:
        line_process.serve(connections, setup)


def nobody(_: FromLine) -> None:
    """Listen to what no session is there to hear."""


class Handset:
    """One of the lines of a line process, as the session sees it that has it. What it tells goes to one listener."""

    def __init__(self, process: LineProcess) -> None:
        self.process = process
        self._listener: Callable[[FromLine], None] = nobody
        self._connection: Connection | None = None
        self._news = asyncio.Event()
        self._broken: Broken | None = None
        self._ready: Ready | None = None
        self._done: set[type] = set()
        self.registered: Registered | None = None
        """What the registrar said last; None if it was not asked, or has not answered yet."""

    @property
    def pid(self) -> int | None:
        """The process id, once it is ready."""
        return self._ready.pid if self._ready else None

    @property
    def port(self) -> int | None:
        """The SIP port where it can be called; None for a line that only calls."""
        return self._ready.port if isinstance(self._ready, ReferenceReady) else None

    def is_there(self) -> bool:
        """Return whether it can be sent to; one whose process died just now has closed its end of the pipe."""
        self._read()
        return self.process.dead is None and self._broken is None and self._connection is not None

    def tell(self, listener: Callable[[FromLine], None]) -> None:
        """From now on, tell *listener*."""
        self._listener = listener

    async def be(self, customer: Customer, listener: Callable[[FromLine], None]) -> None:
        """
        Be the line of *customer*, and tell *listener*.

        Raises:
            RobotBroken: The line process died, or cannot.
        """
        self.tell(listener)
        self.registered = None
        if not await self._do(BeLine(customer), IsLine, START_S):
            raise RobotBroken(f"the line process was not ready within {START_S:g} s", cure=OVERLOADED)

    async def rests(self) -> bool:
        """Return whether no call is up any more, so that another session can have it."""
        try:
            return await self._do(Rest(), Rested, REST_S)
        except RobotBroken:
            return False

    async def _do(self, what: ToLine, done: type, within_s: float) -> bool:
        """Return whether it was done in time."""
        self._done.discard(done)
        self.send(what)
        return bool(await self.until(lambda: done in self._done or None, monotonic() + within_s))

    async def ready(self) -> bool:
        """Return whether its process became ready in time."""
        return await self.until(lambda: self._ready, monotonic() + START_S) is not None

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

    def connect(self, connection: Connection) -> None:
        """Hear what comes through *connection*."""
        self._connection = connection
        asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    def disconnect(self) -> None:
        """Close the connection: whoever is at its other end hangs up."""
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
            self._connection = None

    def died(self) -> None:
        """Take what was told last, and wake who waits."""
        self._read()
        self._news.set()

    def _check(self) -> None:
        if self._broken is not None:
            broken = self._broken
            self._broken = broken if broken.fatal else None
            raise RobotBroken(broken.what, cure=broken.cure)
        self.process.check()

    def _read(self) -> None:
        try:
            while self._connection is not None and self._connection.poll():
                self._take(self._connection.recv())
        except (EOFError, OSError):
            self.disconnect()

    def _take(self, message: FromLine) -> None:
        match message:
            case Ready():
                self._ready = message
            case Broken():
                self._broken = message
            case Registered():
                self.registered = message
            case Rested() | IsLine():
                self._done.add(type(message))
            case _:
                self._listener(message)
        self._news.set()


class LineProcess:
    """One line process, and its handsets: so many calls it can have up at once."""

    def __init__(self, handsets: int = HANDSETS) -> None:
        self.handsets = tuple(Handset(self) for _ in range(handsets))
        self.dead: str | None = None
        """How it died; None if it did not."""
        self._process: ForkServerProcess | None = None

    async def start(self, setup: ServerSetup | ReferenceSetup) -> None:
        """
        Return when the line process can call.

        Raises:
            RobotBroken: It cannot be started, or cannot reach the server's network.
        """
        try:
            process = await self._fork(setup)
        except OSError as exc:
            await self.close()
            raise RobotBroken(
                f"no line process could be started: {exc}", cure="Look for exhausted memory, processes or open files."
            ) from exc
        asyncio.get_running_loop().add_reader(process.sentinel, self._died)
        try:
            ready = await self.handsets[0].ready()
        except BaseException:
            await self.close()
            raise
        if not ready:
            await self.close()
            raise RobotBroken(f"the line process was not ready within {START_S:g} s", cure=OVERLOADED)

    async def _fork(self, setup: ServerSetup | ReferenceSetup) -> ForkServerProcess:
        """Return the new process; one that is not wanted any more is ended at once."""
        pipes = [_context.Pipe() for _ in self.handsets]
        for handset, (ours, _) in zip(self.handsets, pipes, strict=True):
            handset.connect(ours)
        theirs = [end for _, end in pipes]
        self._process = process = _context.Process(target=_serve, args=(theirs, setup), name="prober-line", daemon=True)
        starting = asyncio.ensure_future(asyncio.to_thread(_start, process))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            await self.close()
            raise
        finally:
            for end in theirs:
                end.close()
        return process

    async def close(self) -> None:
        """Let the line process hang up and end; one that does not is killed. Safe to call twice."""
        if self._process is None:
            return
        process, self._process = self._process, None
        loop = asyncio.get_running_loop()
        for handset in self.handsets:
            handset.disconnect()
        if process.pid is None:
            return
        if self.dead is None:
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

    def check(self) -> None:
        """
        Do nothing while it lives.

        Raises:
            RobotBroken: It died.
        """
        if self.dead is not None:
            raise RobotBroken(self.dead, cure=RESTART)

    def _died(self) -> None:
        if self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self.dead = f"the line process died ({_how(self._process.exitcode)})"
        for handset in self.handsets:
            handset.died()


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
