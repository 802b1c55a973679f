"""What the machine tells of itself, read from this one."""

from __future__ import annotations

import subprocess
import sys

from prober.app import machine

_GRANDCHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
_HEAVY = "block = bytearray(b'x' * 80_000_000); print('ready', flush=True); input()"


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path):
    """The evidence folder is made by the first run."""
    there, later = machine.disk(tmp_path), machine.disk(tmp_path / "a" / "b")
    assert there is not None
    assert later is not None
    assert there.total_bytes == later.total_bytes
    assert 0 < there.free < 1


def test_a_disk_without_any_room_is_full():
    """Nothing is divided by nothing."""
    assert machine.Disk(0, 0).free == 0


def test_the_memory_of_what_the_robot_started_counts(tmp_path):
    """Browsers are grandchildren: every descendant counts."""
    before = machine.memory()
    assert before is not None
    started = subprocess.Popen(
        [sys.executable, "-c", _GRANDCHILD, _HEAVY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    meanwhile = machine.memory()
    started.communicate("\n")
    assert meanwhile is not None
    assert meanwhile.children_bytes - before.children_bytes > 80_000_000
    assert meanwhile.robot_bytes > 10_000_000
    assert meanwhile.available is not None
    assert 0 < meanwhile.available < 1


def test_a_process_that_is_gone_has_no_memory():
    """It is not 0: nothing is known."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert machine.memory(ended.pid) is None


def test_a_container_that_is_nearly_full_says_so(tmp_path, monkeypatch):
    """What its kernel gives back at once counts as free; `max` is no limit."""
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("990\n")
    (tmp_path / "memory.stat").write_text("anon 700\ninactive_file 40\n")
    seen = machine.memory()
    assert seen is not None
    assert seen.available == 1 - 950 / 1000
    (tmp_path / "memory.max").write_text("max\n")
    seen = machine.memory()
    assert seen is not None
    assert seen.available is not None
    assert seen.available != 1 - 950 / 1000


def test_the_kernel_says_whether_its_clock_is_synchronised():
    """The same as `adjtimex` says, or nothing."""
    assert machine.synchronised() in (True, False, None)
