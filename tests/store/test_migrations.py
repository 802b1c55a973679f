"""A database of any age is brought to this version's tables; one of the future is left alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert, select, text

from prober.errors import StoreBroken
from prober.model.run import Outcome, Run
from prober.store import migrations
from prober.store.process import this_process
from prober.store.rows import run_row
from prober.store.store import Store
from prober.store.tables import INCIDENTS, LEADERS, LINES, METADATA, RUNS, STARTS, UNCHECKED

OPEN = """
import sys
from prober.store.store import Store
print("ready", flush=True)
sys.stdin.readline()
Store.open(sys.argv[1]).close()
"""


def test_the_migrations_make_the_tables_of_the_code(store_url: str) -> None:
    """What the migrations build is what the tables say, column by column; PostgreSQL lacks what it is not to check."""
    Store.open(store_url).close()
    engine = create_engine(store_url)
    with engine.connect() as connection:
        differing = compare_metadata(MigrationContext.configure(connection), METADATA)
        unchecked = UNCHECKED if connection.dialect.name == "postgresql" else ()
    engine.dispose()
    assert sorted((what, constraint.table.name) for what, constraint in differing) == sorted(
        ("add_fk", name) for name in unchecked
    )


def test_the_newest_revision_is_known_without_alembic() -> None:
    """`HEAD` is the newest of the scripts."""
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == migrations.HEAD


def test_four_processes_open_a_new_database_at_once(store_url: str) -> None:
    """Whoever comes first makes the tables; nobody fails."""
    program = [sys.executable, "-c", OPEN, store_url]
    processes = [subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4


OfRevision = Callable[[str], AbstractContextManager[Connection]]


@pytest.fixture
def of_revision(store_url: str, tmp_path: Path) -> OfRevision:
    """Make a database of an older revision, and hand out a connection that writes to it."""

    @contextmanager
    def made(revision: str) -> Iterator[Connection]:
        (tmp_path / "results_db").mkdir(exist_ok=True)
        engine = create_engine(store_url)
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            yield connection
        engine.dispose()

    return made


def test_runs_of_the_first_version_are_kept(store_url: str, of_revision: OfRevision, a_run: Callable[..., Run]) -> None:
    """A database of revision 0001 is brought up to date when it is opened, and its run is as it was."""
    with of_revision("0001") as connection:
        run = replace(a_run(), ended_at=a_run().started_at, outcome=Outcome.PASSED)
        later = ("remark", "probe")
        row = {name: value for name, value in run_row(run).items() if name not in later} | this_process().columns()
        connection.execute(insert(RUNS).values(row))
        connection.execute(insert(LINES).values(name=run.line, msisdn="13812340001", facts={}))
    store = Store.open(store_url)
    assert store.queries.run(run.id) == run
    assert store.orders.placed(still_open=False) == []
    of_run, of_line = (select(table.c.msisdn) for table in (RUNS, LINES))
    numbers = store._database.read(lambda connection: {connection.scalar(of_run), connection.scalar(of_line)})
    assert [number[:12] for number in numbers] == ["138••••0001#"]
    store.close()


def test_an_incident_that_nobody_told_in_chinese_is_kept(store_url: str, of_revision: OfRevision) -> None:
    """One of revision 0004 is as it was; its Chinese words are none."""
    with of_revision("0004") as connection:
        row = {
            "id": "INC-20261122-0001",
            "kind": "channel",
            "channel": "ivr",
            "layer": "prompt",
            "step": "听到余额",
            "severity": "major",
            "what": "another prompt",
            "worked": "",
            "first_run": "r1",
            "last_run": "r1",
            "opened_at": datetime(2026, 11, 22, tzinfo=UTC),
        }
        connection.execute(insert(INCIDENTS).values(row))
    store = Store.open(store_url)
    (incident,) = store.incidents.find()
    assert (incident.what, incident.what_zh, incident.worked_zh) == ("another prompt", "", "")
    store.close()


def test_several_missed_starts_are_told_up_to_when_they_were(store_url: str, of_revision: OfRevision) -> None:
    """Of revision 0006: up to the probe's next start, or till a robot led; nobody misses them a second time."""
    rows = [("a", 0, 30), ("a", 40, 1), ("b", 0, 10), ("b", 50, 2), ("c", 50, 1), ("d", 90, 2)]
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with of_revision("0006") as connection:
        for probe, minute, count in rows:
            row = {"probe": probe, "planned_at": noon + timedelta(minutes=minute), "count": count}
            connection.execute(insert(STARTS).values(row | {"term": 1, "missed": "late", "detail": ""}))
        led = {"name": "schedule", "term": 1, "seen_at": noon + timedelta(hours=1)}
        connection.execute(insert(LEADERS).values(led | this_process().columns()))
    store = Store.open(store_url)
    told = [
        (start.probe, start.until_at and (start.until_at - noon).seconds // 60)
        for start in store.starts.missed_since(noon)
    ]
    assert sorted(told, key=str) == [("a", 40), ("a", None), ("b", 50), ("b", 60), ("c", None), ("d", None)]
    store.close()


def test_a_line_in_use_stays_in_use(store_url: str, of_revision: OfRevision) -> None:
    """A lease and a request of revision 0007 hold on: their process lives, though nobody asks when it was seen."""
    with of_revision("0007") as connection:
        leased = "INSERT INTO leases VALUES ('a', 'r1', :host, :pid, :process_start, '2026-11-22', '2026-11-22')"
        asked = (
            "INSERT INTO lease_requests (run_id, lines, host, pid, process_start, expires_at) "
            """VALUES ('r2', '["b"]', :host, :pid, :process_start, '2026-11-22')"""
        )
        for row in (leased, asked):
            connection.execute(text(row), this_process().columns())
    store = Store.open(store_url)
    assert asyncio.run(store.leases.lease(["a", "b"], "r3", 0)) is None
    asyncio.run(store.leases.release("r2"))
    assert asyncio.run(store.leases.lease(["a", "b"], "r4", 0)) is not None
    store.close()


def test_a_newer_database_is_refused_with_a_sentence(store_url: str) -> None:
    """A database of a newer robot is neither read nor changed."""
    Store.open(store_url).close()
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreBroken, match=r"newer version of the robot \(its tables are 9999.*Update the robot"):
        Store.open(store_url)


def test_another_programs_database_is_refused(store_url: str, tmp_path: Path) -> None:
    """The robot never adds its tables to a database that is not its own."""
    (tmp_path / "results_db").mkdir()
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id integer)")
    engine.dispose()
    with pytest.raises(StoreBroken, match="belongs to another program: it has tables of its own \\(orders\\)"):
        Store.open(store_url)
