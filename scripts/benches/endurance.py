"""
1,000 calls one after another while what carries them breaks: asserts inside pjproject, a registrar that vanishes.

One `prober run` calls the demo operator's IVR through Kamailio, where its line registers: it hears a prompt, presses a
key, hears another prompt, and hangs up. Meanwhile asserts of the SIP library fail in the line process, each of which
aborts it; and Kamailio is ended for 60 s, its ports closed. Both happen as it dials, in a call, and between two calls.
What is lost by that must be an ERROR that says why, and nothing else may be lost; the robot has to go on by itself.
What it holds is counted as in the bench of the soak (`PROBER_BENCH_CALLS` for fewer calls than 1,000, but more than
400; then no slope is bound).
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from scripts.benches.breaking import asserts
from scripts.benches.breaking.carriers import Breaking, Moment, Planned, What
from scripts.benches.breaking.losses import Losses, played
from scripts.benches.calling.kamailio import PASSWORD, REALM, Kamailio
from scripts.benches.frame import growth
from scripts.benches.frame.bench import Plan, Result
from scripts.benches.frame.growth import Sample, slope_kb
from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import JOURNEYS, Robot, Site
from scripts.demo import operator

CALLS = int(os.environ.get("PROBER_BENCH_CALLS", "1000"))
LONGEST_S = 20.0
WELL_AGAIN_S = 15.0
"""What waits for the registrar asks again every 4 s; the rest is a call, on a busy machine."""
ROBOT_KB_A_CALL = 100.0
"""As in the bench of the soak."""
LINE_KB_A_CALL = 10.0
"""A line process serves 2,000 calls: 20 MB."""
SLOPE_CALLS = 1000
"""Fewer tell of a warm-up: a line process grows by 2 MB in its first hundred calls, and then hardly at all."""
_MB = 1e6
_SHOWN = 20
_LINE = "line "


@dataclass(frozen=True)
class Form:
    """
    So many *calls*, and *asserts*, of which one fails *rest_s* after the other at the least: an aborted call is up at
    the demo's IVR, which takes four at once, until that gives up on a silent caller (32 s) and on its BYE (32 s more).

    The registrar *vanishes* at these moments, for *away_s*: longer than a call waits for an answer (3 s), and then the
    robot for the registrar (4 s). What the robot holds is counted every *sampled* calls.
    """

    calls: int
    asserts: int
    rest_s: float
    vanishes: tuple[Moment, ...]
    away_s: float
    sampled: int


FULL = Form(CALLS, max(6, CALLS // 80), 30.0, tuple(Moment), away_s=60.0, sampled=5)
QUICK = Form(24, 3, 0.0, (Moment.OVER,), away_s=9.0, sampled=1)


@dataclass
class Seen:
    """What was seen beside the robot, and what it told at last. *planned*: what was to break, and did not."""

    losses: Losses
    samples: Sequence[Sample]
    planned: Sequence[Planned]
    asserts: int
    lasted_s: float
    code: int | None
    left: Sequence[Process]


def measure(plan: Plan) -> Result:
    """Let one robot call, and break what carries its calls."""
    form = QUICK if plan.quick else FULL
    with operator() as doors:
        kamailio = Kamailio(plan.folder, doors["sip"])
        kamailio.comes()
        try:
            seen = _watch(plan, form, _site(plan.folder, {**doors, "sip": kamailio.server}), kamailio)
        finally:
            kamailio.goes_away()
    return _result(form, seen)


def _site(folder: Path, doors: dict[str, str]) -> Site:
    (hook := folder / "hook").mkdir()
    sip = f"{{user: 13800000001, password: {PASSWORD}, registrar: '{doors['sip']}'}}"
    settings = {
        "PROBER__LINES": f"[{{name: demo-1, msisdn: 13800000001, sip: {sip}}}]",
        "PROBER__CHANNELS__IVR__FROM_DOMAIN": REALM,
    }
    return Site(folder, doors, settings | asserts.hooked(hook))


def planned(form: Form) -> Iterator[Planned]:
    """Yield what is to break in the middle of the calls: what is held before it and after it is compared."""
    for number, moment in enumerate(islice(cycle(Moment), form.asserts)):
        yield Planned(round(form.calls * (0.3 + 0.2 * number / form.asserts)), What.ASSERT, moment)
    for number, moment in enumerate(form.vanishes):
        yield Planned(round(form.calls * (0.52 + 0.05 * number)), What.REGISTRAR, moment)


def _watch(plan: Plan, form: Form, site: Site, kamailio: Kamailio) -> Seen:
    samples: list[Sample] = []
    with Robot(site, str(JOURNEYS / "one-call.yaml"), f"--repeat={form.calls}") as robot:
        breaking = Breaking(robot, kamailio, deque(planned(form)), form.away_s, form.rest_s)
        for told in robot.lines(robot.began_s + form.calls * LONGEST_S):
            broke = breaking.heard(told)
            if told.outcome == "passed" and not broke and len(robot.outcomes) % form.sampled == 0:
                samples.append(growth.sampled(robot, site, lambda one: _whose(one, robot.pid)))
                if len(samples) % max(1, form.calls // form.sampled // 20) == 0:
                    plan.say(_progress(samples[-1], len(robot.outcomes)))
        lasted_s = time.monotonic() - robot.began_s
        breaking.end()
        code = robot.wait(LONGEST_S)
        left = robot.left_behind(robot.kill(), 10)
    failed = sum(asserts.SAID in line for line in robot.said)
    losses = Losses(played(site.database), breaking.done)
    return Seen(losses, samples, breaking.planned, failed, lasted_s=lasted_s, code=code, left=left)


def _whose(one: Process, robot_pid: int) -> str:
    if one.pid == robot_pid:
        return "robot"
    return f"{_LINE}{one.pid}" if one.forked_by_server else "others"


def _progress(last: Sample, calls: int) -> str:
    memory = ", ".join(f"{whose} {used / _MB:.0f} MB" for whose, used in sorted(last.memory.items()))
    counts = f"{last.processes} processes, {last.open_files} files, {last.sockets} sockets, {memory}"
    return f"{calls} calls in {last.at_s:.0f} s: {counts}"


def _result(form: Form, seen: Seen) -> Result:
    losses, steady, every = seen.losses, growth.steady(seen.samples), form.sampled
    wrong = {
        "calls_not_made": form.calls - len(losses.runs),
        "wrong_verdicts": sum(run.outcome != "error" for run in losses.lost),
        "lost_while_nothing_was_broken": len(losses.uncaused),
        "lost_without_the_reason": len(losses.unexplained),
        "asserts_that_cost_more_than_a_call": len(losses.costly),
        "line_processes_not_replaced": _not_replaced(losses, steady),
        "never_broken": len(seen.planned),
        "processes_left_at_end": len(seen.left),
    }
    times = {
        "well_again_after_an_assert_s": losses.well_again_s(What.ASSERT),
        "well_again_after_the_registrar_s": losses.well_again_s(What.REGISTRAR),
    }
    slopes = {
        "robot_memory_slope_kb_a_call": slope_kb([one.memory["robot"] for one in steady], runs=every),
        "line_memory_slope_kb_a_call": slope_kb(_longest_life(steady), runs=every),
    }
    bounds = dict.fromkeys(wrong, "== 0") | dict.fromkeys(times, f"<= {WELL_AGAIN_S:g}") | growth.BOUNDS
    if form.calls >= SLOPE_CALLS:
        bounds |= dict(zip(slopes, (f"<= {ROBOT_KB_A_CALL:g}", f"<= {LINE_KB_A_CALL:g}"), strict=True))
    mean = {"call_mean_s": round(seen.lasted_s / max(1, len(losses.runs)), 2)}
    return Result(
        {**wrong, **times, **growth.grown(steady), **slopes, **mean},
        bounds,
        {
            "calls": len(losses.runs),
            "calls lost": len(losses.lost),
            "asserts that failed": seen.asserts,
            "samples after the warm-up": len(steady),
        },
        _LIMITS,
        tables=[losses.table()],
        remarks=_remarks(seen),
    )


_LIMITS = (
    "The library asserts that it knows each thread by which it is called: a hook of the bench calls it by another one.",
    "Well again: from when the line process was gone, or the registrar back, to the end of the next call that passed.",
    "The robot is `prober run --repeat`, which keeps every run in memory to tell of them all: its slope holds that.",
    "The slope of a line process is of the last three quarters of the one that lived longest.",
    "The robot is stopped for 0.3 s at the end of every fifth call that passed, so that what it holds can be counted.",
)


def _not_replaced(losses: Losses, steady: Sequence[Sample]) -> int:
    """Count the aborted line processes in whose stead no other one was aborted later, or is there at the end."""
    aborted = [one.line for one in losses.broken if one.planned.what is What.ASSERT]
    last = _lines(steady[-1]) if steady else set()
    gone = {f"{_LINE}{line.pid}" for line in aborted if line is not None} - last
    return len(aborted) - len(gone) if last else len(aborted)


def _lines(sample: Sample) -> set[str]:
    return {whose for whose in sample.memory if whose.startswith(_LINE)}


def _longest_life(samples: Sequence[Sample]) -> list[int]:
    """Return the memory of the line process of which there are most samples, after the first quarter of its life."""
    lives: dict[str, list[int]] = {}
    for sample in samples:
        for line in _lines(sample):
            lives.setdefault(line, []).append(sample.memory[line])
    longest = max(lives.values(), key=len, default=[])
    return longest[len(longest) // 4 :]


def _remarks(seen: Seen) -> list[str]:
    losses = seen.losses
    told = [f"{one.name} was left behind" for one in seen.left]
    told += [f"never broken: {one.what.value} {one.moment.value}" for one in seen.planned]
    told += [f"{run.id} {run.outcome}: {run.reason}" for run in losses.lost if run.outcome != "error"]
    told += [f"{run.id} lost, and nothing was broken: {run.reason}" for run in losses.uncaused]
    told += [f"{run.id} does not say what was broken: {run.reason}" for run in losses.unexplained]
    told += [f"{one.planned.what.value} {one.planned.moment.value} cost more than a call" for one in losses.costly]
    if seen.code != (3 if losses.lost else 0):
        told.append(f"the robot exited with {seen.code}")
    return told[:_SHOWN]
