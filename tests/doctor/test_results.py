"""Results are kept where nothing keeps them from being kept, or it is said what does."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from prober.doctor import results
from prober.doctor.finding import Level
from prober.store.leadership import SCHEDULE
from prober.store.migrations import HEAD
from prober.store.store import Store
from scripts.postgres import PASSWORD, server


@pytest.fixture
def database(tmp_path):
    """The database of the patient, as the robot makes it."""
    file = tmp_path / "results_db/prober.sqlite"
    Store.open(f"sqlite:///{file}").close()
    return file


def test_a_fresh_workspace_is_well(patient_of, tmp_path):
    """Folders and database that are not there yet will be made; looking makes none."""
    patient = patient_of()
    assert [one.level for one in results.folders(patient)] == [Level.GOOD, Level.GOOD]
    assert "the first run makes it" in results.database(patient).what
    assert results.write_ahead_log(patient).level is Level.GOOD
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_database_in_use_is_well(patient_of, database):
    """Its tables are named, and nothing in it is changed."""
    before = database.read_bytes()
    found = results.database(patient_of())
    assert found.level is Level.GOOD
    assert HEAD in found.what
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("revision", "level", "words"),
    [
        ("9999", Level.BROKEN, "was written by a newer version of the robot (tables 9999"),
        ("0001", Level.WARNING, "has the tables of an older version (0001"),
    ],
)
def test_a_database_of_another_version(patient_of, database, revision, level, words):
    """A newer robot's is not touched; an older one's is brought up to date by the next run."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()
    found = results.database(patient_of())
    assert found.level is level
    assert words in found.what
    assert found.cure


def test_a_locked_database(patient_of, database):
    """It is told that another program holds it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        found = results.database(patient_of())
    assert found.what == f"the database {database} is locked by another program"
    assert "wait until it is done" in found.cure


def test_another_programs_database_and_what_is_none(patient_of, tmp_path):
    """Both are left alone."""
    file = tmp_path / "results_db/prober.sqlite"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    assert "has tables of another program" in results.database(patient_of()).what
    file.write_text("this is no database, and long enough to be told from one " * 20)
    found = results.database(patient_of())
    assert (found.level, "is not a database" in found.what) == (Level.BROKEN, True)


def test_too_little_room(patient_of):
    """The share that serve.disk_free asks for is the measure."""
    found = results.folders(patient_of("serve: {disk_free: 0.999}"))
    assert {one.level for one in found} == {Level.BROKEN}
    assert "serve.disk_free asks for 100%" in found[0].what


def test_a_file_where_a_folder_is_wanted(patient_of, tmp_path):
    """It is named."""
    (tmp_path / "results_db").write_text("", encoding="utf-8")
    found = results.folders(patient_of())
    assert found[0].what == f"results: {tmp_path / 'results_db'} is no folder"


@pytest.mark.parametrize(
    ("options", "words"), [("ro", "Read-only file system"), ("size=4k", "No space left on device")]
)
def test_a_folder_that_takes_nothing(patient_of, own_mounts, tmp_path, options, words):
    """A read-only and a full file system are told in the system's words."""
    patient_of()
    (tmp_path / "results_db").mkdir()
    source = f"""
from pathlib import Path
from prober.channels.registry import SETTINGS
from prober.doctor import results
from prober.doctor.finding import Patient
from prober.loading.config import load_config
for found in results.folders(Patient(settings=load_config(Path({str(tmp_path)!r}) / "config.yaml", SETTINGS))):
    print(found.level, found.what, found.cure)
"""
    mounted = own_mounts(tmp_path / "results_db", options)
    done = subprocess.run([*mounted, sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"broken results: {tmp_path / 'results_db'} takes no files: {words}")
    assert "chown" in done.stdout


def test_a_network_share_is_no_place_for_the_database(patient_of, monkeypatch):
    """What the log would lose there, nobody would notice till then."""
    monkeypatch.setattr(results, "_file_system", lambda _: "nfs4")
    found = results.write_ahead_log(patient_of())
    assert found.level is Level.BROKEN
    assert "nfs4, where SQLite's write-ahead log loses data" in found.what


def test_the_file_system_is_the_nearest_mounts():
    """The longest mount point above a folder tells its type."""
    assert results._file_system(Path("/dev")) in ("devtmpfs", "tmpfs")
    assert results._file_system(Path("/proc/self")) == "proc"


@pytest.mark.live
def test_a_servers_database(patient_of):
    """An empty one, one of this robot, a newer one's, and a server that is gone are told apart, without a password."""
    with server("fsync=off") as postgres:
        url = postgres.make("results")
        patient = patient_of(f'store: {{url: "{url}"}}')
        assert "opens, and is empty yet" in results.database(patient).what
        Store.open(url).close()
        assert HEAD in results.database(patient).what
        postgres.sql("ALTER DATABASE results SET default_transaction_read_only = on", "postgres")
        refused = results.database(patient)
        assert (refused.level, "can only be read" in refused.what) == (Level.BROKEN, True)
        postgres.sql("ALTER DATABASE results RESET default_transaction_read_only", "postgres")
        postgres.sql("UPDATE alembic_version SET version_num = '9999'", "results")
        assert "was written by a newer version" in results.database(patient).what
        assert [one.what.partition(":")[0] for one in results.folders(patient)] == ["evidence"]
        assert results.write_ahead_log(patient).level is Level.GOOD
    found = results.database(patient)
    assert (found.level, PASSWORD in found.what + found.cure) == (Level.BROKEN, False)
    assert found.cure


@pytest.mark.live
def test_two_machines_of_one_name(patient_of):
    """They are told at a server while both live; this machine before it was started anew is no other."""
    with server("fsync=off") as postgres:
        url = postgres.make("results")
        patient = patient_of(f'store: {{url: "{url}"}}')
        assert results.host_name(patient) == []
        store = Store.open(url)
        asyncio.run(store.leadership.lead(SCHEDULE))
        assert [one.level for one in results.host_name(patient)] == [Level.GOOD]
        postgres.sql("UPDATE leaders SET process_start = 'another-start/1'", "results")
        (found,) = results.host_name(patient)
        assert (found.level, socket.gethostname() in found.what) == (Level.WARNING, True)
        postgres.sql("UPDATE leaders SET seen_at = now() - interval '10 years'", "results")
        assert [one.level for one in results.host_name(patient)] == [Level.GOOD]
        store.close()
    assert results.host_name(patient) == []


def test_a_file_has_no_namesakes(patient_of, database):
    """It is one machine's."""
    assert results.host_name(patient_of()) == []
