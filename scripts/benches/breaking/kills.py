"""A robot on watch, killed at random moments, and started again at once, time after time."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import Error
from typing import Any

from prober.model.incident import Incident
from prober.model.probe import Schedule
from prober.scheduler.timetable import Timetable
from scripts.benches.alarming.injection import Injected
from scripts.benches.alarming.watch import write_workspace
from scripts.benches.breaking.books import Books, Span, audited, incidents_of
from scripts.benches.breaking.faults import Faults, awaited
from scripts.benches.breaking.kept import keep
from scripts.benches.breaking.served import LEADS_S, Said, Served
from scripts.benches.breaking.sink import Sink
from scripts.benches.breaking.witness import Witness, rows
from scripts.benches.frame.bench import Plan
from scripts.benches.frame.processes import Process

KILLS = int(os.environ.get("PROBER_BENCH_KILLS", "50"))
PERIODS_S: Mapping[str, float] = {"web": 6, "web-2": 9, "sms": 5, "sms-alone": 8, "ivr": 11}
QUICK_PERIODS_S: Mapping[str, float] = {"web": 6, "sms": 6}
GRACE_S = 10.0
SETTLED_S = 240.0
END_S = 15.0
SLACK = timedelta(seconds=1.5)
"""What is due within this before a robot is told to stop may be begun, or not."""
_MOMENTS = {"on the way up": 0.2, "at any time": 0.3, "at a start": 0.15, "at a run's end": 0.2, "at an alarm": 0.15}
_QUICK_MOMENTS = ("at a run's end", "at a start", "at an alarm")
_LONGEST_S, _QUICK_LONGEST_S = 20.0, 3.0
_OPEN = "select id from runs where ended_at is null"
_NOT_TOLD_THE_END = (
    "select 1 from incident_changes c where happened = 'closed' and not exists (select 1 from alarms a"
    " where a.incident_id = c.incident_id and a.state = 'sent' and a.change_id >= c.id)"
)
_UNSETTLED = (
    "select 1 from incidents where closed_at is null",
    "select 1 from alarms where state not in ('sent', 'needless')",
    _NOT_TOLD_THE_END,
)


@dataclass
class Tally:
    """What was seen over all kills, and of what was left at the end."""

    kills: Counter[str] = field(default_factory=Counter)
    processes: int = 0
    left: list[str] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    seen: int = 0
    lost: list[str] = field(default_factory=list)
    injected: Sequence[Injected] = ()
    incidents: Sequence[Incident] = ()
    books: Books = field(default_factory=Books)
    remarks: list[str] = field(default_factory=list)


def kill_again_and_again(plan: Plan, doors: Mapping[str, Any]) -> Tally:
    """Kill robots that watch the operator behind *doors*, and return what the last one's books say."""
    folder, periods_s = plan.folder / "kills", QUICK_PERIODS_S if plan.quick else PERIODS_S
    with Sink() as sink, ThreadPoolExecutor() as undertakers:
        config = write_workspace(folder, doors, periods_s, sink.settings)
        killing = _Killing(plan, config, periods_s, sink)
        with killing.witness.watching():
            killing.run(doors["control"], undertakers)
    keep(folder, plan.kept / "kills", [said.line for said in killing.said])
    return killing.tally


