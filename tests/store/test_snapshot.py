"""What was kept can be read where nothing more can be kept."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prober.errors import StoreBroken
from prober.model.run import Outcome, Run, StepResult
from prober.store.store import Store

READ = """
import os, resource, sys
from prober.errors import StoreBroken
from prober.store.store import Store

Store.open(sys.argv[3]).close()  # imports all there is: nobody may not be let into the checkout
if sys.argv[2] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
elif os.geteuid() == 0:
    os.seteuid(65534)
for way in (Store.open, Store.open_to_read):
    try:
        store = way(sys.argv[1])
    except StoreBroken as exc:
        print("refused")
    else:
        print([(run.id, str(run.outcome), run.interrupted, len(run.steps)) for run in store.queries.runs()])
        store.close()
"""


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """A file; of a server's database there is no copy."""
    return sqlite_url


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that anybody may look into; it can be locked, and is unlocked in the end."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


def kept(folder: Path, run: Run, step: StepResult) -> str:
    """Keep *run*, cut short in a process that is gone, in *folder*; return its URL."""
    url = f"sqlite:///{folder}/prober.sqlite"
    store = Store.open(url)
    asyncio.run(store.step_finished(run, step))
    store.close()
    with sqlite3.connect(folder / "prober.sqlite") as connection:
        connection.execute("UPDATE runs SET process_start = 'before the last boot'")
    connection.close()
    return url


def read(url: str, how: str, own: str) -> list[str]:
    """Return what a process that cannot write reads: as the robot opens the store, and as a report does."""
    program = [sys.executable, "-c", READ, url, how, own]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("how", ["read-only", "full"])
def test_runs_are_read_where_nothing_can_be_written(
    shelf: Path, store_url: str, a_run: Callable[..., Run], a_step: Callable[..., StepResult], how: str
) -> None:
    """From a folder of another user's, and on a full disk; a run that was killed is seen to be, and stays unmarked."""
    url = kept(shelf, a_run(), a_step())
    (shelf / "prober.sqlite").chmod(0o444)
    shelf.chmod(0o555)
    before = (shelf / "prober.sqlite").read_bytes()
    assert read(url, how, store_url) == ["refused", "[('run-1', 'failed', True, 1)]"]
    assert (shelf / "prober.sqlite").read_bytes() == before


def test_what_the_robot_just_kept_is_read_beside_it(
    shelf: Path, store_url: str, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """What stands in the log of a robot under way is read too, though its folder is locked."""
    store = Store.open(f"sqlite:///{shelf}/prober.sqlite")
    asyncio.run(store.step_finished(a_run(), a_step()))
    for file in shelf.iterdir():
        file.chmod(0o444)
    shelf.chmod(0o555)
    url = f"sqlite:///{shelf}/prober.sqlite"
    assert read(url, "read-only", store_url) == ["refused", "[('run-1', 'None', False, 1)]"]
    store.close()


def test_a_log_that_cannot_be_read_is_never_left_out(
    shelf: Path, tmp_path: Path, store_url: str, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Where SQLite cannot take in what a dead robot left beside the database, nothing older is shown instead."""
    store = Store.open(f"sqlite:///{tmp_path}/prober.sqlite")
    asyncio.run(store.step_finished(a_run(), a_step()))
    for name in ("prober.sqlite", "prober.sqlite-wal"):
        shutil.copy(tmp_path / name, shelf / name).chmod(0o444)
    store.close()
    shelf.chmod(0o555)
    assert read(f"sqlite:///{shelf}/prober.sqlite", "read-only", store_url) == ["refused", "refused"]


def test_a_database_that_another_program_writes_is_read(
    store_url: str, tmp_path: Path, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """A long transaction of another's holds up the robot, not its reports."""
    (tmp_path / "results_db").mkdir()
    url = kept(tmp_path / "results_db", a_run(), a_step())
    other = sqlite3.connect(tmp_path / "results_db/prober.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = Store.open_to_read(url, busy_timeout_s=0.2)
    assert [run.outcome for run in store.queries.runs()] == [Outcome.FAILED]
    store.close()
    other.close()


def test_what_is_no_database_of_the_robots_is_refused_to_readers_too(tmp_path: Path) -> None:
    """The sentence is that of opening; a file that is not there is none."""
    (tmp_path / "notes").write_text("no database at all, but longer than the header of one" * 20)
    with pytest.raises(StoreBroken, match="is not a database"):
        Store.open_to_read(f"sqlite:///{tmp_path}/notes")
    with pytest.raises(StoreBroken, match="the folder /proc/new of the results database cannot be made"):
        Store.open_to_read("sqlite:////proc/new/prober.sqlite")
