"""How a probe's time was spent is read from what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Missed, Start, Watched
from prober.model.run import Layer
from prober.store.leadership import SCHEDULE
from prober.store.store import Store
from tests.store.conftest import NOON

PAGE = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see x")
ROBOT = Cause(Kind.ROBOT, "web", Layer.ROBOT, "web.open")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


async def tell(store: Store, minutes: float, standing: Standing, cause: Cause | None = None, probe: str = "a") -> None:
    made = ProbeResult(probe, at(minutes), at(minutes), standing, (f"{probe}{minutes}",))
    await store.incidents.apply(replace(made, cause=cause), Watched(probe))


@pytest.fixture
async def spent(store: Store) -> Store:
    """Two probes with one incident of the channel that one left and joined again, and one of the robot's."""
    await tell(store, -1, Standing.UNASKED)
    await tell(store, 0, Standing.WELL)
    await tell(store, 5, Standing.FAILED, PAGE)
    await tell(store, 6, Standing.FAILED, PAGE, "b")
    await tell(store, 10, Standing.WELL)
    await tell(store, 20, Standing.FAILED, PAGE)
    await tell(store, 25, Standing.WELL, probe="b")
    await tell(store, 30, Standing.WELL)
    await tell(store, 40, Standing.ERROR, ROBOT)
    term = await store.leadership.lead(SCHEDULE) or 0
    await store.starts.missed(Start("a", at(45), None, Missed.BUSY, "no line"), term)
    await store.starts.missed(Start("a", at(50), None, Missed.DOWN, "", 3, at(53)), term)
    await store.starts.claim("b", at(51), term)
    return store


async def test_each_probe_is_down_while_it_fails(spent: Store) -> None:
    """From when it joined an incident until it left; what is still open lasts until now."""
    found = spent.time_spent.of(["a", "b", "never"], at(-60), at(60))
    assert found["a"].first_at == at(0)
    assert sorted(found["a"].incidents[Kind.CHANNEL]) == [(at(5), at(10)), (at(20), at(30))]
    assert found["a"].incidents[Kind.ROBOT] == [(at(40), at(60))]
    assert found["b"].incidents[Kind.CHANNEL] == [(at(6), at(25))]
    assert (found["never"].first_at, found["never"].incidents[Kind.CHANNEL]) == (None, [])


async def test_what_was_not_asked_is_told_with_its_reason(spent: Store) -> None:
    """And with the start after it; the last one before speaks up to it, too."""
    busy = Start("a", at(45), None, Missed.BUSY, "no line")
    down = Start("a", at(50), None, Missed.DOWN, "", 3, at(53))
    found = spent.time_spent.of(["a"], at(-60), at(60))["a"]
    assert found.unasked == [(busy, at(50)), (down, None), (Start("a", at(-1)), at(45))]
    assert spent.time_spent.of(["a"], at(49), at(60))["a"].unasked == [(busy, at(50)), (down, None)]
    assert spent.time_spent.of(["a"], at(55), at(60))["a"].unasked == [(down, None)]
    assert spent.time_spent.of(["a"], at(44), at(60))["a"].unasked == [(busy, at(50)), (down, None)]


async def test_the_last_start_of_each_probe_is_told(spent: Store) -> None:
    """Whatever became of it."""
    found = spent.time_spent.of(["a", "b", "never"], at(-60), at(60))
    assert [found[probe].last and found[probe].last.told_until_at for probe in found] == [at(53), at(51), None]


async def test_what_a_person_closed_is_over(store: Store) -> None:
    """An incident that ended before is none."""
    await tell(store, 0, Standing.FAILED, PAGE)
    store.incidents._now = lambda: at(7)
    (incident,) = store.incidents.find()
    await store.incidents.close(incident.id, "wang")
    assert store.time_spent.of(["a"], at(-60), at(60))["a"].incidents[Kind.CHANNEL] == [(at(0), at(7))]
    assert store.time_spent.of(["a"], at(8), at(60))["a"].incidents[Kind.CHANNEL] == []
