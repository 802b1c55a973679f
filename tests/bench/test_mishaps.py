"""The parts of the bench of mishaps: whatever is wrong in a robot's books is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.alerts.languages import LANGUAGES
from prober.model.probe import Schedule
from prober.scheduler.timetable import Timetable
from prober.store.store import Store
from scripts.benches.breaking.books import Books, Span, audited
from scripts.benches.breaking.sink import Told
from scripts.benches.breaking.witness import Witness

TABLE = Timetable("p", Schedule(10.0))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DUE = [TABLE.after(NOON) + n * timedelta(seconds=10) for n in range(6)]
SPAN = Span(NOON, NOON + timedelta(seconds=60))
AGAIN = LANGUAGES["en"].again


class Kept:
    """A store that a robot left behind, written by hand."""

    def __init__(self, file: Path) -> None:
        Store.open(f"sqlite:///{file}").close()
        self.file = file
        self.db = sqlite3.connect(file, isolation_level=None)

    def put(self, table: str, **row: object) -> None:
        columns = self.db.execute(f"pragma table_info({table})").fetchall()
        for _, name, kind, needed, default, key in columns:
            if needed and default is None and not (key and kind == "INTEGER"):
                row.setdefault(name, 0 if kind in ("INTEGER", "BOOLEAN", "FLOAT") else "")
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self.db.execute(f"insert into {table} ({names}) values ({marks})", [*row.values()])  # noqa: S608

    def run(self, n: int, **more: object) -> None:
        """A start that was made, its run, and its result."""
        at, run = text(DUE[n]), f"run-{n}"
        self.put("starts", probe="p", planned_at=at, run_id=run)
        self.put("runs", id=run, probe="p", planned_at=at, attempt=1, outcome="passed", **{"ended_at": at} | more)
        self.put("probe_results", probe="p", planned_at=at, standing="well", runs=json.dumps([run]))

    def again(self, n: int, run: str, **more: object) -> None:
        """A second attempt."""
        at = text(DUE[n])
        self.put("runs", id=run, probe="p", planned_at=at, attempt=2, outcome="failed", **{"ended_at": at} | more)

    def missed(self, n: int, count: int, why: str = "down") -> None:
        self.put("starts", probe="p", planned_at=text(DUE[n]), missed=why, count=count)

    def books(self, **more: object) -> Books:
        return audited(self.file, {"p": 10.0}, [SPAN], **more)  # type: ignore[arg-type]


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A store in which all that was due was made, or missed; then it is to be spoiled."""
    kept = Kept(tmp_path / "prober.sqlite")
    for n in (0, 1, 4):
        kept.run(n)
    kept.missed(2, 2)
    kept.run(5)
    with closing(kept.db):
        yield kept


def test_a_second_attempt_counts_once_unless_it_was_cut_off(kept: Kept) -> None:
    """One that a kill cut off says nothing, and is made anew; two that ended are one too many."""
    kept.again(0, "cut-off", interrupted=1)
    kept.again(0, "anew")
    assert kept.books().doubled == []
    kept.again(0, "too-many")
    assert [one.partition(": ")[2] for one in kept.books().doubled] == ["2 runs of attempt 2"]


def test_books_that_are_in_order(kept: Kept) -> None:
    """Runs and what was missed make up all that was due; several in a row are one row."""
    books = kept.books()
    missed = {"no robot was playing the probe": 2}
    assert (books.due, books.made, dict(books.missed), books.remarks) == (6, 4, missed, [])


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        ("delete from starts where run_id = 'run-4'", "unaccounted: p at"),
        ("update starts set run_id = null where run_id = 'run-4'", "unaccounted: p at"),
        ("update starts set count = 3 where missed = 'down'", "doubled: p at"),
        ("update starts set run_id = null, missed = 'down' where run_id = 'run-4'", "doubled: p at"),
        ("delete from runs where id = 'run-4'", "unaccounted: p at"),
        ("delete from probe_results where runs like '%run-4%'", "result lost: p at"),
        ("update probe_results set runs = '[\"run-4\"]'", "result doubled: run run-4 counts in 4 results"),
        ("update runs set ended_at = null where id = 'run-5'", "not marked interrupted: run run-5 has no end"),
    ],
)
def test_what_is_wrong_is_found(kept: Kept, spoilt: str, found: str) -> None:
    """Each by its name."""
    kept.db.execute(spoilt)
    assert any(remark.startswith(found) for remark in kept.books().remarks), kept.books().remarks


def test_a_run_that_was_under_way_at_a_kill_is_to_be_marked(kept: Kept) -> None:
    """One that the next robot let stand as if it had ended is told."""
    assert kept.books(under_way=["run-4"]).unmarked == ["run run-4"]
    kept.db.execute("update runs set interrupted = 1 where id = 'run-4'")
    assert kept.books(under_way=["run-4"]).unmarked == []


def test_an_hour_that_comes_again_is_due_again(kept: Kept) -> None:
    """With instants of its own; what was played a moment before the clock was set back is not asked for."""
    again = Span(NOON + timedelta(seconds=20), NOON + timedelta(seconds=60), passage=1, forgiven=1.0)
    lacking = audited(kept.file, {"p": 10.0}, [SPAN, again]).unaccounted
    assert [one.partition(" (pass 2)")[0] for one in lacking] == [f"p at {at}" for at in DUE[3:]]
    for at in DUE[3:]:
        kept.put("starts", probe="p", planned_at=text(at + timedelta(microseconds=1)), missed="busy")
    assert audited(kept.file, {"p": 10.0}, [SPAN, again]).unaccounted == []


def test_alarms_are_held_against_what_was_heard(kept: Kept) -> None:
    """Said to be sent and never heard, told twice without a word, and the end that nobody was told of."""
    kept.put("incidents", id="INC-1", closed_at=text(DUE[3]))
    kept.put("incident_changes", id=7, incident_id="INC-1", happened="closed")
    alarm = {"incident_id": "INC-1", "state": "sent", "title": "T", "text": "said http://reports.invalid/INC-1"}
    kept.put("alarms", reason="opened", change_id=1, number=1, **alarm)
    first = Told("T", "said http://reports.invalid/INC-1", well=False)
    books = kept.books(told=[first, first])
    assert books.alarms_lost == ["INC-1: nobody was told that it is over"]
    assert (books.told_again, books.again_unmarked) == (1, ["INC-1: T"])
    marked = Told("T", f"{first.text}\n{AGAIN}", well=False)
    assert kept.books(told=[first, marked]).again_unmarked == []
    assert "INC-1 opened: said to be sent, and never heard" in kept.books().alarms_lost


def test_what_was_seen_must_stay(kept: Kept) -> None:
    """A run, its end and its steps, a result."""
    witness = Witness(kept.file)
    witness.look()
    assert (len(witness.runs), witness.lost()) == (4, [])
    kept.db.execute("update runs set outcome = 'error' where id = 'run-4'")
    kept.db.execute("delete from runs where id = 'run-5'")
    kept.db.execute("delete from probe_results where runs like '%run-0%'")
    assert sorted(one.partition(" had ")[0].partition(" was ")[0] for one in witness.lost()) == [
        "run run-4",
        "run run-5",
        f"the result of p at {text(DUE[0])}",
    ]
