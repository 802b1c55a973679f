"""What fails while the machine stands still is played again, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = """
import ctypes
from pathlib import Path

def test_stalled():
    first = not Path("stalled").exists()
    Path("stalled").touch()
    if first:
        ctypes.PyDLL(None).usleep(400_000)  # nothing else in this process gets on meanwhile
    assert not first

def test_wrong():
    with Path("wrong").open("a") as file:
        file.write("x")
    assert False

def test_stalled_and_wrong():
    ctypes.PyDLL(None).usleep(400_000)
    with Path("both").open("a") as file:
        file.write("x")
    assert False
"""
CONFTEST = "from tests.stalls import pytest_configure, pytest_runtest_protocol, pytest_terminal_summary\n"


def test_what_failed_while_the_machine_stood_still_is_played_again(tmp_path: Path) -> None:
    """Once: what fails again has failed; and what fails on a machine that goes on has failed at once."""
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {Path(__file__).parents[1]}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 failed, 1 passed" in done.stdout, done.stdout
    assert (tmp_path / "both").read_text() == "xx"
    again = done.stdout.partition("played again")[2]
    assert "test_some.py::test_stalled (the machine stood still for 0." in again
    assert "test_some.py::test_stalled_and_wrong" in again
