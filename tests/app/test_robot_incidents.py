"""What ails the robot becomes an incident of its own, is told once, and closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from prober.app.sources import Sources
from prober.app.vitals import Vitals
from prober.errors import RobotBroken, StoreBroken
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures
from prober.model.incident import Cause, Happened, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.store import Store
from tests.app.watching import AT, Channel, made, read

pytestmark = pytest.mark.usefixtures("_at_once")


async def test_a_self_check_that_fails_twice_is_an_incident_and_recovers(clocks, store):
    """It is a robot incident of its channel, opened once, told once, and closed when the channel is well again."""
    channel, told = Channel(), []
    figures = Figures()
    vitals = made(
        clocks,
        figures,
        checks={"web": channel.check},
        incidents=store.incidents,
        open_incidents=lambda: store.incidents.find(open_only=True),
        told=lambda: told.append(1),
    )
    channel.broken = RobotBroken("the browser could not be started", cure="Install one.")
    await vitals._checks.check("web")
    assert channel.checks == 2
    for _ in range(3):
        await vitals.look()
        clocks.go(10)
    (incident,) = store.incidents.find()
    assert (incident.cause.kind, incident.cause.channel) == (Kind.ROBOT, "web")
    assert "the browser could not be started" in incident.what
    assert incident.what_zh == "自检连续两次未通过：机器人自身有故障。请在本机执行 prober doctor，并按提示修复。"
    assert told == [1]
    assert not vitals.well
    assert read(figures, "prober_open_incidents", kind="robot", severity="major") == 1
    assert read(figures, "prober_self_check_well", channel="web") == 0
    assert read(figures, "prober_up") == 0
    channel.broken = None
    await vitals._checks.check("web")
    await vitals.look()
    assert store.incidents.find(open_only=True) == []
    assert [change.happened for change in store.incidents.changes()][-1] is Happened.CLOSED
    assert vitals.well
    await vitals.look()
    assert read(figures, "prober_up") == 1
    assert read(figures, "prober_open_incidents", kind="robot", severity="major") == 0


async def test_one_failure_that_does_not_last_is_none(clocks, store):
    """A machine that was slow for a moment opens no incident."""
    channel = Channel()

    async def once() -> str:
        channel.broken = None if channel.checks else RobotBroken("slow", cure="Wait.")
        return await channel.check()

    vitals = made(clocks, checks={"web": once}, incidents=store.incidents)
    await vitals._checks.check("web")
    await vitals.look()
    assert channel.checks == 2
    assert store.incidents.find() == []


async def test_an_incident_that_a_robot_left_behind_is_closed_by_the_next(clocks, store):
    """What was wrong when it was killed is told anew by the one after it."""
    channel = Channel()
    channel.broken = RobotBroken("no browser", cure="Install one.")
    before = made(clocks, checks={"web": channel.check}, incidents=store.incidents)
    await before._checks.check("web")
    await before.look()
    clocks.go(100)
    channel.broken = None
    after = made(clocks, checks={"web": channel.check}, incidents=store.incidents)
    await after._checks.check("web")
    await after.look()
    assert [incident.closed_at for incident in store.incidents.find()] == [AT + timedelta(seconds=100)]


async def test_an_incident_of_a_channel_that_nobody_probes_any_more_is_closed(clocks, store):
    """What is not looked at cannot become well again; other people's incidents stay as they are."""
    channel = Channel()
    channel.broken = RobotBroken("no browser", cure="Install one.")
    still_open = {
        "incidents": store.incidents,
        "open_incidents": lambda: store.incidents.find(open_only=True),
    }
    before = made(clocks, checks={"web": channel.check}, **still_open)
    await before._checks.check("web")
    await before.look()
    cause = Cause(Kind.ROBOT, "web", Layer.ROBOT, "web.open")
    failing = ProbeResult("balance", clocks.wall, clocks.wall, Standing.ERROR, (), cause, "no browser")
    await store.incidents.apply(failing, Watched("balance"))
    assert len(store.incidents.find(open_only=True)) == 2
    clocks.go(100)
    await made(clocks, **still_open).look()
    assert [incident.probes for incident in store.incidents.find(open_only=True)] == [("balance",)]


async def test_probes_that_ask_nothing_are_an_incident(clocks, store):
    """It names them; a schedule that is kept to the second tells nothing if every run is skipped."""
    silent, figures = ["balance"], Figures()
    vitals = made(clocks, figures, incidents=store.incidents, silent=lambda: silent)
    await vitals.look()
    (incident,) = store.incidents.find(open_only=True)
    assert (incident.cause.kind, incident.cause.step) == (Kind.ROBOT, "probes")
    assert "nothing was asked by balance." in incident.what
    assert read(figures, "prober_silent_probes") == 1
    assert not vitals.well
    silent.clear()
    clocks.go(10)
    await vitals.look()
    assert store.incidents.find(open_only=True) == []
    assert vitals.well


