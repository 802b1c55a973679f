"""Where items stand, what is normal for them, and what the gate said. Reading blocks."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from prober.model.item import Baseline, PhaseChange
from prober.model.run import Phase
from prober.model.verdict import Verdict
from prober.store import item_rows
from prober.store.database import Database
from prober.store.tables import BASELINES, PHASES, VERDICTS


class Items:
    """Keeps what becomes of items: nothing of it is ever changed, only added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_phase(self, change: PhaseChange) -> None:
        """Write that an item came to stand elsewhere."""
        row = asdict(change) | {"phase": str(change.phase)}
        await self._database.write(lambda connection: connection.execute(insert(PHASES).values(row)) and None)

    def phase(self, item: str) -> Phase:
        """Return where *item* stands: before its launch, if nobody ever said."""
        latest = next(iter(self.changes(item, limit=1)), None)
        return latest.phase if latest else Phase.PRE_LAUNCH

    def changes(self, item: str, *, limit: int | None = None) -> list[PhaseChange]:
        """Return the changes of the phase of *item*, the latest first."""
        wanted = select(PHASES).where(PHASES.c.item == item).order_by(PHASES.c.id.desc()).limit(limit)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [item_rows.change_of(row) for row in found]

    def begun_at(self, item: str, phase: Phase) -> datetime | None:
        """Return when *item* last came to stand in *phase*; None if nobody ever said that it does."""
        wanted = select(func.max(PHASES.c.id)).where(PHASES.c.item == item, PHASES.c.phase == str(phase))
        latest = select(PHASES.c.at).where(PHASES.c.id == wanted.scalar_subquery())
        at: datetime | None = self._database.read(lambda connection: connection.scalar(latest))
        return at

    async def put_baseline(self, baseline: Baseline) -> Baseline:
        """Write *baseline* as the next version of its item's, and return it with that version."""

        def put(connection: Connection) -> Baseline:
            of_it = BASELINES.c.item == baseline.item
            latest = connection.scalar(select(func.max(BASELINES.c.version)).where(of_it))
            numbered = replace(baseline, version=(latest or 0) + 1)
            connection.execute(insert(BASELINES).values(item_rows.of_baseline(numbered)))
            return numbered

        return await self._database.write(put)

    def baselines(self, item: str, *, phase: Phase | None = None, limit: int | None = None) -> list[Baseline]:
        """Return the baselines of *item*, of one *phase* if it is named, the latest first."""
        wanted = select(BASELINES).where(BASELINES.c.item == item).order_by(BASELINES.c.version.desc()).limit(limit)
        if phase is not None:
            wanted = wanted.where(BASELINES.c.phase == str(phase))
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [item_rows.baseline_of(row) for row in found]

    async def put_verdict(self, verdict: Verdict) -> None:
        """Write what the gate said."""
        row = item_rows.of_verdict(verdict)
        await self._database.write(lambda connection: connection.execute(insert(VERDICTS).values(row)) and None)

    def verdicts(self, item: str, *, limit: int | None = None) -> list[Verdict]:
        """Return the verdicts on *item*, the latest first."""
        wanted = select(VERDICTS).where(VERDICTS.c.item == item).order_by(VERDICTS.c.id.desc()).limit(limit)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [item_rows.verdict_of(row) for row in found]
