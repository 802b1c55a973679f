"""How long what was kept is kept: by its age, its outcome and its weight, a little at a time beside a robot at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, or_, select, union, update

from prober.loading.config_service import RetentionSettings
from prober.model.order import OrderState
from prober.model.run import Outcome
from prober.store import spent_evidence
from prober.store.database import Database
from prober.store.removal import remove_runs
from prober.store.rollups import Rollups
from prober.store.spans import DAY, HOUR, RUN
from prober.store.tables import (
    CAPTURES,
    EVIDENCE,
    INCIDENT_PROBES,
    INCIDENTS,
    LATE_REPLIES,
    ORDERS,
    PROBE_RESULTS,
    QUARANTINES,
    ROLLED,
    ROLLUPS,
    RUNS,
    STARTS,
)

T = TypeVar("T")
_AT_ONCE = 200
"""What is deleted in one transaction: the robot's next step waits for it, some milliseconds."""
_RIGHT = (str(Outcome.PASSED), str(Outcome.SLOW), str(Outcome.SKIPPED))
_OVER = (str(OrderState.UNDONE), str(OrderState.UNPLACED), str(OrderState.SETTLED))


@dataclass
class Pruned:
    """How much was freed, or would be. *leftovers* are files that a killed robot left behind."""

    files: int = 0
    bytes: int = 0
    leftovers: int = 0
    runs: int = 0
    texts: int = 0
    hours: int = 0
    days: int = 0
    incidents: int = 0
    starts: int = 0
    orders: int = 0

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to free."""
        return not any(getattr(self, field.name) for field in fields(self))


class Retention:
    """Prunes a store. Of an open incident nothing is pruned, nor of the runs that it points to."""

    def __init__(self, database: Database, rollups: Rollups) -> None:
        self._database = database
        self._rollups = rollups

    async def prune(
        self,
        evidence: Path,
        keep: RetentionSettings,
        *,
        now: datetime,
        dry_run: bool = False,
        told: Callable[[str], None] = lambda _: None,
    ) -> Pruned:
        """
        Free what *keep* keeps no longer, and return how much that was; with *dry_run*, how much it would be.

        Rows go before their files: what is there can be verified at any moment, also when this is killed. What was
        not yet counted by the hour is counted first. *told* hears what is done next.
        """
        work = _Pruning(self._database, evidence, keep, now=now, dry_run=dry_run)
        if not dry_run:
            told("counting by the hour")
            await self._rollups.roll(now)
        for name, step in work.steps.items():
            told(name)
            await step()
        return work.pruned


class _Pruning:
    """One pruning under way."""

    def __init__(
        self, database: Database, evidence: Path, keep: RetentionSettings, *, now: datetime, dry_run: bool
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._keep = keep
        self._now = now
        self._dry_run = dry_run
        self.pruned = Pruned()
        self.steps = {
            "evidence": self._spent_evidence,
            "texts": self._texts,
            "runs": self._runs,
            "figures": self._figures,
            "incidents": self._incidents,
            "starts and orders": self._starts_and_orders,
        }

    def _before(self, kept_s: float) -> datetime:
        return self._now - timedelta(seconds=kept_s)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._database.read, work)

    async def _spent_evidence(self) -> None:
        right = RUNS.c.outcome.in_(_RIGHT)
        spent = or_(
            and_(right, RUNS.c.started_at < self._before(self._keep.evidence)),
            RUNS.c.started_at < self._before(self._keep.failures),
            RUNS.c.started_at < self._before(self._keep.steps),
        )
        weighed = await self._read(lambda connection: _weighed(connection, spent, right, self._keep.evidence_size))
        for start in range(0, len(weighed), _AT_ONCE):
            some = weighed[start : start + _AT_ONCE]
            self.pruned.files += sum(files for _, files, _ in some)
            self.pruned.bytes += sum(size_bytes for _, _, size_bytes in some)
            if not self._dry_run:
                await spent_evidence.drop(self._database, self._evidence, [run_id for run_id, _, _ in some])
        swept = await spent_evidence.sweep(self._database, self._evidence, self._now, dry_run=self._dry_run)
        self.pruned.leftovers += swept

    async def _texts(self) -> None:
        before = RUNS.c.started_at < self._before(self._keep.texts)
        old = select(RUNS.c.id).where(before, RUNS.c.ended_at.is_not(None), RUNS.c.id.not_in(_HELD))
        wanted = select(CAPTURES.c.run_id).where(CAPTURES.c.run_id.in_(old)).distinct()
        self.pruned.texts += await self._delete(CAPTURES, CAPTURES.c.run_id, wanted)
        late = select(LATE_REPLIES.c.id).where(LATE_REPLIES.c.received_at < self._before(self._keep.texts))
        self.pruned.texts += await self._delete(LATE_REPLIES, LATE_REPLIES.c.id, late)

    async def _runs(self) -> None:
        cut = self._before(self._keep.steps)
        old = select(RUNS.c.id).where(RUNS.c.started_at < cut, RUNS.c.ended_at.is_not(None), RUNS.c.id.not_in(_HELD))
        if not self._dry_run:
            await self._since(RUN, cut)
        self.pruned.runs += await self._each(old, _AT_ONCE, remove_runs)

    async def _figures(self) -> None:
        for span, kept_s in ((HOUR, self._keep.hourly), (DAY, self._keep.daily)):
            cut = self._before(kept_s)
            old = select(ROLLUPS.c.at).where(ROLLUPS.c.span == span, ROLLUPS.c.at < cut).distinct()
            if not self._dry_run:
                await self._since(span, cut)
            gone = await self._delete(ROLLUPS, ROLLUPS.c.at, old, ROLLUPS.c.span == span, at_once=10)
            setattr(self.pruned, f"{span}s", gone)

    async def _incidents(self) -> None:
        old = select(INCIDENTS.c.id).where(INCIDENTS.c.closed_at < self._before(self._keep.incidents))
        self.pruned.incidents += await self._delete(INCIDENTS, INCIDENTS.c.id, old)

    async def _starts_and_orders(self) -> None:
        cut = self._before(self._keep.steps)
        open_ones = select(INCIDENTS.c.id).where(INCIDENTS.c.closed_at.is_(None))
        of_none = or_(PROBE_RESULTS.c.incident_id.is_(None), PROBE_RESULTS.c.incident_id.not_in(open_ones))
        for table, at, also in (
            (STARTS, STARTS.c.planned_at, STARTS.c.planned_at < cut),
            (PROBE_RESULTS, PROBE_RESULTS.c.planned_at, and_(PROBE_RESULTS.c.planned_at < cut, of_none)),
            (QUARANTINES, QUARANTINES.c.until_at, QUARANTINES.c.until_at < self._now - timedelta(days=1)),
        ):
            self.pruned.starts += await self._delete(table, at, select(at).where(also).distinct(), also)
        over = select(ORDERS.c.run_id).where(ORDERS.c.claimed_at < cut, ORDERS.c.state.in_(_OVER))
        self.pruned.orders += await self._delete(ORDERS, ORDERS.c.run_id, over)

    async def _since(self, span: str, cut: datetime) -> None:
        """Note first that what is older is gone: figures are then read from what is kept longer."""
        changed = update(ROLLED).where(ROLLED.c.span == span).values(since_at=cut)
        made = ROLLED.insert().values(span=span, until_at=cut, since_at=cut)

        def note(connection: Connection) -> None:
            if connection.execute(changed).rowcount == 0:
                connection.execute(made)

        await self._database.write(note)

    async def _delete(
        self, table: Table, key: ColumnElement[Any], wanted: Select[Any], *also: ColumnElement[bool], at_once: int = 0
    ) -> int:
        """Delete the rows of *table* whose *key* is *wanted*, a few at a time, and return how many keys there were."""

        def delete_some(connection: Connection, keys: Sequence[Any]) -> None:
            connection.execute(delete(table).where(key.in_(keys), *also))

        return await self._each(wanted, at_once or _AT_ONCE, delete_some)

    async def _each(
        self, wanted: Select[Any], at_once: int, remove: Callable[[Connection, Sequence[Any]], None]
    ) -> int:
        """Have the keys that are *wanted* removed, so many at a time, and return how many there were."""
        keys = await self._read(lambda connection: connection.scalars(wanted).all())
        for start in range(0, 0 if self._dry_run else len(keys), at_once):
            some = keys[start : start + at_once]
            await self._database.write(lambda connection, some=some: remove(connection, some))  # type: ignore[misc]
        return len(keys)


_OPEN = INCIDENTS.c.closed_at.is_(None)
_OF_OPEN = INCIDENT_PROBES.join(INCIDENTS, INCIDENTS.c.id == INCIDENT_PROBES.c.incident_id)
_HELD = union(
    select(INCIDENTS.c.first_run).where(_OPEN),
    select(INCIDENTS.c.last_run).where(_OPEN),
    select(INCIDENT_PROBES.c.first_run).select_from(_OF_OPEN).where(_OPEN),
    select(INCIDENT_PROBES.c.last_run).select_from(_OF_OPEN).where(_OPEN),
)
"""The runs that open incidents point to."""


def _weighed(
    connection: Connection, spent: ColumnElement[bool], right: ColumnElement[bool], most_bytes: int
) -> Sequence[tuple[str, int, int]]:
    """
    Return the runs whose evidence is to go, each with its files and bytes.

    They are the *spent* ones and, while all evidence weighs more than *most_bytes* (0: any weight), the oldest of
    those that were *right*, then the oldest of the others.
    """
    weight = (func.count(EVIDENCE.c.path.distinct()), func.coalesce(func.sum(EVIDENCE.c.bytes), 0))
    runs = select(RUNS.c.id, *weight, spent.label("spent")).join(EVIDENCE, EVIDENCE.c.run_id == RUNS.c.id)
    runs = runs.where(RUNS.c.ended_at.is_not(None), RUNS.c.id.not_in(_HELD)).group_by(RUNS.c.id)
    over_bytes = 0
    if most_bytes:
        over_bytes = int(connection.scalar(select(func.coalesce(func.sum(EVIDENCE.c.bytes), 0))) or 0) - most_bytes
    if over_bytes <= 0:
        runs = runs.where(spent)
    rows = connection.execute(runs.order_by(spent.desc(), right.desc(), RUNS.c.started_at, RUNS.c.id)).all()
    found = []
    for run_id, files, size_bytes, is_spent in rows:
        if not is_spent and over_bytes <= 0:
            break
        found.append((run_id, int(files), int(size_bytes)))
        over_bytes -= int(size_bytes)
    return found
