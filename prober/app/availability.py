"""How available each probe's channel was, by what is kept, and by the maintenance that config.yaml has now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from prober.app.work import Work
from prober.judge.availability import Availability, Spans, availability
from prober.loading.maintenance import held
from prober.model.incident import Kind
from prober.model.probe import Missed, Probe
from prober.model.span import Span
from prober.scheduler import Timetable
from prober.store.store import Store
from prober.store.time_spent import Spent


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
    timetable = Timetable.of(probe)
    excluded = [*held(work.windows, probe.scenario.item, whole), *spent.incidents[Kind.ROBOT]]
    unasked = []
    for start, next_at in spent.unasked:
        asked_at = next_at or timetable.after(start.told_until_at)
        if start.missed is Missed.DOWN:  # until it is told: a robot leads again
            led_at = min(start.told_until_at, asked_at)
            excluded.append((start.planned_at, led_at))
            unasked.append((led_at, asked_at))
        else:
            unasked.append((start.planned_at, asked_at))
    if spent.last is not None:
        _, now = whole
        due_at = timetable.after(spent.last.told_until_at)
        if now - due_at > timedelta(seconds=probe.grace_s):  # nobody told that it was missed
            excluded.append((due_at, now))
    return Spans(spent.first_at, spent.incidents[Kind.CHANNEL], excluded, unasked)