async def test_what_a_person_closed_and_is_still_unwell_opens_again(clocks, store):
    """Closing it mends nothing; once it is well again, nothing opens any more."""
    silent = ["balance"]
    sources = {"incidents": store.incidents, "open_incidents": lambda: store.incidents.find(open_only=True)}
    vitals = made(clocks, silent=lambda: silent, **sources)
    await vitals.look()
    store.incidents._now = lambda: clocks.wall
    for _ in range(2):
        clocks.go(10)
        await vitals.look()
    (first,) = store.incidents.find()
    await store.incidents.close(first.id, "wang")
    for _ in range(2):
        clocks.go(10)
        await vitals.look()
    assert len(store.incidents.find()) == 2
    assert len(store.incidents.find(open_only=True)) == 1
    silent.clear()
    for _ in range(2):
        clocks.go(10)
        await vitals.look()
    assert (len(store.incidents.find()), store.incidents.find(open_only=True)) == (2, [])


class Refused:
    """A store that takes no writing until it is mended; nobody leads meanwhile."""

    def __init__(self, store: Store, *, leads: bool) -> None:
        self._store, self.mended, self._leads = store, False, leads

    async def apply(self, result, watched):
        await self.beat()
        return await self._store.incidents.apply(result, watched)

    async def beat(self) -> None:
        if not self.mended:
            raise StoreBroken("the disk is full", cure="Free some.")

    def leads(self) -> bool:
        return self.mended or self._leads


@pytest.mark.parametrize("leads", [True, False])
async def test_that_the_store_refused_is_told_when_it_writes_again(clocks, store, leads):
    """It opened when it refused and closed when it was mended; that it came and went meanwhile is not told."""
    refused = Refused(store, leads=leads)
    vitals = made(clocks, beat=refused.beat, incidents=refused, leads=refused.leads)
    for _ in range(3):
        await vitals.look()
        clocks.go(3600)
    refused.mended = True
    for _ in range(2):
        await vitals.look()
        clocks.go(10)
    (incident,) = store.incidents.find()
    assert (incident.opened_at, incident.closed_at) == (AT, AT + timedelta(hours=3))
    assert "the disk is full" in incident.what


async def test_a_lead_that_comes_and_goes_loses_nothing_of_what_the_store_refused(clocks, store):
    """It may still lead at one look and not at the next; the incident is closed all the same."""
    refused, leading = Refused(store, leads=True), [True]
    vitals = made(clocks, beat=refused.beat, incidents=refused, leads=lambda: refused.mended or bool(leading))
    for leads in (True, False, True, False):
        leading[:] = [True] if leads else []
        await vitals.look()
        clocks.go(10)
    refused.mended = True
    await vitals.look()
    (incident,) = store.incidents.find()
    assert (incident.opened_at, incident.closed_at) == (AT, AT + timedelta(seconds=40))


async def test_what_a_store_refused_long_ago_is_told_by_who_led_since(clocks, store):
    """A robot that has stood by for another since does not come back to it."""
    refused = Refused(store, leads=False)
    vitals = made(clocks, beat=refused.beat, incidents=refused, leads=lambda: refused.mended and clocks.wall.hour > 8)
    await vitals.look()
    refused.mended = True
    for _ in range(12):
        clocks.go(60)
        await vitals.look()
    clocks.go(3600)
    await vitals.look()
    assert store.incidents.find() == []


async def test_a_robot_that_stands_by_opens_no_incident(clocks, store):
    """It says how it is, and begins to tell of it as soon as it leads."""
    channel, leading = Channel(), []
    channel.broken = RobotBroken("no browser", cure="Install one.")
    vitals = made(clocks, checks={"web": channel.check}, incidents=store.incidents, leads=lambda: bool(leading))
    await vitals._checks.check("web")
    await vitals.look()
    assert not vitals.well
    assert store.incidents.find() == []
    leading.append(1)
    clocks.go(10)
    await vitals.look()
    assert len(store.incidents.find(open_only=True)) == 1


async def test_a_full_disk_is_an_incident(clocks, store, tmp_path):
    """Less free than the share of config.yaml is the robot's own fault, wherever it lies."""
    settings = ServeSettings(disk_free=0.999999)
    figures = Figures()
    sources = Sources(places={"evidence": tmp_path}, incidents=store.incidents)
    vitals = Vitals(settings, figures, sources, now=lambda: clocks.wall, clock_s=lambda: clocks.monotonic_s)
    await vitals.look()
    (incident,) = store.incidents.find(open_only=True)
    assert incident.cause.step == "disk evidence"
    assert "prober db prune" in incident.what
    assert 0 < (read(figures, "prober_disk_free_ratio", place="evidence") or 0) < 1


async def test_an_incident_that_the_store_refused_is_told_again(clocks, store):
    """What could not be kept is kept with the next look."""
    refusing = [True]

    class Refusing:
        async def apply(self, result, watched):
            if refusing:
                raise StoreBroken("locked", cure="Wait.")
            return await store.incidents.apply(result, watched)

    channel = Channel()
    channel.broken = RobotBroken("no browser", cure="Install one.")
    vitals = made(clocks, checks={"web": channel.check}, incidents=Refusing())
    await vitals._checks.check("web")
    await vitals.look()
    refusing.clear()
    clocks.go(10)
    await vitals.look()
    assert len(store.incidents.find(open_only=True)) == 1
