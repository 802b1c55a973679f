"""From incidents in a store to servers on loopback: nothing lost, nothing told twice, whatever happens between."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.alerts import telling
from prober.model.alarm import MAYBE, Delivery, Quiet, Reason, Way
from prober.model.probe import Severity
from prober.store.store import Store
from tests.alerts.conftest import NOON
from tests.alerts.site import Site


async def test_an_incident_is_told_from_its_beginning_to_its_end(site: Site) -> None:
    """Opened, reminded, closed: three messages, in that order, and no other, however often one looks."""
    alerts = site.alerts(Way("chat", url=site.url, remind_s=600))
    await site.fails("balance")
    for _ in range(20):
        site.clock.on(seconds=40)
        await alerts.settle()
    await site.passes("balance")
    for _ in range(20):
        site.clock.on(seconds=40)
        await alerts.settle()
    assert [title.partition(" ")[0] for title in site.sink.titles] == ["故障", "故障仍在", "已恢复"]
    assert site.states() == [
        ("chat", reason, Delivery.SENT) for reason in (Reason.OPENED, Reason.REMINDER, Reason.CLOSED)
    ]


async def test_many_probes_of_one_cause_are_one_message(site: Site) -> None:
    """Thirty probes that fail within the first seconds: one message, which counts them."""
    for number in range(30):
        await site.fails(f"balance-{number}")
        site.clock.on(seconds=0.1)
    site.clock.on(seconds=5)
    await site.alerts().settle()
    assert len(site.sink.requests) == 1
    assert "（仍失败 30 个）" in site.sink.requests[0][2]["message"]


async def test_what_quiet_hours_held_back_is_one_message_at_their_end(site: Site) -> None:
    """Three incidents of the night, one of them over: one message at seven; the critical one was told at once."""
    site.clock.at = NOON + timedelta(hours=11)
    alerts = site.alerts(Way("chat", url=site.url, quiet=Quiet("0 22 * * *", 9 * 3600)))
    for name in ("balance", "bill", "packages"):
        await site.fails(name, step=f"听到{name}")
    await site.fails("login", step="听到login", severity=Severity.CRITICAL)
    for _ in range(60):
        site.clock.on(minutes=1)
        await alerts.settle()
    assert [title.partition("]")[0] for title in site.sink.titles] == ["故障 [严重"]
    await site.passes("bill")
    site.clock.at = NOON + timedelta(hours=19)
    await alerts.settle()
    assert site.sink.titles[1:] == ["3起故障，其中1起已恢复"]


async def test_what_becomes_critical_in_quiet_hours_is_told_at_once(site: Site) -> None:
    """A critical probe joins what a major one opened at night: nobody waits for the morning with that."""
    site.clock.at = NOON + timedelta(hours=11)
    alerts = site.alerts(Way("chat", url=site.url, quiet=Quiet("0 22 * * *", 9 * 3600)))
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert site.sink.requests == []
    await site.fails("login", severity=Severity.CRITICAL)
    site.clock.on(minutes=1)
    await alerts.settle()
    assert [title.partition("]")[0] for title in site.sink.titles] == ["故障 [严重"]


async def test_nothing_is_told_in_maintenance(site: Site) -> None:
    """What is still wrong when it ends is told then."""
    site.window = "release"
    alerts = site.alerts()
    await site.fails("balance")
    for _ in range(10):
        site.clock.on(minutes=1)
        await alerts.settle()
    assert site.sink.requests == []
    site.window = ""
    await alerts.settle()
    assert len(site.sink.requests) == 1


async def test_an_acknowledgement_ends_reminders_and_escalation(site: Site) -> None:
    """Made by another process, through the store; one that waited in the outbox is dropped."""
    ways = (Way("chat", url=site.url, remind_s=600), Way("boss", url=site.url, after_s=900))
    alerts = site.alerts(*ways)
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    (incident,) = site.store.incidents.find()
    assert await site.store.incidents.acknowledge(incident.id, "ops") is None
    for _ in range(30):
        site.clock.on(minutes=1)
        await alerts.settle()
    assert len(site.sink.requests) == 1


async def test_two_robots_on_one_store_tell_once(site: Site) -> None:
    """Both look and send at the same instants, and each message comes once."""
    robots = [site.alerts(Way("chat", url=site.url, remind_s=300)) for _ in range(2)]
    await site.fails("balance")
    for _ in range(12):
        site.clock.on(seconds=61)
        await asyncio.gather(*(robot.settle() for robot in robots))
    assert len(site.sink.requests) == 3


async def test_a_store_that_takes_nothing_is_said_and_loses_nothing(site: Site, tmp_path: Path) -> None:
    """While another program holds the database nothing is told, and the trouble is; then everything is, once."""
    short = Store.open(f"sqlite:///{tmp_path}/prober.sqlite", busy_timeout_s=0.2)
    held = Site(short, site.clock, site.sink)
    alerts = held.alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    blocker = sqlite3.connect(tmp_path / "prober.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    await alerts.settle()
    assert "locked" in alerts.trouble
    assert site.sink.requests == []
    blocker.execute("COMMIT")
    blocker.close()
    await alerts.settle()
    assert alerts.trouble == ""
    assert len(site.sink.requests) == 1
    short.close()


async def test_the_trouble_is_over_when_another_robot_has_told(site: Site, tmp_path: Path) -> None:
    """The store let neither claim the message; then one does, and for the other there is nothing left to do."""
    short = Store.open(f"sqlite:///{tmp_path}/prober.sqlite", busy_timeout_s=0.2)
    leader, standby = Site(short, site.clock, site.sink).alerts(), site.alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    blocker = sqlite3.connect(tmp_path / "prober.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    await leader.settle()
    await leader.look()
    assert "locked" in leader.trouble
    blocker.execute("COMMIT")
    await standby.settle()
    blocker.close()
    await leader.settle()
    assert leader.trouble == ""
    assert len(site.sink.requests) == 1
    short.close()


async def test_what_was_told_is_told_no_second_time_though_the_store_could_not_keep_it(
    site: Site, tmp_path: Path
) -> None:
    """The database is held while the message is under way; that it was told is written when it is free."""
    short = Store.open(f"sqlite:///{tmp_path}/prober.sqlite", busy_timeout_s=0.2)
    alerts = Site(short, site.clock, site.sink).alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    site.sink.gate.clear()
    running = asyncio.create_task(alerts.settle())
    await asyncio.to_thread(site.sink.came.wait, 20)
    blocker = sqlite3.connect(tmp_path / "prober.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    site.sink.gate.set()
    await until(lambda: bool(alerts.trouble))
    blocker.execute("COMMIT")
    blocker.close()
    await running
    assert site.states() == [("chat", Reason.OPENED, Delivery.SENT)]
    assert len(site.sink.requests) == 1
    short.close()


async def test_it_wakes_for_a_change_and_leaves_what_is_under_way_to_the_next_start(site: Site) -> None:
    """`run` tells as soon as it is woken; cancelled, it ends within seconds, and the message is not lost."""
    alerts = site.alerts()
    running = asyncio.create_task(alerts.run())
    await site.fails("balance")
    site.clock.on(seconds=5)
    alerts.wake()
    await asyncio.to_thread(site.sink.came.wait, 20)
    await until(lambda: site.states() == [("chat", Reason.OPENED, Delivery.SENT)])
    site.sink.came.clear()
    site.sink.gate.clear()
    await site.passes("balance")
    site.clock.on(seconds=5)
    alerts.wake()
    await asyncio.to_thread(site.sink.came.wait, 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 8)
    assert site.states()[-1] == ("chat", Reason.CLOSED, Delivery.SENDING)
    site.sink.gate.set()


async def test_a_clock_set_back_while_it_looks_holds_nothing_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was to tell in seconds is told in seconds, not when the clock has come there again."""
    monkeypatch.setattr(telling, "LOOK", timedelta(milliseconds=20))
    alerts, due = site.alerts(), site.store.alarms.due

    def set_back(now: datetime) -> object:
        site.clock.at = NOON
        return due(now)

    monkeypatch.setattr(site.store.alarms, "due", set_back)
    site.clock.at = NOON + timedelta(hours=2)
    await site.fails("balance")
    running = asyncio.create_task(alerts.run())
    assert await asyncio.to_thread(site.sink.came.wait, 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_way_that_is_gone_from_the_settings_owes_nothing(site: Site) -> None:
    """What it had still to tell is dropped, and says why."""
    site.sink.status = 500
    alerts = site.alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    site.clock.on(minutes=1)
    await site.alerts(Way("other", url=site.url, severity=Severity.CRITICAL)).settle()
    (alarm,) = site.store.alarms.find()
    assert (alarm.state, alarm.error) == (Delivery.NEEDLESS, "config.yaml has no such way any more")


KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from prober.alerts.base import Around
from prober.alerts.telling import Alerts
from prober.model.alarm import Way
from prober.store.store import Store

store = Store.open(sys.argv[1])
around = Around(store.incidents, store.alarms, lambda item, at: "", None)
asyncio.run(Alerts([Way(f"way-{n}", url=f"json://127.0.0.1:{sys.argv[2]}/{n}") for n in range(4)], around).run())
"""


async def test_a_robot_killed_in_the_middle_tells_no_second_time_what_it_had_told(site: Site, tmp_path: Path) -> None:
    """Three ways were told: they are told nothing more. The fourth is told again, and that it is so."""
    site.clock.at = datetime.now(UTC) - timedelta(minutes=1)
    await site.fails("balance")
    site.sink.answers_left = 3
    command = [sys.executable, "-c", KILLED, f"sqlite:///{tmp_path}/prober.sqlite", str(site.sink.port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[2])
    try:
        await until(lambda: sorted(state for *_, state in site.states()) == ["sending", "sent", "sent", "sent"])
    finally:
        process.kill()
        await process.wait()
    site.sink.gate.set()
    told = [path for path, *_ in site.sink.requests]
    assert sorted(told) == ["/0", "/1", "/2", "/3"]
    site.clock.on(minutes=5)
    ways = [Way(f"way-{n}", url=f"{site.url}{n}") for n in range(4)]
    await site.alerts(*ways).settle()
    again = [(path, content["message"]) for path, _, content in site.sink.requests[4:]]
    assert [path for path, _ in again] == [told[-1]]
    assert "可能已告知过一次" in again[0][1]
    assert {state for *_, state in site.states()} == {Delivery.SENT}
    assert MAYBE not in "".join(alarm.error for alarm in site.store.alarms.find())


async def until(true: Callable[[], bool], at_most_s: float = 40.0) -> None:
    """Return when *true* is, looking every 20 ms: what is waited for happens in other threads and processes."""
    async with asyncio.timeout(at_most_s):
        while not true():  # noqa: ASYNC110 - no event reaches this process
            await asyncio.sleep(0.02)
