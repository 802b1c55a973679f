"""
Many runs in a row in one robot: processes, open files, sockets, temporary files and memory do not grow.

A short journey over all three channels is repeated by one `prober run`, one run after another: beside another, what
is held at the end of a run depends on how far that one is. At the end of each run, /proc tells what the robot and
everything it started hold. Growth is the floor (the least) of the last fifth of the runs less that of the first fifth
after a warm-up (halves in the quick form); memory grows by the median slope over all pairs of runs (Theil and Sen).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from scripts.benches.frame import growth
from scripts.benches.frame.bench import Figure, Plan, Result
from scripts.benches.frame.growth import Sample, slope_kb
from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import JOURNEYS, Robot, Site
from scripts.demo import operator

RUNS, QUICK_RUNS = 500, 10
QUICK_S, QUICK_LEAST = 45.0, 6
"""The quick form ends when this time is over, but not before so many runs, however slow the machine is."""
LONGEST_RUN_S = 60.0
SETTLED_S = 240.0
"""Chromium starts a service of its own (on-device models) three minutes after its launch, once, and keeps it."""
ROBOT_KB_A_RUN = 100.0
"""`prober run` keeps each run until its end, to tell of them all: that is what most of this is."""
BROWSER_KB_A_RUN = 100.0
"""A browser that grows by this much a run has grown by 50 MB in 500."""
WAL_BYTES = 8_000_000
"""SQLite writes its log back every 1000 pages of 4 kB; twice that is a reader that holds it up."""
_MB = 1e6
_BROKEN_STEP = re.compile(r"  [✗!] (\w+\.\w+)")


@dataclass
class Seen:
    """All samples, and how the runs ended."""

    samples: list[Sample] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    lasted_s: float = 0.0
    code: int | None = None
    left: list[Process] = field(default_factory=list)


def measure(plan: Plan) -> Result:
    """Let one robot play, and watch what it holds."""
    runs = QUICK_RUNS if plan.quick else RUNS
    with operator() as doors:
        seen = _watch(plan, Site(plan.folder, doors), runs)
    return _result(seen, runs, quick=plan.quick)


def _watch(plan: Plan, site: Site, runs: int) -> Seen:
    seen = Seen()
    with Robot(site, str(JOURNEYS / "all-channels.yaml"), f"--repeat={runs}") as robot:
        _play(robot, plan, site, seen=seen, runs=runs)
        seen.lasted_s = time.monotonic() - robot.began_s
        if len(seen.outcomes) == runs:
            seen.code = robot.wait(LONGEST_RUN_S)
        seen.left = robot.left_behind(robot.kill(), 10)
    return seen


def _play(robot: Robot, plan: Plan, site: Site, *, seen: Seen, runs: int) -> None:
    began_s = robot.began_s
    for told in robot.lines(began_s + runs * LONGEST_RUN_S):
        if failed := _BROKEN_STEP.search(told.line):
            seen.broken[failed[1]] += 1
        if told.outcome:
            seen.samples.append(_sample(robot, site, quick=plan.quick))
            seen.outcomes.append(told.outcome)
            if len(seen.outcomes) % max(1, runs // 20) == 0:
                plan.say(_progress(seen, began_s))
            if plan.quick and len(seen.outcomes) >= QUICK_LEAST and time.monotonic() > began_s + QUICK_S:
                break


def _sample(robot: Robot, site: Site, *, quick: bool) -> Sample:
    # A quick one is over before Chromium has opened all it will.
    unopened = frozenset({"chrom"} if quick else ())
    return growth.sampled(robot, site, lambda one: _whose(one, robot.pid), unopened=unopened)


def _whose(one: Process, robot_pid: int) -> str:
    if one.pid == robot_pid:
        return "robot"
    return next((whose for whose in ("chrom", "node") if whose in one.name), "others")


def _progress(seen: Seen, began_s: float) -> str:
    last = seen.samples[-1]
    memory = ", ".join(f"{whose} {used / _MB:.0f} MB" for whose, used in sorted(last.memory.items()))
    counts = f"{last.processes} processes, {last.open_files} files, {last.sockets} sockets, {memory}"
    return f"{len(seen.outcomes)} runs in {time.monotonic() - began_s:.0f} s: {counts}"


def _result(seen: Seen, runs: int, *, quick: bool) -> Result:
    steady = growth.steady(seen.samples, 0.0 if quick else SETTLED_S)
    figures: dict[str, Figure] = {"runs_not_passed": _not_passed(seen.outcomes)} | growth.grown(steady)
    for whose, key in (("robot", "robot"), ("chrom", "browser"), ("node", "node")):
        held = [sample.memory.get(whose, 0) for sample in steady]
        figures[f"{key}_memory_slope_kb_a_run"] = slope_kb(held)
        figures[f"{key}_memory_at_end_mb"] = round(held[-1] / _MB, 1) if held else None
    figures["wal_largest_bytes"] = max((sample.wal_bytes for sample in seen.samples), default=None)
    figures["processes_left_at_end"] = len(seen.left)
    figures["run_mean_s"] = round(seen.lasted_s / max(1, len(seen.outcomes)), 2)
    bounds = {"runs_not_passed": "<= 0"} | growth.BOUNDS
    bounds |= {"wal_largest_bytes": f"<= {WAL_BYTES}", "processes_left_at_end": "<= 0"}
    if not quick:  # ten runs tell of a warm-up, not of a slope
        bounds["robot_memory_slope_kb_a_run"] = f"<= {ROBOT_KB_A_RUN:g}"
        bounds["browser_memory_slope_kb_a_run"] = f"<= {BROWSER_KB_A_RUN:g}"
        bounds["node_memory_slope_kb_a_run"] = f"<= {BROWSER_KB_A_RUN:g}"
    return Result(
        figures,
        bounds,
        {"runs": len(seen.outcomes), "samples after the warm-up": len(steady)},
        _LIMITS,
        remarks=_remarks(seen, runs, quick=quick),
    )


_LIMITS = (
    "The warm-up is the first tenth of the runs, and four minutes at least: by then Chromium has started all it will.",
    "The robot is `prober run --repeat`, which keeps every run in memory to tell of them all: its slope holds that.",
    "Resident memory counts pages that processes share more than once; of it only the slope is bound.",
    "Temporary files are those under TMPDIR but for what the browser, started once, keeps in its profile there.",
    "The robot is stopped for 0.3 s at the end of each run, so that what it holds can be counted.",
)


def _not_passed(outcomes: Sequence[str]) -> int:
    return sum(outcome not in {"passed", "slow"} for outcome in outcomes)


def _remarks(seen: Seen, runs: int, *, quick: bool) -> list[str]:
    remarks = [f"{one.name} was left behind" for one in seen.left]
    remarks += [f"{times} times not passed: {step}" for step, times in seen.broken.most_common(5)]
    if seen.code not in {0, None}:
        remarks.append(f"the robot exited with {seen.code}")
    if not seen.outcomes:
        remarks.append("no run came to its end")
    elif len(seen.outcomes) < runs and not quick:
        remarks.append(f"the robot ended, or time was over, after {len(seen.outcomes)} of {runs} runs")
    return remarks
