"""The robot watches itself: its signs, and its figures."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from prober.app.sources import Sources
from prober.app.vitals import Vitals
from prober.errors import RobotBroken, StoreBroken
from prober.loading.config_service import SelfCheckSettings, ServeSettings
from prober.metrics import Figures
from prober.model.alarm import Delivery
from prober.model.probe import Missed, Start
from tests.app.watching import AT, Channel, made, read, sign

pytestmark = pytest.mark.usefixtures("_at_once")


async def test_before_everything_was_seen_the_robot_is_not_ready(clocks):
    """Ready is what was checked, every channel and every sign."""
    channel = Channel()
    vitals = made(clocks, checks={"web": channel.check})
    assert not vitals.well
    await vitals.look()
    assert not vitals.well
    assert not vitals.able
    await vitals._checks.check("web")
    assert vitals.well
    assert vitals.able


async def test_signs_that_nobody_looked_at_for_long_are_worth_nothing(clocks):
    """A watch that hangs is not a robot that is well."""
    vitals = made(clocks)
    await vitals.look()
    assert vitals.well
    clocks.go(61)
    assert not vitals.well
    assert not vitals.able
    assert sign(vitals, "watch").well is False


async def test_figures_that_are_asked_for_tell_of_a_watch_that_hangs(clocks):
    """They do not stand at what was seen last."""
    figures = Figures()
    vitals = made(clocks, figures, leads=lambda: clocks.wall == AT)
    await vitals.look()
    names = [("prober_up", {}), ("prober_leader", {}), ("prober_sign_well", {"sign": "watch"})]
    assert [read(figures, name, **labels) for name, labels in names] == [1, 1, 1]
    clocks.go(61)
    vitals.figure()
    assert [read(figures, name, **labels) for name, labels in names] == [0, 0, 0]


async def test_a_clock_that_is_set_is_told_for_a_while(clocks, store):
    """Jumps back and forth count; the machine's own corrections do not."""
    figures = Figures()
    vitals = made(clocks, figures, incidents=store.incidents)
    await vitals.look()
    clocks.go(10)
    clocks.wall += timedelta(seconds=0.4)
    await vitals.look()
    assert sign(vitals, "clock").well is True
    clocks.go(10)
    clocks.wall -= timedelta(hours=1)
    await vitals.look()
    assert sign(vitals, "clock").value == "-3600.0 s"
    assert read(figures, "prober_clock_drift_seconds") == pytest.approx(-3600)
    assert len(store.incidents.find(open_only=True)) == 1
    clocks.go(60)
    await vitals.look()
    assert sign(vitals, "clock").well is False
    clocks.go(100)
    await vitals.look()
    assert sign(vitals, "clock").well is True
    assert store.incidents.find(open_only=True) == []


async def test_a_store_that_takes_no_writing_makes_the_robot_unready(clocks):
    """The sentence is the store's own, and reading that fails says the same."""

    async def refused() -> None:
        raise StoreBroken("the results database has no room: the disk is full", cure="Free some disk space.")

    def unreadable() -> list:
        raise StoreBroken("the results database cannot be read", cure="Look at it.")

    vitals = made(clocks, beat=refused)
    await vitals.look()
    assert "the disk is full" in sign(vitals, "store").what.en
    assert not vitals.well
    vitals = made(clocks, open_incidents=unreadable)
    await vitals.look()
    assert "cannot be read" in sign(vitals, "store").what.en


async def test_a_write_to_the_store_is_tried_and_timed(clocks, store):
    """The time it took is in a histogram of its own."""
    figures = Figures()
    vitals = made(clocks, figures, beat=store.beat, unwritten=lambda: store.unwritten)
    await vitals.look()
    assert read(figures, "prober_store_write_seconds_count") == 1
    assert sign(vitals, "store").well is True


async def test_late_and_missed_starts_are_told_for_a_while(clocks):
    """Only what came too late is the robot's fault; a start that overlapped is told, and no more."""
    figures = Figures()
    vitals = made(clocks, figures)
    vitals.started(0.02)
    vitals.missed(Start("balance", AT, missed=Missed.OVERLAP, count=3))
    await vitals.look()
    assert sign(vitals, "starts").well is True
    assert "overlap 3" in sign(vitals, "starts").what.en
    vitals.missed(Start("balance", AT, missed=Missed.LATE))
    await vitals.look()
    assert sign(vitals, "starts").well is False
    assert read(figures, "prober_start_lateness_seconds_count") == 1
    assert read(figures, "prober_missed_starts_total", reason="overlap") == 3
    clocks.go(121)
    await vitals.look()
    assert sign(vitals, "starts").well is True


async def test_the_watch_goes_on_by_itself(clocks):
    """Run, it checks each channel and looks at once; cancelled, it leaves nothing behind."""
    channels = {"ivr": Channel(), "web": Channel()}
    settings = ServeSettings(disk_free=0.0, self_check=SelfCheckSettings(every="20ms"))
    checks = {name: channel.check for name, channel in channels.items()}
    vitals = Vitals(settings, Figures(), Sources(checks=checks))
    before = asyncio.all_tasks()
    watching = asyncio.create_task(vitals.run())
    async with asyncio.timeout(30):
        for channel in channels.values():
            await channel.often.wait()
    await vitals.look()
    assert vitals.well
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert asyncio.all_tasks() == before


async def test_what_is_unwell_is_no_end_of_the_robot(clocks):
    """It can probe and tell with one channel, probe or system of tickets out of order; not with all of its channels."""
    ivr, web, silent, tickets = Channel(), Channel(), ["balance"], {Delivery.FAILED: 1}
    sources = {"silent": lambda: silent, "probes": lambda: 2, "alarms": dict, "tickets": lambda: tickets}
    vitals = made(clocks, checks={"ivr": ivr.check, "web": web.check}, **sources)
    ivr.broken = web.broken = RobotBroken("it is broken", cure="Mend it.")
    await vitals._checks.check("ivr")
    web.broken = None
    await vitals._checks.check("web")
    await vitals.look()
    assert {one.name for one in vitals.signs if one.well is False} == {"self-check ivr", "probes", "alarms"}
    assert (vitals.well, vitals.able) == (False, True)
    web.broken = ivr.broken
    await vitals._checks.check("web")
    assert not vitals.able


async def test_tickets_and_what_keeps_alarms_back_are_a_sign(clocks):
    """Of the robot as it serves, not of what it sent only; once it is over, all is well."""
    untold, tickets = ["the database is locked"], {Delivery.FAILED: 1}
    vitals = made(clocks, alarms=dict, tickets=lambda: tickets, untold=lambda: "".join(untold))
    await vitals.look()
    assert sign(vitals, "alarms").well is False
    assert sign(vitals, "alarms").what.en == (
        "Nothing can be told now: the database is locked. 1 tickets are refused; they are tried on."
    )
    untold.clear()
    tickets.clear()
    await vitals.look()
    assert sign(vitals, "alarms").well
