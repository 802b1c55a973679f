"""What is to become better: how far its proof is, and what it was like before and after. Reading blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from prober.judge.improvement import progress
from prober.model.figures import Figures
from prober.model.improvement import Compared, Improvement, ImprovementChange, Progress, Stage
from prober.model.item import Item
from prober.model.scenario import Scenario
from prober.store.store import Store

_AT_MOST = 1000
"""Runs of a scenario that are looked at for a proof, the latest ones."""
BESIDE = timedelta(days=7)
"""How long before it was opened, and after it was mended, runs tell what it was like."""


def proving(item: Item, scenarios: Mapping[str, Scenario], channel: str) -> tuple[str, ...]:
    """
    Return which of the *scenarios* that judge *item* prove what is to become better on *channel*; "" is anywhere.

    What orders something is not played again and again, so it is asked for only where nothing else can prove it.
    """
    there = [name for name in item.scenarios if not channel or channel in scenarios[name].channels]
    return tuple([name for name in there if not scenarios[name].effects.orders] or there)


@dataclass(frozen=True)
class Improving:
    """What is to become better."""

    store: Store

    def progress(self, improvement: Improvement) -> Progress | None:
        """Return how far the proof of *improvement* is; None where it is not said to be mended."""
        since = improvement.mended_at
        if improvement.stage is not Stage.CHECK or since is None:
            return None
        names = improvement.scenarios
        runs = [run for name in names for run in self.store.queries.bare_runs(name, since=since, limit=_AT_MOST)]
        return progress(runs, scenarios=names, passes=improvement.passes, since=since)

    async def settle(self) -> list[Improvement]:
        """Write which improvements are proved by now, and return them as they stand then."""
        done = []
        waiting = await asyncio.to_thread(self.store.improvements.find, open_only=True)
        for one in waiting:
            found = await asyncio.to_thread(self.progress, one)
            if found is not None and found.proved_at is not None:
                shown = ", ".join(f"{name} {count}×" for name, count in found.passed.items())
                change = ImprovementChange(found.proved_at, "", Stage.DONE, f"passed in a row: {shown}")
                if await self.store.improvements.turn(one.id, change, of=[Stage.CHECK]):
                    done.append(replace(one, stage=Stage.DONE, since=change.at, changes=(*one.changes, change)))
        return done

    def compared(self, improvement: Improvement, now: datetime) -> Compared:
        """Return what it was like before and after."""
        names, opened_at, mended_at = improvement.scenarios, improvement.opened_at, improvement.mended_at
        before = self._figures(names, opened_at - BESIDE, opened_at)
        if mended_at is None:
            return Compared(before, None)
        return Compared(before, self._figures(names, mended_at, min(now, mended_at + BESIDE)))

    def _figures(self, scenarios: Sequence[str], since: datetime, until: datetime) -> Figures:
        return self.store.rollups.figures(since, until, scenario=scenarios).get((), Figures())
