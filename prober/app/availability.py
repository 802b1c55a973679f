"""How available each probe's channel was, by what is kept, and by the maintenance that config.yaml has now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from prober.app.work import Work
from prober.judge.availability import Availability, Span, Spans, availability
from prober.loading.maintenance import held
from prober.model.incident import Kind
from prober.model.probe import Missed, Probe, Start
from prober.scheduler import Timetable
from prober.store.store import Store
from prober.store.time_spent import Spent

_NOBODY = (Missed.DOWN, Missed.MAINTENANCE)
"""Why a start is missed where nobody was there to ask, or was meant to."""


@dataclass(frozen=True)
class Available:
    """How available one probe's channel was from *since* on."""

    probe: Probe
    since: datetime
    of: Availability


def availabilities(
    work: Work, store: Store, *, now: datetime, lasting: timedelta | None = None, item: str | None = None
) -> list[Available]:
    """Return it for each probe, of *item* alone if one is given: *lasting* until *now*, else over its own window."""
    probes = [probe for probe in work.probes if item is None or probe.scenario.item == item]
    begins = {probe.name: now - (lasting or timedelta(seconds=probe.window_s)) for probe in probes}
    spent = store.time_spent.of(begins, min(begins.values(), default=now), now)
    return [
        Available(probe, since, availability(_spans(work, probe, spent[probe.name], (since, now)), since, now))
        for probe in probes
        for since in (begins[probe.name],)
    ]


def _spans(work: Work, probe: Probe, spent: Spent, whole: Span) -> Spans:
    excluded = [
        *held(work.windows, probe.scenario.item, whole),
        *spent.incidents[Kind.ROBOT],
        *_lasted(probe, (start for start in spent.unasked if start.missed in _NOBODY)),
    ]
    unasked = [*_lasted(probe, (start for start in spent.unasked if start.missed not in _NOBODY))]
    return Spans(spent.first_at, spent.incidents[Kind.CHANNEL], excluded, unasked)


def _lasted(probe: Probe, starts: Iterable[Start]) -> Iterable[Span]:
    """Yield from when to when *starts* would have told how the channel was: up to the start after them."""
    timetable = Timetable.of(probe)
    return ((start.planned_at, timetable.nth(start.planned_at, start.count + 1)) for start in starts)
