"""Reads the store. Every method blocks: from an event loop, call it through a thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, Table, func, select, text

from prober.model.run import Layer, Outcome, Run, StepResult, told_apart
from prober.store import rows
from prober.store.database import Database
from prober.store.numbers import shown
from prober.store.tables import CAPTURES, EVIDENCE, LATE_REPLIES, ROLLUPS, RUNS, SERIES, STEPS, TIMINGS

_AT_ONCE = 500
"""Runs whose steps are fetched by one statement: databases limit the number of its parameters."""

_Key = Callable[[RowMapping], object]


@dataclass(frozen=True)
class LateReply:
    """A reply that came after its run had given it up. *msisdn* and *text* are masked."""

    run_id: str
    msisdn: str
    service: str
    asked_at: datetime
    received_at: datetime
    text: str


class Played(NamedTuple):
    """A step as it counts, without what hangs on it. Its *name* is told apart from others of its run."""

    run_id: str
    scenario: str
    line: str
    step: int
    name: str
    channel: str
    verb: str
    outcome: Outcome
    layer: Layer | None
    started_at: datetime
    took_s: float | None
    failure: str | None


_EARLIER = STEPS.alias()
_ALIKE = (
    select(func.count())
    .where(_EARLIER.c.run_id == STEPS.c.run_id, _EARLIER.c.name == STEPS.c.name, _EARLIER.c.step < STEPS.c.step)
    .correlate(STEPS)
    .scalar_subquery()
)
"""How many steps before it in its run have the same name."""
_STEPS_OF_RUNS = select(
    *(STEPS.c.run_id, RUNS.c.scenario, RUNS.c.line, STEPS.c.step, STEPS.c.name, _ALIKE, STEPS.c.channel, STEPS.c.verb),
    *(STEPS.c.outcome, STEPS.c.layer, STEPS.c.started_at, STEPS.c.took_s, STEPS.c.failure),
).select_from(RUNS.join(STEPS, STEPS.c.run_id == RUNS.c.id))
_BARE_COLUMNS = (
    *(STEPS.c.run_id, STEPS.c.outcome, STEPS.c.layer, STEPS.c.step, STEPS.c.name, STEPS.c.channel, STEPS.c.verb),
    *(STEPS.c.started_at, STEPS.c.ended_at, STEPS.c.within_s, STEPS.c.warn_s, STEPS.c.soft, STEPS.c.took_s),
)
_BARE_FIELDS = ("index", *(column.name for column in _BARE_COLUMNS[4:]))
_OUTCOMES = {str(one): one for one in Outcome}
_LAYERS = {str(one): one for one in Layer}
_BROKEN = text("steps.outcome IN ('failed', 'error')")
"""Written as the index is: with parameters no database would know that it is meant."""


class Queries:
    """What was measured, as it was measured."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, run_id: str) -> Run | None:
        """Return the run called *run_id* as far as it was played; None if there is none."""
        return next(iter(self._read(select(RUNS).where(RUNS.c.id == run_id))), None)

    def runs(
        self,
        *,
        scenario: str | None = None,
        item: str | None = None,
        line: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = 1000,
    ) -> list[Run]:
        """
        Return the runs that match everything that is given, the latest first, those under way among them.

        *since* and *until* are instants of `started_at`; *until* itself is left out.
        """
        wanted = select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(limit)
        for column, value in ((RUNS.c.scenario, scenario), (RUNS.c.item, item), (RUNS.c.line, line)):
            if value is not None:
                wanted = wanted.where(column == value)
        if since is not None:
            wanted = wanted.where(RUNS.c.started_at >= since)
        if until is not None:
            wanted = wanted.where(RUNS.c.started_at < until)
        return self._read(wanted)

    def bare_runs(
        self, scenario: str, *, since: datetime, until: datetime | None = None, limit: int = 1000
    ) -> list[Run]:
        """
        Return the runs of *scenario* that began from *since* to *until*, the latest first, as far as they are judged.

        Their steps are without failure, facts, timings, captures and evidence, and so come in a third of the time.
        """
        wanted = select(RUNS).where(RUNS.c.scenario == scenario, RUNS.c.started_at >= since)
        if until is not None:
            wanted = wanted.where(RUNS.c.started_at < until)
        wanted = wanted.order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc()).limit(limit)
        return self._database.read(lambda connection: list(_bare(connection, wanted)))

    def first_at(self, scenarios: Sequence[str]) -> datetime | None:
        """Return when the first run of one of *scenarios* began, as far as is kept; None if none was ever played."""
        runs = select(func.min(RUNS.c.started_at)).where(RUNS.c.scenario.in_(scenarios))
        series = select(SERIES.c.id).where(SERIES.c.scenario.in_(scenarios))
        counted = select(func.min(ROLLUPS.c.at)).where(ROLLUPS.c.series.in_(series))
        found = self._database.read(lambda connection: [connection.scalar(wanted) for wanted in (runs, counted)])
        return min((at for at in found if at is not None), default=None)

    def failures(
        self, since: datetime, until: datetime, *, scenarios: Sequence[str] = (), limit: int = 1000
    ) -> list[Played]:
        """Return the steps that failed, or could not be asked, from *since* to *until*, the latest first."""
        wanted = _STEPS_OF_RUNS.where(_BROKEN, STEPS.c.started_at >= since, STEPS.c.started_at < until)
        if scenarios:
            wanted = wanted.where(RUNS.c.scenario.in_(scenarios))
        wanted = wanted.order_by(STEPS.c.started_at.desc()).limit(limit)
        return [_played(*row) for row in self._database.read(lambda connection: connection.execute(wanted).all())]

    def late_replies(self, run_id: str) -> list[LateReply]:
        """Return the replies that came too late for the run that asked, in the order they came."""
        wanted = select(LATE_REPLIES).where(LATE_REPLIES.c.run_id == run_id).order_by(LATE_REPLIES.c.id)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [
            LateReply(**{name: value for name, value in row.items() if name != "id"} | {"msisdn": shown(row["msisdn"])})
            for row in found
        ]

    def _read(self, wanted: Select[Any]) -> list[Run]:
        return self._database.read(lambda connection: list(whole_runs(connection, wanted)))


