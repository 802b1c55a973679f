"""A copy made beside a robot at work is whole, and is put back whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from prober.errors import BadInput, RobotBroken
from prober.model.run import Evidence, Outcome, Run, StepResult
from prober.store import migrations
from prober.store.backup import back_up, restore, verify_backup
from prober.store.integrity import verify
from prober.store.revisions import revision_at
from prober.store.store import Store


def seen(*_: object) -> None:
    """Hear of no progress."""


@pytest.fixture
async def evidence(tmp_path: Path, store: Store, a_run: Callable[..., Run], a_step: Callable[..., StepResult]) -> Path:
    """The folder of a run's evidence."""
    folder = tmp_path / "evidence"
    (folder / "day/run-1").mkdir(parents=True)
    (folder / "day/run-1/call.wav").write_bytes(b"RIFF" * 1000)
    kept = Evidence("recording", "day/run-1/call.wav", hashlib.sha256(b"RIFF" * 1000).hexdigest(), 4000)
    step = replace(a_step(0), evidence=())
    await store.run_finished(
        a_run(steps=(step,), evidence=(kept,), ended_at=a_run().started_at, outcome=Outcome.PASSED)
    )
    return folder


async def test_a_backup_made_while_the_robot_writes_is_put_back(
    store: Store,
    store_url: str,
    evidence: Path,
    tmp_path: Path,
    a_run: Callable[..., Run],
    a_step: Callable[..., StepResult],
) -> None:
    """It holds what was kept before it began; what came later is gone after restoring."""

    async def play() -> None:
        await store.run_started(a_run("beside"))
        for index in range(60):
            await store.step_finished(a_run("beside"), a_step(index, evidence=()))

    copying = asyncio.to_thread(back_up, store_url, evidence, tmp_path / "copy", seen=seen)
    made, _ = await asyncio.gather(copying, play())
    assert (made.runs >= 1, list(made.files), made.missing) == (True, ["day/run-1/call.wav"], ())
    await store.run_started(a_run("later"))
    (evidence / "day/run-1/call.wav").write_bytes(b"harmed")
    with pytest.raises(RobotBroken, match="in use: a robot has it open"):
        restore(tmp_path / "copy", store_url, evidence, replace=True, seen=seen)
    before = store.queries.run("run-1")
    store.close()
    with pytest.raises(RobotBroken, match=r"results at .* already\. Say --replace"):
        restore(tmp_path / "copy", store_url, evidence, replace=False, seen=seen)
    restore(tmp_path / "copy", store_url, evidence, replace=True, seen=seen)
    again = Store.open(store_url)
    assert (again.queries.run("run-1"), again.queries.run("later")) == (before, None)
    again.close()
    assert verify(store_url, evidence, seen=lambda *_: None).damages == ()


async def test_a_damaged_backup_is_never_put_back(store: Store, store_url: str, evidence: Path, tmp_path: Path) -> None:
    """A changed byte of any file, a file that is gone, and a folder that holds none."""
    copy = tmp_path / "copy"
    made = await asyncio.to_thread(back_up, store_url, evidence, copy, seen=seen)
    assert verify_backup(copy, seen=seen) == made
    for name in (made.database, "evidence/day/run-1/call.wav"):
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        with pytest.raises(RobotBroken, match=f"{name} in the backup .* is not what it was"):
            restore(copy, store_url, evidence, replace=True, seen=seen)
        (copy / name).unlink()
        with pytest.raises(RobotBroken, match=f"lacks {name}"):
            verify_backup(copy, seen=seen)
        (copy / name).write_bytes(whole)
    with pytest.raises(BadInput, match="holds no backup"):
        verify_backup(tmp_path, seen=seen)


async def test_what_is_not_as_it_was_kept_is_left_out_and_told(
    store: Store, store_url: str, evidence: Path, tmp_path: Path
) -> None:
    """A copy of a harmed file would look as if it were right."""
    (evidence / "day/run-1/call.wav").write_bytes(b"harmed")
    made = await asyncio.to_thread(back_up, store_url, evidence, tmp_path / "copy", seen=seen)
    assert (made.missing, dict(made.files)) == (("day/run-1/call.wav",), {})


async def test_no_path_of_a_backup_leads_out_of_it(
    store: Store, store_url: str, evidence: Path, tmp_path: Path
) -> None:
    """A manifest that names other files is refused."""
    copy = tmp_path / "copy"
    await asyncio.to_thread(back_up, store_url, evidence, copy, seen=seen)
    told = json.loads((copy / "manifest.json").read_text())
    told["files"]["../../../etc/hostname"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(RobotBroken, match=r"lacks evidence/../../../etc/hostname"):
        restore(copy, store_url, evidence, replace=True, seen=seen)


def test_a_folder_that_cannot_be_written_is_told(store: Store, store_url: str) -> None:
    """Nothing is left behind there."""
    with pytest.raises(RobotBroken, match="no backup can be written to /proc/copy"):
        back_up(store_url, None, Path("/proc/copy"), seen=seen)


def test_the_revision_is_told_without_changing_it(store: Store, store_url: str) -> None:
    """Whoever asks for it brings nothing up to date."""
    assert revision_at(store_url) == migrations.HEAD


def test_a_backup_of_a_file_goes_to_no_server(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Nor the other way round."""
    Store.open(sqlite_url).close()
    back_up(sqlite_url, None, tmp_path / "copy", seen=seen)
    with pytest.raises(RobotBroken, match="another kind of database"):
        restore(tmp_path / "copy", postgres_url, tmp_path, replace=True, seen=seen)
