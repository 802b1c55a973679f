"""Asserts of the SIP library that fail in a robot's line process: real ones, each of which aborts it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import Robot

SAID = "Assertion `"
"""What the C library says of one that fails."""
_HOOK = """
import signal, threading

def fail(*_):
    import pjsua2
    threading.Thread(target=pjsua2.Endpoint.instance().codecEnum2).start()

signal.signal(signal.SIGUSR1, fail)
"""
"""The library asserts that it knows each thread by which it is called."""


def hooked(folder: Path) -> dict[str, str]:
    """Return the environment of a robot in whose line processes an assert can be made to fail."""
    (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    known = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), known]))}


def line_process(robot: Robot) -> Process | None:
    """Return the newest line process of *robot*; None if it has none."""
    found = [one for one in robot.family() if one.forked_by_server]
    return max(found, key=lambda one: int(one.start), default=None)


def fail(line: Process) -> None:
    """Have an assert of the library fail in a line process."""
    os.kill(line.pid, signal.SIGUSR1)
