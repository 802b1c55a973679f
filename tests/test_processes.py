"""Whether a process lives is known, or told to be unknown; never guessed."""

from __future__ import annotations

import os
import subprocess
import sys

from prober.processes import started

WITHOUT_FILES = """
import resource
from prober.processes import started
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    print(started({pid}))
except OSError as exc:
    print(exc.strerror)
"""


def test_a_process_that_ended_is_gone() -> None:
    """And one that lives has started."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
        assert started(ended.pid) is None
    assert started(os.getpid())


def test_who_has_no_file_left_to_open_calls_nobody_dead() -> None:
    """A robot that ran out of them would take lines and lead from those that live."""
    script = WITHOUT_FILES.format(pid=os.getpid())
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "Too many open files"
