"""What was changed since it was kept is found, and nothing is changed by looking."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from prober.errors import StoreBroken
from prober.model.run import Evidence
from prober.store.integrity import Harm, verify
from prober.store.place import place_of

NAMES = ["call.wav", "ladder.txt", "截图.png"]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """A file: its bytes are harmed."""
    return sqlite_url


@pytest.fixture
async def kept(tmp_path, store, store_url, a_run):
    """A run with three files of evidence; returns the database and the folder of the files."""
    folder = tmp_path / "evidence"
    files = []
    for name in NAMES:
        path = folder / "2026-11-21/r1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(Evidence("recording", f"2026-11-21/r1/{name}", sha256, path.stat().st_size, None))
    run = a_run(evidence=tuple(files))
    await store.run_started(run)
    await store.run_finished(run)
    return place_of(store_url).file, folder


def looked(kept):
    counts = []
    found = verify(f"sqlite:///{kept[0]}", kept[1], seen=lambda number, total: counts.append((number, total)))
    return found, counts


def test_what_is_whole_is_all_right(kept):
    """Each file is looked at and counted; the database stays byte for byte what it was."""
    before = kept[0].read_bytes()
    found, counts = looked(kept)
    assert (found.files, found.size_bytes, found.damages, found.orphans) == (3, counts_of_bytes(kept), (), ())
    assert counts == [(1, 3), (2, 3), (3, 3)]
    assert kept[0].read_bytes() == before


def counts_of_bytes(kept):
    return sum(path.stat().st_size for path in kept[1].rglob("*.*") if path.is_file())


def change_a_byte(path):
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "harmed"),
    [
        (Harm.CONTENT, change_a_byte),
        (Harm.SIZE, lambda path: path.write_bytes(path.read_bytes()[:-1])),
        (Harm.MISSING, lambda path: path.unlink()),
        (Harm.UNREADABLE, lambda path: (path.unlink(), path.mkdir())),
    ],
)
def test_a_harmed_file_is_named(kept, harm, harmed):
    """One changed byte, one lost byte, a deleted file, a folder in its place."""
    harmed(kept[1] / "2026-11-21/r1" / NAMES[2])
    (damage,) = looked(kept)[0].damages
    assert (damage.harm, damage.path.rpartition("/")[2], damage.run_id != "") == (harm, NAMES[2], True)


def test_a_file_nobody_knows_is_told(kept):
    """It is no damage: a run under way has such files."""
    (kept[1] / "stray.txt").write_text("x")
    found, _ = looked(kept)
    assert (found.damages, found.orphans) == ((), ("stray.txt",))


def test_a_path_out_of_the_folder_is_never_read(kept, store):
    """A row that was changed to lead elsewhere is damage."""
    database = sqlite3.connect(kept[0])
    with database:
        database.execute("UPDATE evidence SET path = '../results_db/prober.sqlite' WHERE id = 1")
    database.close()
    found, _ = looked(kept)
    assert [damage.harm for damage in found.damages] == [Harm.MISSING]


def test_rows_without_their_run_are_damage(kept):
    """A run that was deleted past the robot leaves rows behind that belong to nothing."""
    database = sqlite3.connect(kept[0])
    with database:
        database.execute("DELETE FROM runs")
    database.close()
    found, _ = looked(kept)
    assert {damage.harm for damage in found.damages} == {Harm.DATABASE}
    assert "belongs to a row of runs that is not there" in found.damages[0].what


def test_a_damaged_database_is_told(kept, store):
    """Pages of rubbish in the middle of the file are found by SQLite's own check."""
    store.close()
    content = bytearray(kept[0].read_bytes())
    for page in range(4, len(content) // 4096):
        content[page * 4096 : page * 4096 + 2000] = b"\x5a" * 2000
    kept[0].write_bytes(content)
    found, _ = looked(kept)
    assert Harm.DATABASE in {damage.harm for damage in found.damages}


def test_no_database_cannot_be_verified(tmp_path):
    """Another file is told with a cure."""
    (tmp_path / "x.sqlite").write_text("no database at all, but long enough to be read as one" * 50)
    with pytest.raises(StoreBroken, match="is not a database"):
        verify(f"sqlite:///{tmp_path}/x.sqlite", tmp_path, seen=lambda *_: None)


def test_a_folder_that_may_only_be_read_is_verified(kept, store):
    """A database that was closed cleanly is read where SQLite can make no file beside it."""
    store.close()
    program = [sys.executable, "-c", VERIFY]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(kept[0], folder)
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [*program, f"{folder}/{kept[0].name}", f"{folder}/evidence"], capture_output=True, text=True, check=False
        )
        Path(folder).chmod(0o755)
    assert (done.stdout, done.stderr) == ("3 files, nothing beside\n", "")


VERIFY = """
import os, sys
from pathlib import Path
from prober.store.integrity import verify

if os.geteuid() == 0:
    os.seteuid(65534)
found = verify(f"sqlite:///{sys.argv[1]}", Path(sys.argv[2]), seen=lambda *_: None)
beside = [path.name for path in Path(sys.argv[1]).parent.iterdir() if path.name != "prober.sqlite"]
print(found.files, "files,", "nothing beside" if not beside else beside)
"""
