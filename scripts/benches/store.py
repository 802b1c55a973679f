"""
The robot killed (kill -9) at seeded random moments: what it had told is kept, and the next run is clean.

A quarter of the kills fall anywhere from the robot's start on, its browser's start included; the others anywhere in the
runs that follow its first one. Every robot's first run shows whether the kill before it left anything in the way.

Then ten million steps are kept, on SQLite and on PostgreSQL, through the code that records runs: how many a second, how
many bytes each, and how long the questions take that incidents, gates and reports ask (`PROBER_BENCH_STEPS` for fewer).
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median

from scripts.benches import _ingest
from scripts.benches.frame.bench import Plan, Result
from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import JOURNEYS, Robot, Site
from scripts.demo import operator

KILLS, QUICK_KILLS = 50, 8
GRACE_S = 10.0
FIRST_RUN_S = 90.0
QUICK_S = 22.0
_SETTINGS = {
    "PROBER__CHANNELS__SMS__QUARANTINE": "2s",
    "PROBER__CHANNELS__WEB__SCREENSHOTS": "every_step",
}
_LIMITS = (
    "One machine and one SQLite file: a kill -9 of the robot's process, not a power cut.",
    "The quarantine of an SMS number is 2 s here. It is 150 s by default, and a run in that time rightly says so.",
    "What was told is what was printed before the kill; a step committed and not yet printed is kept as well.",
)


@dataclass
class Tally:
    """What was seen over all kills."""

    kills: int = 0
    told_steps: int = 0
    lost_steps: int = 0
    interrupted: int = 0
    unmarked: int = 0
    evidence: int = 0
    evidence_wrong: int = 0
    next_runs: int = 0
    not_clean: int = 0
    processes: int = 0
    left: Counter[str] = field(default_factory=Counter)
    gone_s: list[float] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def measure(plan: Plan) -> Result:
    """Kill robots, and look at what is left."""
    tally, chance = Tally(), plan.random
    began_s = time.monotonic()
    with operator() as doors:
        bench = _Bench(Site(plan.folder, doors, _SETTINGS), tally, quick=plan.quick)
        for kill in range(QUICK_KILLS if plan.quick else KILLS):
            if plan.quick and kill >= 2 and time.monotonic() - began_s > QUICK_S:
                break
            bench.kill_one(chance)
            lost, left = tally.lost_steps, tally.left.total()
            plan.say(f"kill {kill + 1}: {tally.told_steps} steps told, {lost} lost, {left} processes left")
        bench.play_one()
    return _together(_result(tally, Site(plan.folder, doors)), _ingest.measure(plan))


class _Bench:
    """Kills one robot after another on one line."""

    def __init__(self, site: Site, tally: Tally, *, quick: bool) -> None:
        self._site = site
        self._tally = tally
        journey = "web-sms" if quick else "all-channels"
        self._arguments = (str(JOURNEYS / f"{journey}.yaml"), "--line=demo-1")
        self._run_s = 3.0
        self._under_way: set[str] = set()

    def kill_one(self, chance: random.Random) -> None:
        """Start a robot, kill it at a random moment, and see what is left of it and of what it told."""
        early, part = chance.random() < 0.25, chance.random()
        with Robot(self._site, *self._arguments, "--repeat=100") as robot:
            if early:
                self._listen(robot, robot.began_s + part * 2 * self._run_s)
            elif self._first_run(robot):
                self._listen(robot, time.monotonic() + part * 1.5 * self._run_s)
            mine = robot.kill()
        self._tally.kills += 1
        killed_s = time.monotonic()
        left = robot.left_behind(mine, GRACE_S)
        self._tally.gone_s.append(time.monotonic() - killed_s)
        self._account_processes(mine, left)
        self._account_steps(robot)

    def play_one(self) -> None:
        """Let one robot come to its end: it is clean as well, and marks what the last kill left."""
        with Robot(self._site, *self._arguments) as robot:
            if self._first_run(robot) and (code := robot.wait(GRACE_S)) != 0:
                self._not_clean(f"the robot that was let play to its end exited with {code}")

    def _listen(self, robot: Robot, until_s: float) -> None:
        for _ in robot.lines(until_s):
            pass

    def _first_run(self, robot: Robot) -> bool:
        """Wait for the end of the robot's first run, which must pass."""
        run_began_s = None
        for told in robot.lines(time.monotonic() + FIRST_RUN_S):
            if told.run:
                run_began_s = told.at_s
                self._account_marks()
            if told.outcome and run_began_s:
                self._run_s = told.at_s - run_began_s
                self._account_next(robot, told.outcome)
                return True
        self._account_next(robot, "no end")
        return False

    def _account_next(self, robot: Robot, outcome: str) -> None:
        self._tally.next_runs += 1
        if outcome not in {"passed", "slow"}:
            self._not_clean(f"a run after a kill ended with {outcome}: {' / '.join(robot.said)[-600:]}")

    def _not_clean(self, remark: str) -> None:
        self._tally.not_clean += 1
        self._tally.remarks.append(remark)

    def _account_marks(self) -> None:
        """Now that the store is open again, every run that was under way at a kill must be marked."""
        for run in self._under_way:
            marked = _rows(self._site, "select 1 from runs where id = ? and interrupted", run)
            self._tally.interrupted += len(marked)
            if not marked:
                self._tally.unmarked += 1
                self._tally.remarks.append(f"run {run} was not marked interrupted")
        self._under_way.clear()

    def _account_processes(self, mine: list[Process], left: list[Process]) -> None:
        self._tally.processes += len(mine)
        self._tally.left.update(one.name for one in left)
        for one in left:
            self._tally.remarks.append(f"{one.name} (parent {one.parent}) still lived {GRACE_S:g} s after its robot")

    def _account_steps(self, robot: Robot) -> None:
        self._under_way.update(run for (run,) in _rows(self._site, "select id from runs where ended_at is null"))
        for run, told in robot.steps.items():
            kept = len(_rows(self._site, "select 1 from steps where run_id = ?", run))
            self._tally.told_steps += told
            self._tally.lost_steps += max(0, told - kept)


