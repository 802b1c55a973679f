"""A robot as its user starts it, `prober run`, with a workspace of its own and the demo operator to speak to."""

from __future__ import annotations

import queue
import re
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.benches.frame.processes import Process, family, marked
from scripts.demo import PROBER, environment

JOURNEYS = Path(__file__).parents[1] / "journeys"
_RUN = re.compile(r"\b(\d{8}T\d{6}-[0-9a-f]{8})$")
_STEP = re.compile(r"^  [✓◷✗!–] ")
_END = re.compile(r"^(?:\S+ │ )?[✓◷✗!–?] (\w+)  in ")


@dataclass(frozen=True)
class Site:
    """Where a bench's robots keep what they keep, and whom they speak to."""

    folder: Path
    doors: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file of the store."""
        return self.folder / "prober.sqlite"

    @property
    def evidence(self) -> Path:
        """The folder of the evidence."""
        return self.folder / "evidence"

    @property
    def temporary(self) -> Path:
        """Where the robot and its browser keep temporary files."""
        path = self.folder / "tmp"
        path.mkdir(exist_ok=True)
        return path

    def environment(self) -> dict[str, str]:
        """Return the environment of a robot."""
        own = {
            "PROBER__STORE__URL": f"sqlite:///{self.database}",
            "PROBER__EVIDENCE__PATH": str(self.evidence),
            "TMPDIR": str(self.temporary),
            "PYTHONUTF8": "1",
        }
        return environment(dict(self.doors)) | own | dict(self.settings)


@dataclass(frozen=True)
class Told:
    """A line a robot printed, and the instant (monotonic) it was read."""

    at_s: float
    line: str

    @property
    def run(self) -> str | None:
        """The id of the run that this line begins."""
        found = _RUN.search(self.line)
        return found[1] if found else None

    @property
    def is_step(self) -> bool:
        """Whether this line tells a finished step."""
        return _STEP.match(self.line) is not None

    @property
    def outcome(self) -> str | None:
        """The outcome of the run that this line ends."""
        found = _END.match(self.line)
        return found[1] if found else None


class Robot:
    """
    `prober run …` under way, in a session of its own, till the context ends. What it prints is read as it comes.

    *steps* are the finished steps it told of each run, *outcomes* the runs it told the end of; both where it plays one
    run at a time.
    """

    def __init__(self, site: Site, *arguments: str) -> None:
        self._marker = f"PROBER_BENCH={uuid.uuid4()}"
        name, value = self._marker.split("=")
        self.began_s = time.monotonic()
        self._process = subprocess.Popen(
            [*PROBER, "run", *arguments],
            env=site.environment() | {name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self.pid = self._process.pid
        self.steps: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self.said: list[str] = []
        self._run: str | None = None
        self._told: queue.Queue[Told | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Robot:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        for line in self._process.stdout:
            self._told.put(Told(time.monotonic(), line.rstrip()))
        self._told.put(None)

    def lines(self, until_s: float) -> Iterator[Told]:
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

    def _note(self, told: Told) -> None:
        self.said.append(told.line)
        self._run = told.run or self._run
        if self._run is None:
            return
        if told.run:
            self.steps[told.run] = 0
        elif told.is_step:
            self.steps[self._run] += 1
        elif told.outcome:
            self.outcomes[self._run] = told.outcome

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
