"""Incidents: opened, joined, left and closed by results; acknowledged, annotated and closed by people."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prober.model.incident import Cause, Change, Happened, Incident, Kind, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Layer, Outcome, Run, StepResult
from prober.store.incidents import Refused
from prober.store.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see 我的余额")
DEAD = Cause(Kind.CHANNEL, "ivr", Layer.SIGNALLING, "ivr.dial")
BOTH = Cause(Kind.CHANNEL, "ivr+web", Layer.CONTENT, "same ivr_balance, web_balance")
ROBOT = Cause(Kind.ROBOT, "sms", Layer.ROBOT, "sms.send")


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def result(
    minute: float, probe: str = "web", standing: Standing = Standing.FAILED, cause: Cause | None = PAGE, **more: Any
) -> ProbeResult:
    """What the playing of *probe* at *minute* meant; it took two seconds."""
    failed = standing in (Standing.FAILED, Standing.UNCONFIRMED, Standing.ERROR)
    made = {"runs": (f"{probe}-{minute}a", f"{probe}-{minute}b"), "cause": cause if failed else None, "what": "no page"}
    ended_at = at(minute) + timedelta(seconds=2)
    return ProbeResult(probe, at(minute), ended_at, standing, **(made | more))


def well(minute: float, probe: str = "web", **more: Any) -> ProbeResult:
    return result(minute, probe, Standing.WELL, what="", **more)


async def apply(store: Store, *results: ProbeResult, **watched: Any) -> list[tuple[Happened, str | None]]:
    """Apply results in turn, and return what they changed."""
    changed: list[Change] = []
    for one in results:
        changed += await store.incidents.apply(one, Watched(one.probe, **watched))
    return [(change.happened, change.probe) for change in changed]


def only(store: Store, **wanted: Any) -> Incident:
    (one,) = store.incidents.find(**wanted)
    return one


async def test_a_confirmed_failure_opens_an_incident_and_a_pass_closes_it(store: Store) -> None:
    """With its cause, words, runs, item and team, and a name that can be said on the telephone."""
    watched = {"severity": Severity.CRITICAL, "item": "balance", "team": "网厅"}
    assert await apply(store, result(0), **watched) == [(Happened.OPENED, "web")]
    one = only(store, open_only=True)
    assert (one.id, one.cause, one.severity, one.what) == ("INC-20261122-0001", PAGE, Severity.CRITICAL, "no page")
    assert (one.first_run, one.last_run, one.opened_at) == ("web-0a", "web-0b", at(0) + timedelta(seconds=2))
    assert (one.probes, one.failing, one.items, one.teams) == (("web",), ("web",), ("balance",), ("网厅",))
    assert await apply(store, result(1), **watched) == []
    assert only(store).last_run == "web-1b"
    assert await apply(store, well(2), **watched) == [(Happened.RECOVERED, "web"), (Happened.CLOSED, None)]
    closed = only(store)
    assert (closed.closed_at, closed.failing, closed.last_run) == (at(2) + timedelta(seconds=2), (), "web-1b")
    assert store.incidents.find(open_only=True) == []
    assert [change.happened for change in closed.changes] == [Happened.OPENED, Happened.RECOVERED, Happened.CLOSED]
    assert store.incidents.changes(closed.changes[0].id) == list(closed.changes[1:])


async def test_probes_that_fail_for_one_cause_are_one_incident(store: Store) -> None:
    """As grave as the gravest of them; it closes when the last of them passes."""
    await apply(store, result(0), severity=Severity.MINOR)
    assert await apply(store, result(0.1, "hall"), severity=Severity.CRITICAL) == [(Happened.JOINED, "hall")]
    assert await apply(store, well(1)) == [(Happened.RECOVERED, "web")]
    one = only(store, open_only=True)
    assert (one.severity, one.probes, one.failing) == (Severity.CRITICAL, ("web", "hall"), ("hall",))
    assert await apply(store, result(2)) == [(Happened.JOINED, "web")]  # it fails again
    assert await apply(store, well(3), well(3.1, "hall")) == [
        *((Happened.RECOVERED, "web"), (Happened.RECOVERED, "hall"), (Happened.CLOSED, None))
    ]


async def test_an_incident_begins_with_the_first_failure_of_its_row(store: Store) -> None:
    """Though it opens by the third."""
    await apply(store, well(0), result(1), result(2), after=3)
    assert store.incidents.find() == []
    await apply(store, result(3), after=3)
    assert (only(store).first_run, only(store).last_run) == ("web-1a", "web-3b")


async def test_a_planned_playing_has_one_result(store: Store) -> None:
    """Two robots that take up the same run make one failure of it, and the first word stands."""
    assert await apply(store, result(0), result(0), after=2) == []
    assert await apply(store, well(0), result(1), after=2) == [(Happened.OPENED, "web")]
    assert [one.standing for one in store.incidents.results("web")] == [Standing.FAILED] * 2


async def test_what_is_asked_in_maintenance_or_not_at_all_counts_for_nothing(store: Store) -> None:
    """It is kept; it neither opens nor closes, and breaks no row."""
    planned = {"maintenance": "nightly"}
    assert await apply(store, result(0, **planned), result(1, **planned)) == []
    assert [one.maintenance for one in store.incidents.results()] == ["nightly"] * 2
    unasked = result(3, standing=Standing.UNASKED)
    assert await apply(store, result(2), well(2.5, **planned), unasked, result(4), after=2) == [
        (Happened.OPENED, "web")
    ]
    assert await apply(store, well(5, **planned), result(6, standing=Standing.UNASKED)) == []
    assert only(store).closed_at is None


async def test_a_probe_may_be_in_two_incidents(store: Store) -> None:
    """One of the channel and one of the robot; a pass ends both."""
    robot = result(1, standing=Standing.ERROR, cause=ROBOT)
    assert await apply(store, result(0), robot) == [(Happened.OPENED, "web"), (Happened.OPENED, "web")]
    assert len(store.incidents.find(open_only=True)) == 2
    await apply(store, well(2))
    assert store.incidents.find(open_only=True) == []


async def test_what_fails_on_after_a_person_closed_it_is_counted_anew(store: Store) -> None:
    """It opens again, as another incident, when it has failed as often as opens one."""
    await apply(store, result(0), result(1), result(2), after=2)
    store.incidents._now = lambda: at(2.5)
    assert await store.incidents.close(only(store).id, "mei", "known") is None
    assert await apply(store, result(3), after=2) == []
    assert await apply(store, result(4), after=2) == [(Happened.OPENED, "web")]
    assert [one.closed_at is None for one in store.incidents.find()] == [True, False]


async def test_a_clock_that_is_set_back_stops_no_incident(store: Store) -> None:
    """Results from its future are no part of the row."""
    await apply(store, well(600), result(601))
    assert await apply(store, well(0)) == [(Happened.RECOVERED, "web"), (Happened.CLOSED, None)]
    assert await apply(store, result(1), result(2), after=2) == [(Happened.OPENED, "web")]


async def test_a_step_that_holds_again_leaves_its_incident(
    store: Store, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """The run that fails for another cause came through it."""
    await apply(store, result(0))
    seen = a_step(0, channel="web", verb="see", name="web.see 我的余额", outcome=Outcome.PASSED)
    run = a_run("later", probe="web")
    await store.run_started(run)
    await store.step_finished(run, seen)
    other = result(1, cause=BOTH, runs=("later",))
    assert await apply(store, other) == [
        *((Happened.RECOVERED, "web"), (Happened.CLOSED, None), (Happened.OPENED, "web"))
    ]


async def test_a_probe_that_fails_elsewhere_holds_no_incident_open(store: Store) -> None:
    """One that passes has seen that its cause is over."""
    await apply(store, result(0), result(0.1, "journey"), result(1, "journey", cause=DEAD))
    assert await apply(store, well(2)) == [(Happened.RECOVERED, "web"), (Happened.CLOSED, None)]
    assert (only(store, open_only=True).cause, only(store, channel="web").failing) == (DEAD, ())


async def test_it_says_what_still_worked(
    store: Store, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """By channel, of the probes whose latest result within the hour was well."""
    for probe, channel in (("sms", "sms"), ("menu", "ivr"), ("old", "web"), ("broken", "web")):
        run = a_run(f"{probe}-run", probe=probe)
        await store.run_started(run)
        await store.step_finished(run, a_step(0, channel=channel))
    await apply(store, well(-200, "old", runs=("old-run",)), well(-3, "broken", runs=("broken-run",)))
    await apply(store, result(-2, "broken", cause=DEAD), well(-1, "sms", runs=("sms-run",)))
    await apply(store, well(-5, "menu", runs=("menu-run",)), result(0))
    incident = only(store, channel="web")
    assert incident.worked == "passed lately – ivr: menu 5 min before; sms: sms 60 s before"
    assert incident.worked_zh == "语音：menu 5 分钟前；短信：sms 60 秒前"


async def test_what_happened_is_kept_in_chinese_too(store: Store) -> None:
    """Of the result and of its incident; what nobody said in Chinese is nothing."""
    said = replace(result(0), what_zh="听到余额：播放的是别的语音")
    await apply(store, said)
    assert only(store).what_zh == said.what_zh
    assert store.incidents.results()[0].what_zh == said.what_zh
    await apply(store, result(1, "ivr", cause=DEAD))
    assert (only(store, channel="ivr").what_zh, only(store, channel="ivr").worked_zh) == ("", "")


async def test_people_see_to_incidents_by_name(store: Store) -> None:
    """Who, when and what they said is kept, in order, and not done twice."""
    await apply(store, result(0))
    incidents, name = store.incidents, only(store).id
    until = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert await incidents.acknowledge(name, "mei", "on it") is None
    assert await incidents.acknowledge(name, "bo", "me too") is Refused.ALREADY
    assert await incidents.snooze(name, "mei", "", until) is None
    assert await incidents.note(name, "bo", "板卡重启") is None
    assert (only(store).acknowledged_by, only(store).snoozed_until) == ("mei", until)
    assert await incidents.close(name, "mei", "mended") is None
    acts = [incidents.acknowledge(name, "bo"), incidents.snooze(name, "bo", "", until), incidents.close(name, "bo")]
    assert [await act for act in acts] == [Refused.CLOSED] * 3
    assert await incidents.note(name, "bo", "root cause: a card") is None
    told = [(change.happened, change.by, change.text) for change in only(store).changes]
    assert told == [
        (Happened.OPENED, "", "no page"),
        (Happened.ACKNOWLEDGED, "mei", "on it"),
        (Happened.SNOOZED, "mei", ""),
        (Happened.NOTE, "bo", "板卡重启"),
        (Happened.CLOSED, "mei", "mended"),
        (Happened.NOTE, "bo", "root cause: a card"),
    ]
    assert only(store).failing == ()
    for act in (incidents.note, incidents.acknowledge, incidents.close):
        assert await act("INC-20261122-9999", "mei", "x") is Refused.UNKNOWN


async def test_incidents_are_found_by_what_they_concern(store: Store) -> None:
    """Item, channel (one of two, too), and the time they were open."""
    await apply(store, result(0), well(1), item="balance")
    await apply(store, result(30, "journey", cause=BOTH), item="bill")

    def found(**wanted: Any) -> list[str]:
        return [one.id[-4:] for one in store.incidents.find(**wanted)]

    assert found() == ["0002", "0001"]
    assert found(item="balance") == ["0001"]
    assert found(channel="web") == ["0002", "0001"]
    assert (found(channel="ivr"), found(channel="we")) == (["0002"], [])
    assert found(since=at(20)) == ["0002"]
    assert found(since=at(0.5)) == ["0002", "0001"]
    assert found(limit=1) == ["0002"]
    assert store.incidents.get("INC-20261122-0001") == store.incidents.find(item="balance")[0]
    assert store.incidents.get("INC-1") is None


async def test_results_come_back_as_they_were_kept(store: Store) -> None:
    """The latest first."""
    kept = [result(0), well(1), result(2, standing=Standing.ERROR, cause=ROBOT), result(3, "other")]
    await apply(store, *kept)
    assert store.incidents.results() == kept[::-1]
    assert store.incidents.results("web", since=at(1), limit=1) == [kept[2]]


async def test_a_probe_that_is_no_more_leaves_its_incidents(store: Store) -> None:
    """Nothing else would ever close them; what the robot watches of itself, without runs, stays."""
    await apply(store, result(0), result(0.1, "gone"), result(0.2, "gone", cause=DEAD))
    await apply(store, result(0.3, "robot: disk", Standing.ERROR, ROBOT, runs=()))
    changes = await store.incidents.release({"web"})
    assert [(one.happened, one.probe) for one in changes] == [
        *((Happened.RECOVERED, "gone"), (Happened.RECOVERED, "gone"), (Happened.CLOSED, None))
    ]
    still = {one.cause: one.failing for one in store.incidents.find(open_only=True)}
    assert still == {PAGE: ("web",), ROBOT: ("robot: disk",)}
    assert await store.incidents.release({"web"}) == []


STANDINGS = (*Standing, Standing.WELL, Standing.FAILED, Standing.FAILED)
CAUSES = (PAGE, DEAD, BOTH)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_the_changes_tell_the_state(store: Store, seed: int) -> None:
    """One open incident a cause at most; each opens and closes once; replayed, its changes are what it is."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    watched = [
        Watched(f"p{number}", after=chance.choice((1, 1, 2)), recover=chance.choice((1, 2))) for number in range(4)
    ]
    for minute in range(80):
        one = chance.choice(watched)
        standing = chance.choice(STANDINGS)
        cause = ROBOT if standing is Standing.ERROR else chance.choice(CAUSES)
        await store.incidents.apply(result(minute, one.name, standing, cause), one)
        if chance.random() < 0.05 and (still := store.incidents.find(open_only=True)):
            await store.incidents.close(chance.choice(still).id, "mei", "")
        causes = Counter(still.cause for still in store.incidents.find(open_only=True))
        assert all(number == 1 for number in causes.values())
    found = store.incidents.find(limit=None)
    assert len(found) > 3
    for incident in found:
        happened = Counter(change.happened for change in incident.changes)
        assert happened[Happened.OPENED] == 1
        assert happened[Happened.CLOSED] == (incident.closed_at is not None)
        assert replayed(incident.changes) == (incident.closed_at is None, set(incident.failing))
        assert bool(incident.failing) == (incident.closed_at is None)


