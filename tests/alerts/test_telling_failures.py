"""Ways that are slow, dead, or refuse: each is tried on, another is told, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from prober.alerts.words import Writer
from prober.model.alarm import Delivery, Reason, Way
from prober.model.probe import Severity
from tests.alerts.sinks import HttpSink
from tests.alerts.site import Site


async def test_a_sink_that_is_down_is_tried_on_and_gets_everything_when_it_is_back(site: Site) -> None:
    """An incident that ended meanwhile and one that goes on are one message, and nothing follows it."""
    alerts = site.alerts()
    site.sink.close()
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert site.states() == [("chat", Reason.OPENED, Delivery.WAITING)]
    for _ in range(40):
        site.clock.on(seconds=30)
        await alerts.settle()
    assert site.states() == [("chat", Reason.OPENED, Delivery.FAILED)]
    assert site.store.alarms.counts()[Delivery.FAILED] == 1
    await site.passes("balance")
    await site.fails("bill", step="听到账单")
    site.clock.on(seconds=10)
    await alerts.settle()
    site.sink.open()
    site.clock.on(minutes=6)
    await alerts.settle()
    assert site.sink.titles == ["2起故障，其中1起已恢复"]
    site.clock.on(minutes=6)
    await alerts.settle()
    assert site.sink.titles == ["2起故障，其中1起已恢复"]
    assert {state for _, _, state in site.states()} == {Delivery.SENT}


async def test_the_waits_between_attempts_grow_to_a_limit(site: Site) -> None:
    """At once, then after 5, 15, 60 s, then every 5 minutes."""
    site.sink.status = 500
    alerts = site.alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    tried: list[float] = []
    for second in range(1000):
        before = len(site.sink.requests)
        if second in {0, 5, 20, 80, 380, 680} or second % 50 == 49:
            await alerts.settle()
        tried += [second] * (len(site.sink.requests) - before)
        site.clock.on(seconds=1)
    assert tried == [0, 5, 20, 80, 380, 680, 999]


async def test_another_way_tells_what_the_first_did_not_get_through(site: Site) -> None:
    """After the third failure, and it says so; when the first way is back the second is told of nothing more."""
    first = HttpSink()
    first.close()
    way = Way("chat", url=f"json://127.0.0.1:{first.port}/", otherwise=("oncall",))
    alerts = site.alerts(way, Way("oncall", number="13800000002", line="demo-1", severity=Severity.CRITICAL))
    await site.fails("balance")
    for _ in range(10):
        site.clock.on(seconds=20)
        await alerts.settle()
    ((line, number, text),) = site.texts.sent
    assert (line, number) == ("demo-1", "13800000002")
    assert "chat未送达" in text
    assert len(text) <= 70
    await site.passes("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert [text.partition(" ")[0] for _, _, text in site.texts.sent] == ["故障", "已恢复"]
    first.open()
    site.clock.on(minutes=6)
    await alerts.settle()
    assert first.titles[0].startswith("曾有故障，已恢复")
    assert len(first.requests) == 1
    first.close()


async def test_what_is_refused_for_good_is_told_by_the_other_way_at_once(site: Site) -> None:
    """It is failed by its first refusal, and tried again by the hour only."""
    site.texts.refuses = True
    way = Way("oncall", number="13800000002", line="demo-1", otherwise=("chat",))
    alerts = site.alerts(way, Way("chat", url=site.url, severity=Severity.CRITICAL))
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert len(site.sink.requests) == 1
    for _ in range(59):
        site.clock.on(minutes=1)
        await alerts.settle()
    assert site.texts.asked == 1
    site.texts.refuses = False
    site.clock.on(minutes=1)
    await alerts.settle()
    assert len(site.texts.sent) == 1


async def test_a_way_that_stumbles_is_seen_and_holds_up_no_other(site: Site) -> None:
    """What sending stumbles over is a failure as any; what else does is said, until it works again."""
    alerts = site.alerts(Way("oncall", number="13800000002", line="demo-1"), Way("chat", url=site.url))
    site.texts.sent = None  # type: ignore[assignment]
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert len(site.sink.requests) == 1
    (alarm,) = site.store.alarms.find(open_only=True)
    assert (alarm.way, alarm.error, alerts.stumbled) == ("oncall", "‘oncall’ could not be told: AttributeError", "")
    site.texts.sent = []
    site.clock.on(minutes=2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Writer, "short", None)
        await alerts.settle()
    assert alerts.stumbled.startswith("oncall: TypeError")
    assert alerts.trouble == ""  # the other way tells
    site.clock.on(minutes=2)
    await alerts.settle()
    assert alerts.stumbled == ""
    assert len(site.texts.sent) == 1


async def test_what_every_way_stumbles_over_is_the_trouble_until_another_robot_tells(site: Site) -> None:
    """Nobody is told anything meanwhile; what is told is no trouble of this robot's any more."""
    alerts = site.alerts()
    await site.fails("balance")
    site.clock.on(seconds=5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Writer, "long", None)
        await alerts.settle()
    await alerts.settle()
    assert alerts.trouble == alerts.stumbled
    assert alerts.trouble.startswith("chat: TypeError")
    site.clock.on(minutes=2)
    await site.alerts().settle()
    assert len(site.sink.requests) == 1
    await alerts.settle()
    assert alerts.trouble == ""


