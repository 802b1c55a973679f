"""A robot's process as a bench starts it: what it prints is read as it comes, and it is killed alone."""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

from scripts.benches.frame.processes import Process, family, marked


@dataclass(frozen=True)
class Line:
    """A line a robot printed, and the instant (monotonic) it was read."""

    at_s: float
    line: str


LineT = TypeVar("LineT", bound=Line)


class Started(Generic[LineT]):
    """A process under way, in a session of its own, till the context ends; it and all it starts bear a mark."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        line: type[LineT],
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        self._line = line
        self._marker = f"PROBER_BENCH={uuid.uuid4()}"
        name, value = self._marker.split("=")
        self.began_s = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env={**environment, name: value},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._told: queue.Queue[LineT | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        for line in self._process.stdout:
            self._told.put(self._line(time.monotonic(), line.rstrip()))
        self._told.put(None)

    def lines(self, until_s: float) -> Iterator[LineT]:
        """Yield what it prints, as it comes, until it has ended or *until_s* (monotonic) has come."""
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=left_s)
            except queue.Empty:
                return
            if told is None:
                self._told.put(None)
                return
            self._note(told)
            yield told

    def _note(self, told: LineT) -> None:
        """Hear *told* before anybody else does."""

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def family(self) -> list[Process]:
        """Return the robot's own process first, and then all it has started, whoever is their parent now."""
        return list(dict.fromkeys([*family(self.pid), *marked(self._marker)]))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop the robot's own process while the context lasts; what it has started goes on."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> list[Process]:
        """Kill the robot alone, as the kernel would when memory is short, and return what it had started."""
        mine = self.family()
        self._process.kill()
        self._process.wait()
        for _ in self.lines(time.monotonic() + 10):  # what it had printed before
            pass
        return [one for one in mine if one.pid != self.pid]

    def left_behind(self, mine: list[Process], grace_s: float) -> list[Process]:
        """Return what of *mine*, or else of this robot's, still lives when *grace_s* have passed."""
        until_s = time.monotonic() + grace_s
        while left := [one for one in dict.fromkeys([*mine, *marked(self._marker)]) if one.lives]:
            if time.monotonic() > until_s:
                break
            time.sleep(0.1)
        return left

    def wait(self, within_s: float) -> int | None:
        """Return its exit code when it has ended by itself; None, and killed, if it has not within *within_s*."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def end(self, within_s: float) -> int | None:
        """Ask it to stop, and `wait`."""
        self._process.terminate()
        return self.wait(within_s)