class _Killing:
    def __init__(self, plan: Plan, config: Path, periods_s: Mapping[str, float], sink: Sink) -> None:
        self._plan, self._config, self._periods_s, self._sink = plan, config, periods_s, sink
        self.witness = Witness(config.parent / "db/prober.sqlite")
        self.said: list[Said] = []
        self.tally = Tally()
        self._chance = plan.random
        self._longest_s = _QUICK_LONGEST_S if plan.quick else _LONGEST_S
        self._under_way: set[str] = set()
        self._startup_s = 5.0
        self._killed_s: float | None = None

    def run(self, control: str, undertakers: ThreadPoolExecutor) -> None:
        """Kill, let the last robot settle, and read its books."""
        over = threading.Event()
        doors = ("web",) if self._plan.quick else ("web", "sms", "ivr")
        faults = Faults(control, self.witness.database, doors, over, self._plan, once=self._plan.quick)
        moody = threading.Thread(target=self._let_the_sink_be_moody, args=(over,), daemon=True)
        burials: list[Future[list[Process]]] = []
        robot = self._started()
        try:
            self._led(robot)
            awaited(self._all_begun, LEADS_S)
            faults.begin()
            moody.start()
            for moment in self._moments():
                self._wait_for(moment, robot)
                burials.append(self._kill(robot, moment, undertakers))
                robot = self._started()
            self._led(robot)
            if self._plan.quick:  # its one fault stays until what the last kill cut off was judged
                awaited(partial(self._all_judged, len(self.witness.results)), LEADS_S)
            faults.end()
            moody.join()
            self._settle(robot)
        finally:
            over.set()
            robot.__exit__()
        self.tally.injected = faults.injected
        self.tally.left = [one.name for burial in burials for one in burial.result()]
        self._read()

    def _all_begun(self) -> bool:
        """Whether each probe was started once: before that no row tells the next robot that it was planned at all."""
        with suppress(Error):
            begun = {probe for (probe,) in rows(self.witness.database, "select distinct probe from starts")}
            return begun >= set(self._periods_s)
        return False

    def _all_judged(self, before: int) -> bool:
        """Whether as many results were kept since as there are probes."""
        self.witness.look()
        return len(self.witness.results) >= before + len(self._periods_s)

    def _started(self) -> Served:
        return Served(self._config, heard=self.said.append)

    def _moments(self) -> list[str]:
        if self._plan.quick:
            return list(_QUICK_MOMENTS)
        return self._chance.choices(list(_MOMENTS), list(_MOMENTS.values()), k=KILLS)

    def _wait_for(self, moment: str, robot: Served) -> None:
        """Return when the robot is to be killed."""
        if moment == "on the way up":
            time.sleep(self._chance.random() * 1.3 * self._startup_s)
            return
        self._led(robot)
        if moment != "at any time":
            time.sleep(self._chance.random() * self._longest_s / 3)
        ended = self.witness.ended
        waits: Mapping[str, Callable[[], object]] = {
            "at any time": lambda: time.sleep(self._chance.random() * self._longest_s),
            "at a start": self._until_a_start,
            "at a run's end": partial(awaited, lambda: self._ended_since(ended), self._longest_s),
            "at an alarm": self._until_an_alarm,
        }
        waits[moment]()

    def _until_a_start(self) -> None:
        """Wait for the next planned instant, and a moment more."""
        now = datetime.now(UTC)
        tables = [Timetable(name, Schedule(every_s)) for name, every_s in self._periods_s.items()]
        next_at = min(table.after(now) for table in tables)
        time.sleep((next_at - now).total_seconds() + 0.3 * self._chance.random())

    def _ended_since(self, ended: int) -> bool:
        self.witness.look()
        return self.witness.ended > ended

    def _until_an_alarm(self) -> None:
        """Wait till the sink is asked, and a moment more: it may have answered, and may not."""
        self._sink.asked.clear()
        if self._sink.asked.wait(2 * self._longest_s):
            time.sleep(self._chance.random() * (self._sink.slow_s + 0.3))

    def _kill(self, robot: Served, moment: str, undertakers: ThreadPoolExecutor) -> Future[list[Process]]:
        self.witness.look()
        mine = robot.kill()
        self._killed_s = time.monotonic()
        with suppress(Error):
            self._under_way.update(run for (run,) in rows(self.witness.database, _OPEN))
        self.tally.kills[moment] += 1
        self.tally.processes += len(mine)
        self._plan.say(f"kill {self.tally.kills.total()} {moment}: {len(self._under_way)} runs were cut off so far")
        return undertakers.submit(robot.left_behind, mine, GRACE_S)

    def _led(self, robot: Served) -> None:
        """Wait till the robot keeps the schedule, and note how long that took since the kill before it."""
        led = robot.until("leads", LEADS_S)
        if led is None:
            self.tally.remarks.append(f"a robot did not keep the schedule within {LEADS_S:g} s: {_last(robot)}")
            return
        self._startup_s = led.at_s - robot.began_s
        if self._killed_s is not None:
            self.tally.again_s.append(led.at_s - self._killed_s)
            self._killed_s = None

    def _let_the_sink_be_moody(self, over: threading.Event) -> None:
        """Let the sink be quick, slow or away for a while, in turn and by chance, and well at last."""
        chance = self._plan.random
        while not over.is_set():
            self._sink.away = chance.random() < (0 if self._plan.quick else 0.25)
            self._sink.slow_s = chance.choice((0.0, 1.0, 3.0))
            over.wait(5 + 15 * chance.random())
        self._sink.away, self._sink.slow_s = False, 0.0

    def _settle(self, robot: Served) -> None:
        """Let the last robot go on till nothing is open, and stop it as one does."""
        settled = awaited(lambda: not any(map(self._found, _UNSETTLED)), SETTLED_S)
        if not settled:
            self.tally.remarks.append(f"not settled after {SETTLED_S:g} s: an incident is open, or an alarm waits")
        self._stopped_at = datetime.now(UTC)
        if (code := robot.end(END_S)) != 0:
            self.tally.remarks.append(f"the last robot exited with {code}")

    def _found(self, query: str) -> bool:
        try:
            return bool(rows(self.witness.database, query))
        except Error:
            return True

    def _read(self) -> None:
        """Hold the books, and what was seen and told, against each other."""
        tally, database = self.tally, self.witness.database
        led_at = next(datetime.fromisoformat(said.news["at"]) for said in self.said if said.news["event"] == "leads")
        span = Span(led_at, self._stopped_at - SLACK)
        tally.books = audited(
            database, self._periods_s, [span], under_way=sorted(self._under_way), told=self._sink.told
        )
        tally.seen = len(self.witness.runs)
        known = dict(rows(database, "select id, outcome from runs"))
        told = [said.news for said in self.said if said.news["event"] == "run"]
        tally.lost = self.witness.lost() + [
            f"run {news['run']} was told to be {news['outcome']}, and is {known.get(news['run'])}"
            for news in told
            if known.get(news["run"]) != news["outcome"]
        ]
        tally.incidents = incidents_of(database)


def _last(robot: Served) -> str:
    return " / ".join(said.line for said in robot.said[-3:])
