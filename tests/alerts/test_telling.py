"""From incidents in a store to servers on loopback: nothing lost, nothing told twice, whatever happens between."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.alerts.base import Around, RefusedForGood
from prober.alerts.telling import Alerts
from prober.model.alarm import MAYBE, Delivery, Quiet, Reason, Way
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Layer
from prober.store.store import Store
from tests.alerts.conftest import NOON, Clock
from tests.alerts.sinks import HttpSink


class Texts:
    """A gateway that keeps what it is given, or refuses everything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.asked = 0
        self.refuses = False

    async def text(self, line: str, number: str, text: str) -> None:
        """Take it, or refuse it for good."""
        self.asked += 1
        if self.refuses:
            raise RefusedForGood("the SMS gateway refused the text: no such number", cure="")
        self.sent.append((line, number, text))


class Site:
    """A store, a clock, a sink, and whoever tells."""

    def __init__(self, store: Store, clock: Clock, sink: HttpSink) -> None:
        self.store, self.clock, self.sink = store, clock, sink
        self.texts = Texts()
        self.window = ""

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.sink.port}/"

    def alerts(self, *ways: Way) -> Alerts:
        """A robot that tells by *ways*; one after another of them can be made, as if it were started again."""

        def window(item: str | None, at: datetime) -> str:
            return self.window

        around = Around(self.store.incidents, self.store.alarms, window, self.texts, self.clock)
        return Alerts(ways or (Way("chat", url=self.url),), around)

    async def result(
        self, probe: str, standing: Standing, *, severity: Severity = Severity.MAJOR, step: str = "听到余额"
    ) -> None:
        """A planned playing of *probe* ended now."""
        cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, step) if standing is Standing.FAILED else None
        made = ProbeResult(probe, self.clock(), self.clock(), standing, (f"run-{probe}",), cause, "another prompt")
        await self.store.incidents.apply(made, Watched(probe, severity=severity, item=probe, team="voice"))

    async def fails(self, probe: str, **more: object) -> None:
        await self.result(probe, Standing.FAILED, **more)  # type: ignore[arg-type]

    async def passes(self, probe: str) -> None:
        await self.result(probe, Standing.WELL)

    def states(self) -> list[tuple[str, Reason, Delivery]]:
        """What became of every alarm, in the order they were made."""
        found = self.store.alarms.find(limit=None)
        return [(one.way, one.reason, one.state) for one in sorted(found, key=lambda one: one.id)]


@pytest.fixture
def site(store: Store, clock: Clock, sink: HttpSink) -> Site:
    """All of it."""
    return Site(store, clock, sink)


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
    """Whatever it stumbles over is said as the trouble there is, until it works again."""
    alerts = site.alerts(Way("oncall", number="13800000002", line="demo-1"), Way("chat", url=site.url))
    site.texts.sent = None  # type: ignore[assignment]
    await site.fails("balance")
    site.clock.on(seconds=5)
    await alerts.settle()
    assert len(site.sink.requests) == 1
    assert alerts.trouble.startswith("oncall: AttributeError")
    site.texts.sent = []
    site.clock.on(minutes=2)
    await alerts.settle()
    assert alerts.trouble == ""
    assert len(site.texts.sent) == 1


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
