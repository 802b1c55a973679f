"""The books a robot must keep, whatever breaks: every planned start, every run's result, every incident's alarms."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prober.alerts.languages import LANGUAGES
from prober.model.incident import Incident
from prober.model.probe import Missed, Schedule
from prober.scheduler.timetable import Timetable
from prober.store.store import Store
from scripts.benches.breaking.sink import Told
from scripts.benches.breaking.witness import rows

_AGAIN = LANGUAGES["en"].again


@dataclass(frozen=True)
class Span:
    """
    From when to when starts were due, by the robot's clock. *passage* counts how often that clock was set back before.

    Of what is due in the first *forgiven* share of a period nothing is asked: it was played a moment ago.
    """

    since: datetime
    until: datetime
    passage: int = 0
    forgiven: float = 0.0


@dataclass
class Books:
    """What was found, in numbers; *remarks* say of each fault what it is."""

    due: int = 0
    made: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    unaccounted: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    results_lost: list[str] = field(default_factory=list)
    results_doubled: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    interrupted: int = 0
    alarms: int = 0
    alarms_lost: list[str] = field(default_factory=list)
    told_again: int = 0
    again_unmarked: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> list[str]:
        """What is wrong, a sentence each."""
        named = {
            "unaccounted": self.unaccounted,
            "doubled": self.doubled,
            "result lost": self.results_lost,
            "result doubled": self.results_doubled,
            "not marked interrupted": self.unmarked,
            "alarm lost": self.alarms_lost,
            "alarm doubled without a word": self.again_unmarked,
        }
        return [f"{what}: {one}" for what, found in named.items() for one in found]


@dataclass(frozen=True)
class _Start:
    probe: str
    planned_at: datetime
    run: str | None
    missed: str | None
    count: int
    detail: str

    @property
    def passage(self) -> int:
        return self.planned_at.microsecond % 1000

    @property
    def first_at(self) -> datetime:
        return self.planned_at - timedelta(microseconds=self.passage)


@dataclass(frozen=True)
class _Run:
    id: str
    probe: str
    planned_at: datetime
    attempt: int
    ended: bool
    outcome: str | None
    interrupted: bool

    @property
    def asked(self) -> bool:
        """Whether it came to an end that counts."""
        return self.ended and self.outcome != "skipped" and not self.interrupted


def audited(
    database: Path,
    periods_s: Mapping[str, float],
    spans: Sequence[Span],
    *,
    under_way: Sequence[str] = (),
    told: Sequence[Told] = (),
) -> Books:
    """
    Return what the books of a robot that has ended say.

    *spans* are when it kept its schedule; *under_way* the runs that were at some kill, *told* all that the sink heard.
    """
    books = Books()
    starts, runs = _starts(database), _runs(database)
    for probe, every_s in periods_s.items():
        timetable = Timetable(probe, Schedule(every_s))
        _audit_starts(books, timetable, [one for one in starts if one.probe == probe], spans)
    _audit_runs(books, starts, runs, under_way)
    _audit_results(books, database, runs)
    _audit_alarms(books, database, told)
    return books


def _audit_starts(books: Books, timetable: Timetable, starts: Sequence[_Start], spans: Sequence[Span]) -> None:
    covered: Counter[tuple[int, datetime]] = Counter()
    for start in starts:
        if start.missed:
            books.missed[Missed[start.missed.upper()].value] += start.count
        elif start.run is None:
            books.unaccounted.append(f"{start.probe} at {start.planned_at}: claimed, neither made nor missed")
        covered.update((start.passage, at) for at in _instants(timetable, start.first_at, start.count))
    for span in spans:
        forgiven = timedelta(seconds=span.forgiven * timetable.period_s(span.since))
        for at in _due(timetable, span.since + forgiven, span.until):
            books.due += 1
            if not covered[span.passage, at]:
                again = f" (pass {span.passage + 1})" if span.passage else ""
                books.unaccounted.append(f"{timetable.name} at {at}{again}: no row tells of it")
    twice = [key for key, times in covered.items() if times > 1]
    books.doubled += [f"{timetable.name} at {at}: {covered[passage, at]} rows tell of it" for passage, at in twice]


def _instants(timetable: Timetable, first_at: datetime, count: int) -> Iterator[datetime]:
    for _ in range(count):
        yield first_at
        first_at = timetable.after(first_at)


def _due(timetable: Timetable, since: datetime, until: datetime) -> Iterator[datetime]:
    at = timetable.after(since)
    while at <= until:
        yield at
        at = timetable.after(at)


def _audit_runs(books: Books, starts: Sequence[_Start], runs: Sequence[_Run], under_way: Sequence[str]) -> None:
    of = {(start.probe, start.planned_at): start for start in starts}
    known = {run.id: run for run in runs}
    for start in starts:
        if start.run and start.run not in known:
            books.unaccounted.append(f"{start.probe} at {start.planned_at}: its run {start.run} is not there")
    books.made = sum(run.attempt == 1 for run in runs)
    for run in runs:
        start = of.get((run.probe, run.planned_at))
        if run.attempt == 1 and (start is None or start.run != run.id):
            became = f"{start.missed}: {start.detail}" if start else "nothing"
            books.doubled.append(f"{run.probe} at {run.planned_at}: run {run.id}, and its start became {became}")
    # A second attempt that was cut off is made anew: it said nothing.
    whole = Counter((run.probe, run.planned_at, run.attempt) for run in runs if not run.interrupted)
    books.doubled += [
        f"{probe} at {at}: {n} runs of attempt {attempt}" for (probe, at, attempt), n in whole.items() if n > 1
    ]
    books.interrupted = sum(run.interrupted for run in runs)
    books.unmarked += [f"run {run}" for run in under_way if run in known and not known[run].interrupted]
    books.unmarked += [f"run {run.id} has no end" for run in runs if not run.ended]


def _audit_results(books: Books, database: Path, runs: Sequence[_Run]) -> None:
    of: Counter[str] = Counter()
    for (ids,) in rows(database, "select runs from probe_results"):
        of.update(json.loads(ids))
    for run in runs:
        if run.asked and not of[run.id]:
            books.results_lost.append(f"{run.probe} at {run.planned_at}: run {run.id} ended {run.outcome}")
    books.results_doubled += [f"run {run} counts in {n} results" for run, n in of.items() if n > 1]


def _audit_alarms(books: Books, database: Path, told: Sequence[Told]) -> None:
    heard = {(_plain(one.title), _plain(one.text)) for one in told}
    sent: defaultdict[str, int] = defaultdict(int)
    query = "select incident_id, reason, state, change_id, title, text, error from alarms"
    for incident, reason, state, change, title, text, error in rows(database, query):
        if state == "sent":
            books.alarms += 1
            sent[incident] = max(sent[incident], change or 0)
            if (_plain(title), _plain(text)) not in heard:
                books.alarms_lost.append(f"{incident} {reason}: said to be sent, and never heard")
        elif state != "needless":
            books.alarms_lost.append(f"{incident} {reason}: still {state} ({error})")
    closed = rows(database, "select incident_id, max(id) from incident_changes where happened = 'closed' group by 1")
    books.alarms_lost += [f"{one}: nobody was told that it is over" for one, change in closed if sent[one] < change]
    opened = rows(database, "select id from incidents")
    books.alarms_lost += [f"{one}: nobody was told of it" for (one,) in opened if one not in sent]
    _audit_doubles(books, told)


def _audit_doubles(books: Books, told: Sequence[Told]) -> None:
    """Count what was told more than once; from the second time on it must say so."""
    before: set[tuple[str, bool]] = set()
    for one in told:
        if one.incident is None:
            continue  # a sum of several, of which each line is another message's
        key = (one.incident, one.well)
        if key in before:
            books.told_again += 1
            if _AGAIN not in one.text:
                books.again_unmarked.append(f"{one.incident}: {one.title}")
        before.add(key)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _starts(database: Path) -> list[_Start]:
    query = "select probe, planned_at, run_id, missed, count, detail from starts"
    return [_Start(probe, instant(at), *rest) for probe, at, *rest in rows(database, query)]


def _runs(database: Path) -> list[_Run]:
    query = "select id, probe, planned_at, attempt, ended_at, outcome, interrupted from runs where probe is not null"
    return [
        _Run(run, probe, instant(at), attempt, ended_at is not None, outcome, bool(interrupted))
        for run, probe, at, attempt, ended_at, outcome, interrupted in rows(database, query)
    ]


def instant(text: str) -> datetime:
    """Return an instant as the store writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def incidents_of(database: Path) -> list[Incident]:
    """Return every incident, of a robot that has ended."""
    store = Store.open_to_read(f"sqlite:///{database}")
    try:
        return store.incidents.find(limit=None)
    finally:
        store.close()
