"""A run's evidence is kept beside the loop, and what belongs to the whole run is never forgotten."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from prober.channels.evidence import EvidenceBox
from prober.errors import RobotBroken


async def test_a_kept_file_is_told_with_its_hash(tmp_path: Path) -> None:
    """Whether the box or a writer of its own wrote it."""
    box = EvidenceBox(tmp_path, "day/run")
    written = await box.keep("page", "a.txt", b"content")
    box.path("b.txt").write_bytes(b"content")
    found = await box.kept("page", box.path("b.txt"))
    assert (written.path, found.path) == ("day/run/a.txt", "day/run/b.txt")
    assert (tmp_path / written.path).read_bytes() == b"content"
    assert written.sha256 == found.sha256 == hashlib.sha256(b"content").hexdigest()
    assert written.bytes == found.bytes == 7


async def test_the_box_remembers_what_belongs_to_the_whole_run(tmp_path: Path) -> None:
    """That is what was kept outside a step, or said to belong to the run; a step's evidence goes with its step."""
    box = EvidenceBox(tmp_path, "run")
    box.step = 3
    of_step = await box.keep("page", "step.txt", b"")
    early = await box.keep("ladder", "ladder.txt", b"", whole_run=True)
    box.step = None
    late = await box.keep("transcript", "sms.txt", b"")
    assert (of_step.step, early.step, late.step) == (3, None, None)
    assert box.of_run == (early, late)


async def test_files_are_written_beside_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk does not hold up the clocks of the other sessions."""
    writers: list[threading.Thread] = []
    monkeypatch.setattr(Path, "write_bytes", lambda path, content: writers.append(threading.current_thread()))
    await EvidenceBox(tmp_path, "run").keep("page", "a.txt", b"content")
    assert len(writers) == 1
    assert writers[0] is not threading.current_thread()


async def test_what_cannot_be_kept_is_the_robots_fault(tmp_path: Path) -> None:
    """It is told with its path, and is not remembered."""
    box = EvidenceBox(tmp_path, "run")
    box.path("a.txt").mkdir()
    with pytest.raises(RobotBroken, match=r"evidence cannot be kept at .*a\.txt"):
        await box.keep("page", "a.txt", b"")
    with pytest.raises(RobotBroken, match=r"b\.txt"):
        await box.kept("page", box.path("b.txt"))
    assert box.of_run == ()