async def test_a_slow_way_holds_up_no_other(site: Site) -> None:
    """While one server says nothing, the other has been told."""
    slow = HttpSink()
    slow.gate.clear()
    alerts = site.alerts(Way("slow", url=f"json://127.0.0.1:{slow.port}/"), Way("chat", url=site.url))
    await site.fails("balance")
    site.clock.on(seconds=5)
    running = asyncio.create_task(alerts.settle())
    await asyncio.to_thread(site.sink.came.wait, 20)
    assert len(site.sink.requests) == 1
    assert ("slow", Reason.OPENED, Delivery.SENDING) in site.states()
    slow.gate.set()
    await running
    assert {state for _, _, state in site.states()} == {Delivery.SENT}
    slow.close()


async def test_a_doubt_stays_until_the_message_got_through(site: Site) -> None:
    """A robot ended while it told; then the server was away; what comes through says that it may be the second."""
    await site.fails("balance")
    site.clock.on(seconds=5)
    site.sink.close()
    await site.alerts().settle()
    site.clock.on(seconds=5)
    assert await site.store.alarms.claim("chat", site.clock(), site.clock.at + timedelta(seconds=60))
    for _ in range(2):
        site.clock.on(seconds=70)
        await site.alerts().settle()
    site.sink.open()
    site.clock.on(minutes=5)
    await site.alerts().settle()
    ((_, _, content),) = site.sink.requests
    assert "可能已告知过一次" in content["message"]


async def test_a_dead_way_is_done_with_what_is_over_and_was_told_by_another(site: Site) -> None:
    """An hour after the end nothing is failed any more; back after days, it tells of nothing old."""
    site.sink.close()
    oncall = Way("oncall", number="13800000002", line="demo-1", severity=Severity.CRITICAL)
    alerts = site.alerts(Way("chat", url=site.url, otherwise=("oncall",)), oncall)
    await site.fails("balance")
    for _ in range(4):
        site.clock.on(minutes=2)
        await alerts.settle()
    assert site.store.alarms.counts()[Delivery.FAILED] == 1
    await site.passes("balance")
    for _ in range(14):
        site.clock.on(minutes=6)
        await alerts.settle()
    assert site.store.alarms.counts()[Delivery.FAILED] == 0
    site.sink.open()
    site.clock.on(days=1)
    await alerts.settle()
    assert site.sink.requests == []
    assert len(site.texts.sent) == 2


async def test_a_snooze_holds_back_what_already_waits(site: Site) -> None:
    """Neither the way that is tried again nor the one instead of it tells anything, until the snooze is over."""
    site.sink.close()
    oncall = Way("oncall", number="13800000002", line="demo-1", severity=Severity.CRITICAL)
    alerts = site.alerts(Way("chat", url=site.url, otherwise=("oncall",)), oncall)
    await site.fails("balance")
    for seconds in (5, 5):
        site.clock.on(seconds=seconds)
        await alerts.settle()
    (incident,) = site.store.incidents.find()
    until = site.clock.at + timedelta(hours=1)
    await site.store.incidents.snooze(incident.id, "ops", "", until)
    for _ in range(30):
        site.clock.on(seconds=90)
        await alerts.settle()
    site.sink.open()
    for _ in range(9):
        site.clock.on(seconds=90)
        await alerts.settle()
    assert (site.sink.requests, site.texts.sent) == ([], [])
    site.clock.at = until + timedelta(minutes=1)
    await alerts.settle()
    assert len(site.sink.requests) == 1
    assert site.texts.sent == []


async def test_a_clock_that_is_set_back_holds_no_alarm_back(site: Site) -> None:
    """What waited to be tried again, by a clock eight hours ahead, is tried at once."""
    alerts = site.alerts()
    site.sink.close()
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    site.sink.open()
    site.clock.on(hours=-8)
    await alerts.settle()
    assert site.states() == [("chat", Reason.OPENED, Delivery.SENT)]
