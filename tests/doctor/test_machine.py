"""The machine is looked over as it is; what can be broken in a child process is broken there."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from prober.doctor import machine
from prober.doctor.finding import Level, Patient

CHECKS = (machine.python, machine.c_library, machine.memory, machine.shared_memory, machine.temporary_files,
          machine.open_files, machine.time_zones)  # fmt: skip
LOOKING = """
import resource, sys
from prober.doctor import machine
from prober.doctor.finding import Patient
{before}
found = machine.{check}(Patient())
print(found.level, found.what, found.cure, sep="|")
"""


def looked(check: str, before: str = "", command: tuple[str, ...] = ()) -> list[str]:
    source = LOOKING.format(check=check, before=before)
    done = subprocess.run(
        [*command, sys.executable, "-c", source], capture_output=True, text=True, check=True, env=os.environ
    )
    return done.stdout.strip().split("|")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_machine_that_runs_these_tests_is_well(check):
    """Nothing that is needed is found broken here."""
    assert check(Patient()).level is not Level.BROKEN


def test_the_clock_is_asked_of_the_kernel():
    """It says one of two things, and never that it does not know."""
    found = machine.clock(Patient())
    assert found.what.startswith(("the clock is kept right (to ", "nobody keeps the clock right"))


def test_too_few_files():
    """The limit is named, and both places to raise it."""
    level, what, cure = looked("open_files", "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 4096))")
    assert (level, what) == ("broken", "only 200 files may be open at once; the robot wants 1024")
    assert "LimitNOFILE" in cure
    _, what, _ = looked("open_files", "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))")
    assert "(the administrator's limit is 300)" in what


def test_no_room_for_a_browser(own_mounts, tmp_path):
    """A temporary folder that is full, or nearly so, is named."""
    level, what, cure = looked("temporary_files", f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}",
                               own_mounts(tmp_path, "size=8m"))  # fmt: skip
    assert (level, what) == ("broken", f"{tmp_path} has 8 MB left")
    assert "TMPDIR" in cure


def test_a_folder_that_takes_no_files(own_mounts, tmp_path):
    """A read-only temporary folder is named with what the system says."""
    level, what, _ = looked("temporary_files", f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}",
                            own_mounts(tmp_path, "ro"))  # fmt: skip
    assert (level, what) == ("broken", f"{tmp_path} takes no files: Read-only file system")


def test_another_machine_is_told_where_pjsua2_comes_from(monkeypatch):
    """ARM64 is well, and led to the page."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    found = machine.python(Patient())
    assert found.level is Level.GOOD
    assert "docs/deploying/kylin-openeuler-arm64.md" in found.what
