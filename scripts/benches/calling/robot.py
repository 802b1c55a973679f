"""The robot calls a far end: `prober run` in a workspace of its own, on as many lines as wanted, at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.benches.calling import far_end
from scripts.benches.scheduling.used import Using
from scripts.demo import PROBER

PROMPTS = Path(__file__).parents[3] / "scenarios" / "prompts"
_CONFIG = """
store: {{url: sqlite:///prober.sqlite}}
evidence: {{path: evidence}}
lines:
{lines}
channels:
  ivr: {{server: "{server}", prompts: "{prompts}"}}
"""
FIRST = -15
"""The priority of the far end."""
WEIGHED_S = 3.0
"""How often what the robot uses is looked at."""
_LINE = "  - {{name: line-{number}, msisdn: {msisdn}}}"


@contextmanager
def answering(plan: Mapping[str, Any], folder: Path = PROMPTS) -> Iterator[str]:
    """Run a far end of that plan while the context lasts, and yield its address."""
    command = [sys.executable, far_end.__file__, str(folder), json.dumps(plan)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        with suppress(PermissionError):  # it stands for another machine, whose packets leave in time
            os.setpriority(os.PRIO_PROCESS, process.pid, FIRST)
        try:
            assert process.stdout is not None  # noqa: S101  # it is a pipe
            yield f"{far_end.HOST}:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.terminate()


@dataclass
class Load:
    """What the robot used with all it started, at the most in any few seconds: cores, and megabytes of its own."""

    cores: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Played:
    """The document of the runs, and what they cost."""

    document: Mapping[str, Any]
    load: Load = field(default_factory=Load)


def play(folder: Path, scenario: str, server: str, *, prompts: Path, lines: int, runs: int) -> Played:
    """
    Play *scenario* that often on so many lines at once.

    Raises:
        RuntimeError: The robot told nothing of its runs.
    """
    folder.mkdir(parents=True)
    written = "\n".join(_LINE.format(number=one, msisdn=13800000000 + one) for one in range(1, lines + 1))
    (folder / "config.yaml").write_text(_CONFIG.format(lines=written, server=server, prompts=prompts), encoding="utf-8")
    (folder / "journey.yaml").write_text(scenario, encoding="utf-8")
    command = [*PROBER, "run", "journey.yaml", "--json", f"--parallel={lines}", f"--repeat={runs}"]
    told, load = weighed(command, folder)
    return Played(json.loads(told), load)


def weighed(command: Sequence[str], folder: Path) -> tuple[str, Load]:
    """
    Return the JSON that a robot prints, which is run in *folder*, and what it used.

    Raises:
        RuntimeError: It told nothing of its runs.
    """
    with (
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as robot,
        _weighed(robot.pid) as load,
    ):
        told, said = robot.communicate()
    if not told.startswith("{"):
        raise RuntimeError(f"the robot told nothing of its runs: {said.strip()[-500:]}")
    return told, load


@contextmanager
def _weighed(pid: int) -> Iterator[Load]:
    """Watch what a process and all it started use while the context lasts."""
    load, over = Load(), threading.Event()

    def watch() -> None:
        using = Using(pid)
        while not over.wait(WEIGHED_S):
            used = using.told()
            load.cores, load.memory_mb = max(load.cores, used.cores), max(load.memory_mb, used.own_mb)
            using = Using(pid)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield load
    finally:
        over.set()
        watching.join()
