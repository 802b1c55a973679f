"""Who reads the store beside the robot, and holds it to what it saw there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

LOOK_S = 0.2
_LATEST = 80
"""So many of the latest runs are looked at: what is older has ended."""
_RUNS = """
select id, ended_at, outcome, (select count(*) from steps where run_id = id)
from (select id, ended_at, outcome from runs order by rowid desc limit ?)
"""
_RESULTS = "select probe, planned_at, standing from probe_results order by rowid desc limit ?"
_CHANGES = "select id, incident_id, happened from incident_changes order by id desc limit ?"
_ALL = -1
Row = tuple[Any, ...]


def rows(database: Path, query: str, *values: object) -> list[Row]:
    """Return what the store has. It is opened anew each time: a reader that stays would mend what a kill leaves."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=2)) as connection:
        return connection.execute(query, values).fetchall()


@dataclass
class Witness:
    """
    What was seen committed in *database*, looked at five times a second and whenever `look` is called.

    *runs* by id: when and how each ended, and how many steps it had.
    """

    database: Path
    runs: dict[str, tuple[str | None, str | None, int]] = field(default_factory=dict)
    results: set[tuple[str, str, str]] = field(default_factory=set)
    changes: set[tuple[int, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watching(self) -> Iterator[Self]:
        """Look until the context ends."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_S):
                self.look()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()

    def look(self) -> None:
        """Note what there is by now; nothing, where there is no store yet, or it cannot be read at this moment."""
        with self._lock, suppress(sqlite3.Error):
            for run, *ended in rows(self.database, _RUNS, _LATEST):
                self.runs[run] = tuple(ended)
            self.results.update(rows(self.database, _RESULTS, _LATEST))
            self.changes.update(rows(self.database, _CHANGES, _LATEST))

    @property
    def ended(self) -> int:
        """How many runs were seen ended."""
        return sum(ended_at is not None for ended_at, _, _ in list(self.runs.values()))

    def lost(self) -> list[str]:
        """Return what was seen, and is not there any more, or is not as it was."""
        runs = {run: ended for run, *ended in rows(self.database, _RUNS, _ALL)}
        return [*self._runs_lost(runs), *self._others_lost()]

    def _runs_lost(self, runs: dict[str, list[Any]]) -> Iterator[str]:
        for run, (ended_at, outcome, steps) in self.runs.items():
            if run not in runs:
                yield f"run {run} was in the store, and is not"
                continue
            now_ended_at, now_outcome, now_steps = runs[run]
            if now_steps < steps:
                yield f"run {run} had {steps} steps, and has {now_steps}"
            if ended_at is not None and (ended_at, outcome) != (now_ended_at, now_outcome):
                yield f"run {run} had ended {outcome} at {ended_at}; now it is {now_outcome} at {now_ended_at}"

    def _others_lost(self) -> Iterator[str]:
        for probe, at, said in self.results - set(rows(self.database, _RESULTS, _ALL)):
            yield f"the result of {probe} at {at} was {said}, and is not"
        for number, of, said in self.changes - set(rows(self.database, _CHANGES, _ALL)):
            yield f"change {number} of {of} ({said}) is gone"