def _rows(site: Site, query: str, *values: str) -> list[tuple[str, ...]]:
    """Return what the store has; nothing from one that was not made yet."""
    if not site.database.exists():
        return []
    with closing(sqlite3.connect(site.database)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'evidence'").fetchall():
            return []
        return connection.execute(query, values).fetchall()


def _together(killed: Result, filled: Result) -> Result:
    return Result(
        {**killed.figures, **filled.figures},
        bounds={**killed.bounds, **filled.bounds},
        samples={**killed.samples, **filled.samples},
        limits=(*killed.limits, *filled.limits),
        remarks=killed.remarks,
    )


def _account_evidence(site: Site, tally: Tally) -> None:
    """Every piece of evidence the store has of a step is a file with its checksum."""
    for path, sha256 in _rows(site, "select path, sha256 from evidence"):
        file = site.evidence / path
        tally.evidence += 1
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            tally.evidence_wrong += 1
            tally.remarks.append(f"{path} is not there, or not what the store says")


def _result(tally: Tally, site: Site) -> Result:
    _account_evidence(site, tally)
    figures = {
        "finished_steps_lost": tally.lost_steps,
        "runs_not_marked_interrupted": tally.unmarked,
        "next_runs_not_clean": tally.not_clean,
        "processes_left": tally.left.total(),
        "evidence_not_as_recorded": tally.evidence_wrong,
        "temporary_files_left": sum(1 for path in site.temporary.rglob("*") if path.is_file()),
        "processes_gone_p50_s": round(median(tally.gone_s), 3),
        "processes_gone_max_s": round(max(tally.gone_s), 3),
    }
    return Result(
        figures,
        bounds=dict.fromkeys(list(figures)[:6], "<= 0"),
        samples={
            "kills": tally.kills,
            "finished steps told": tally.told_steps,
            "runs interrupted": tally.interrupted,
            "next runs": tally.next_runs,
            "processes of killed robots": tally.processes,
            "pieces of evidence": tally.evidence,
        },
        limits=_LIMITS,
        remarks=list(dict.fromkeys(tally.remarks))[:20],
    )