def _played(run_id: str, scenario: str, line: str, *of_step: Any) -> Played:
    step, name, alike, channel, verb, outcome, layer, started_at, took_s, failure = of_step
    *_, name = told_apart([name] * (1 + alike))
    ended = (_OUTCOMES[outcome], layer and _LAYERS[layer], started_at, took_s, failure)
    return Played._make((run_id, scenario, line, step, name, channel, verb, *ended))


def _bare(connection: Connection, wanted: Select[Any]) -> Iterator[Run]:
    """Yield the runs that *wanted* selects from their table, in its order, with the steps as they count."""
    found = connection.execute(wanted).mappings().all()
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        of_them = select(*_BARE_COLUMNS).where(STEPS.c.run_id.in_([row["id"] for row in some])).order_by(STEPS.c.step)
        steps: defaultdict[str, list[StepResult]] = defaultdict(list)
        for run_id, outcome, layer, *rest in connection.execute(of_them).all():
            bare: dict[str, Any] = dict(zip(_BARE_FIELDS, rest, strict=True))
            steps[run_id].append(StepResult(**bare, outcome=_OUTCOMES[outcome], layer=layer and _LAYERS[layer]))
        yield from (rows.run_of(row, steps=steps[row["id"]], evidence=()) for row in some)


def whole_runs(connection: Connection, wanted: Select[Any]) -> Iterator[Run]:
    """Yield the runs that *wanted* selects from their table, whole, in its order."""
    found = connection.execute(wanted).mappings().all()
    for start in range(0, len(found), _AT_ONCE):
        yield from _whole(connection, found[start : start + _AT_ONCE])


def _whole(connection: Connection, found: Sequence[RowMapping]) -> Iterator[Run]:
    """Yield the runs of the rows *found*, with all that hangs on them: one statement a table, whatever their number."""
    ids = [row["id"] for row in found]
    steps = _grouped(connection, STEPS, ids, by=lambda row: row["run_id"], order="step")
    timings = _grouped(connection, TIMINGS, ids, by=_of_step, order="position")
    captures = _grouped(connection, CAPTURES, ids, by=_of_step, order="position")
    evidence = _grouped(connection, EVIDENCE, ids, by=lambda row: (row["run_id"], row["of_step"]), order="id")
    for row in found:
        results = [
            rows.step_of(
                step,
                timings=timings[_of_step(step)],
                captures=captures[_of_step(step)],
                evidence=evidence[_of_step(step)],
            )
            for step in steps[row["id"]]
        ]
        yield rows.run_of(row, steps=results, evidence=evidence[row["id"], None])


def _of_step(row: RowMapping) -> object:
    return row["run_id"], row["step"]


def _grouped(
    connection: Connection, table: Table, ids: Sequence[str], *, by: _Key, order: str
) -> defaultdict[object, list[RowMapping]]:
    groups: defaultdict[object, list[RowMapping]] = defaultdict(list)
    for row in (
        connection.execute(select(table).where(table.c.run_id.in_(ids)).order_by(table.c[order])).mappings().all()
    ):
        groups[by(row)].append(row)
    return groups