def replayed(changes: Iterable[Change]) -> tuple[bool, set[str | None]]:
    """Return whether *changes* leave an incident open, and which probes failing in it."""
    is_open, failing = False, set[str | None]()
    for change in changes:
        match change.happened:
            case Happened.OPENED | Happened.JOINED:
                is_open = True
                failing.add(change.probe)
            case Happened.RECOVERED:
                failing.discard(change.probe)
            case Happened.CLOSED:
                is_open = False
                failing.clear()
    return is_open, failing


APPLY = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.store import Store

async def main(url, name):
    store = Store.open(url, busy_timeout_s=60)
    print(flush=True)
    sys.stdin.readline()
    for number in range(20):
        at = datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(minutes=number)
        failing = number % 2 == 0
        for step in ("a", "b"):
            cause = Cause(Kind.CHANNEL, "web", Layer.PAGE, step)
            result = ProbeResult(f"{name}-{step}", at, at, Standing.FAILED if failing else Standing.WELL, (f"{name}",),
                                 cause if failing else None)
            await store.incidents.apply(result, Watched(result.probe))
    store.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.timeout(120)
def test_processes_that_apply_at_once_open_one_incident_a_cause(store: Store, store_url: str) -> None:
    """Three robots fail and pass in turn for two causes: nothing is refused, lost, doubled or left open."""
    command = [sys.executable, "-c", APPLY, store_url]
    robots = [
        subprocess.Popen([*command, f"robot{number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    for robot in robots:
        assert robot.stdout is not None
        assert robot.stdout.readline()
    for robot in robots:
        robot.communicate("go\n")
    assert [robot.returncode for robot in robots] == [0, 0, 0]
    assert len(store.incidents.results(limit=None)) == 3 * 20 * 2
    found = store.incidents.find(limit=None)
    assert len({one.id for one in found}) == len(found) >= 2 * 10 / 3
    assert {one.cause.step for one in found} == {"a", "b"}
    for one in found:
        assert one.closed_at is not None
        assert replayed(one.changes) == (False, set())


async def test_what_nothing_was_made_of_is_found_by_playings(store: Store, a_run: Callable[..., Run]) -> None:
    """All attempts of a planned playing together, when none is under way; of all playings, or of those of some runs."""

    async def keep(run_id: str, minute: float, **more: Any) -> None:
        ended_at, outcome = at(minute), Outcome.FAILED
        run = a_run(run_id, probe="web", planned_at=at(minute), started_at=at(minute), ended_at=ended_at)
        await store.run_started(replace(run, **({"outcome": outcome, "attempt": 1} | more)))

    await keep("judged", 0)
    await keep("first", 1)
    await keep("second", 1, attempt=2)
    await keep("alone", 2)
    await keep("over", 3)
    await keep("under way", 3, attempt=2, ended_at=None, outcome=None)
    await apply(store, result(0))

    def left(*of: str) -> list[list[str]]:
        return [[run.id for run in playing] for playing in store.incidents.left(NOON, of or None)]

    assert left() == [["first", "second"], ["alone"]]
    assert left("second", "over", "judged") == [["first", "second"]]
