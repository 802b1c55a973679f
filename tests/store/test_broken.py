"""Where nothing can be kept, the robot says so, and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prober.errors import StoreBroken
from prober.store.store import Store

FILL = """
import asyncio, resource, sys
from prober.errors import StoreBroken
from prober.store.store import Store
from prober.model.line import Line

async def fill(store):
    try:
        for number in range(100_000):
            await store.remember([Line(f"line-{number}", "13800000001", facts={"note": "x" * 4000})])
    except StoreBroken as exc:
        print(exc)

store = Store.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
asyncio.run(fill(store))
print(store.queries.runs())
"""

OPEN_AS_NOBODY = """
import os, sys
from prober.errors import StoreBroken
from prober.store.store import Store

Store.open(sys.argv[2]).close()  # imports all there is: nobody may not be let into the checkout
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    Store.open(sys.argv[1])
except StoreBroken as exc:
    print(exc)
"""


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What a file and its folder may do; test_postgres has what a server may."""
    return sqlite_url


def test_a_locked_database_is_told_within_the_busy_timeout(store_url: str, tmp_path: Path) -> None:
    """Another program's lock is waited for, not for ever, and then named."""
    Store.open(store_url).close()
    other = sqlite3.connect(tmp_path / "results_db/prober.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    begun_s = time.monotonic()
    with pytest.raises(StoreBroken, match=r"prober\.sqlite is locked by another program\. End the program") as caught:
        Store.open(store_url, busy_timeout_s=0.3)
    other.close()
    assert 0.3 <= time.monotonic() - begun_s < 5
    assert caught.value.cure


@pytest.mark.parametrize("opened", [Store.open, Store.open_to_read])
def test_a_wholly_locked_database_is_told_too(tmp_path: Path, opened: Callable[..., Store]) -> None:
    """A program that locks out even readers is named in the same sentence."""
    other = sqlite3.connect(tmp_path / "prober.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreBroken, match="is locked by another program"):
        opened(f"sqlite:///{tmp_path}/prober.sqlite", busy_timeout_s=0.2)
    other.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////proc/prober.sqlite", "cannot be opened or made. See that its folder exists"),
        ("sqlite:////proc/new/prober.sqlite", "the folder /proc/new of the results database cannot be made"),
        ("sqlite:///file:results.sqlite?mode=memory", "names no database"),
        ("sqlite://", "names no database that results can be kept in. Write sqlite:///FILE"),
        ("results.sqlite", "names no database"),
        ("mysql://host/results", "names no database"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(url: str, sentence: str) -> None:
    """A folder that takes no files, and a URL that names none, are told at opening."""
    with pytest.raises(StoreBroken) as caught:
        Store.open(url)
    assert sentence in str(caught.value)


def test_a_database_that_may_only_be_read_is_named(store_url: str) -> None:
    """A database of another user's is refused at opening, not at the first step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prober.sqlite"
        Store.open(f"sqlite:///{path}").close()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        program = [sys.executable, "-c", OPEN_AS_NOBODY, f"sqlite:///{path}", store_url]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        path.parent.chmod(0o755)
    assert done.stderr == ""
    assert "prober.sqlite cannot be written to. Give the file and its folder" in done.stdout


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """A file of another kind is refused and not touched."""
    path = tmp_path / "notes.txt"
    path.write_text("no database at all, but longer than the header of one, which has a hundred bytes" * 20)
    before = path.read_bytes()
    with pytest.raises(StoreBroken, match="is not a database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_full_disk_is_told_and_what_was_kept_stays(store_url: str) -> None:
    """Where the disk takes no more, the write is refused with a sentence, and the store can still be read."""
    done = subprocess.run([sys.executable, "-c", FILL, store_url], capture_output=True, text=True, check=False)
    sentence, runs = done.stdout.splitlines()
    assert "results_db/prober.sqlite" in sentence
    assert "See whether the disk is full" in sentence
    assert runs == "[]"


async def test_a_database_that_has_no_room_says_so(store: Store) -> None:
    """SQLite's own word for a full disk becomes a sentence, and the writer lives on."""
    await store._database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1").close())
    with pytest.raises(StoreBroken, match=r"has no room: the disk is full\. Free some disk space"):
        await store._database.write(
            lambda connection: connection.exec_driver_sql("CREATE TABLE big AS SELECT zeroblob(999999)").close()
        )
    assert store.queries.runs() == []
