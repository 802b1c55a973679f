"""
Mishaps: `prober serve` killed (kill -9) again and again, its disk full, its database locked, its clock set.

Robots watch the demo operator, whose faults come and go; alarms go to a sink of our own, which is quick, slow or away
in turn. Each robot is killed alone, at a seeded random moment: on its way up, at any time, right at a start, right at a
run's end, or while the sink is being told; the next is started at once. The last one goes on till nothing is open.

Then the books are read. What a reader beside the robot ever saw in the store must be there as it was; each instant that
any probe was due, from the first lead to the end, must be exactly one run or one row that says why it was missed;
each run that ended must count in exactly one result; each fault must be exactly one incident, which opened and closed;
and each incident must have been heard of at the sink. What was told twice must say that it may have been
(`PROBER_BENCH_KILLS` for fewer than 50).

Then other things break while a robot is on watch: the file system of the database is full for a while, another program
locks the database for longer than the robot waits for it, the wall clock is set on and back by two hours, the sink is
away while there is something to tell. The same books are read, and whether the robot said what happened to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from prober.model.incident import Kind
from scripts.benches.alarming.matching import Matched, matched
from scripts.benches.breaking.kills import Tally, kill_again_and_again
from scripts.benches.breaking.others import Mishap, break_otherwise
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.demo import operator

_SHOWN = 30


def measure(plan: Plan) -> Result:
    """Break robots in every way, and read their books."""
    with operator() as doors, ThreadPoolExecutor(1) as stage:
        others = stage.submit(break_otherwise, plan) if plan.quick else None  # there all breaks at once
        tally = kill_again_and_again(plan, doors)
    mishaps = others.result() if others else break_otherwise(plan)
    return _result(tally, matched(tally.injected, tally.incidents), mishaps)


def _result(tally: Tally, found: Matched, mishaps: Sequence[Mishap]) -> Result:
    kills, others = _of_kills(tally, found), _of_mishaps(mishaps)
    figures = kills | others | _times(tally) | {"robot_incidents": len(found.robots)}
    books = tally.books
    return Result(
        figures,
        bounds=dict.fromkeys([*kills, *others], "== 0"),
        samples={
            "kills": tally.kills.total(),
            "instants due": books.due,
            "runs made": books.made,
            "runs cut off": books.interrupted,
            "runs seen beside the robot": tally.seen,
            "faults": len(found.met),
            "incidents opened": len(tally.incidents),
            "alarms sent": books.alarms,
            "alarms told again, and saying so": books.told_again - len(books.again_unmarked),
            "processes of killed robots": tally.processes,
            "other mishaps": len(mishaps),
        },
        limits=_LIMITS,
        tables=[_moments(tally), _reasons(tally), _told(mishaps)],
        remarks=_remarks(tally, found, mishaps),
    )


_LIMITS = (
    "One machine and one SQLite file: a kill -9 of the robot's process, not a power cut.",
    "Kills begin when each probe was started once: before, no row tells the next robot that it was planned at all.",
    "The reader beside the robot looks five times a second, and right before each kill.",
    "A fault is on until it was found: how soon that is where nobody kills the robot, the bench of alarms tells.",
)


def _of_kills(tally: Tally, found: Matched) -> Mapping[str, Figure]:
    books = tally.books
    return {
        "seen_and_lost": len(tally.lost),
        "starts_unaccounted": len(books.unaccounted),
        "starts_doubled": len(books.doubled),
        "results_lost": len(books.results_lost),
        "results_doubled": len(books.results_doubled),
        "interrupted_unmarked": len(books.unmarked),
        "incidents_missed": len(found.missed),
        "incidents_doubled": len(found.doubled),
        "incidents_false": len(found.false),
        "incidents_open": sum(one.closed_at is None and one.cause.kind is Kind.CHANNEL for one in tally.incidents),
        "alarms_lost": len(books.alarms_lost),
        "alarms_doubled_unsaid": len(books.again_unmarked),
        "processes_left": len(tally.left),
        "robots_not_up_again": len(tally.remarks),
    }


def _of_mishaps(mishaps: Sequence[Mishap]) -> Mapping[str, Figure]:
    return {
        "mishaps_lost": sum(len(one.lost) for one in mishaps),
        "mishaps_unaccounted": sum(len(one.unaccounted) for one in mishaps),
        "mishaps_doubled": sum(len(one.doubled) for one in mishaps),
        "mishaps_unsaid": sum(not one.said for one in mishaps),
        "mishaps_not_recovered": sum(one.recovered_s is None for one in mishaps),
    }


def _times(tally: Tally) -> Mapping[str, Figure]:
    took_s = tally.again_s
    return {
        "schedule_kept_again_p50_s": round(median(took_s), 2) if took_s else None,
        "schedule_kept_again_max_s": round(max(took_s), 2) if took_s else None,
    }


def _moments(tally: Tally) -> Table:
    return Table("When robots were killed", ("moment", "kills"), sorted(tally.kills.items()))


def _reasons(tally: Tally) -> Table:
    rows = [("made", tally.books.made), *sorted(tally.books.missed.items())]
    return Table("What became of each instant that was due", ("start", "instants"), rows)


def _told(mishaps: Sequence[Mishap]) -> Table:
    columns = ("mishap", "said", "lost", "unaccounted", "doubled", "recovered after (s)")
    return Table(
        "What else broke",
        columns,
        [
            (
                one.name,
                one.said or "nothing",
                len(one.lost),
                len(one.unaccounted),
                len(one.doubled),
                one.recovered_s,
            )
            for one in mishaps
        ],
    )


def _remarks(tally: Tally, found: Matched, mishaps: Sequence[Mishap]) -> list[str]:
    told = [*tally.remarks, *tally.lost, *tally.books.remarks, *(f"{name} was left behind" for name in tally.left)]
    told += [f"missed: {one.fault.case.fault} at {one.fault.on_at:%H:%M:%S}" for one in found.missed]
    told += [f"doubled: {one.fault.case.fault}: {', '.join(i.id for i in one.incidents)}" for one in found.doubled]
    told += [f"false: {one.id} {one.cause.channel} {one.cause.step}: {one.what[:100]}" for one in found.false]
    told += [f"of the robot: {one.id} {one.cause.step}: {one.what[:100]}" for one in found.robots]
    for mishap in mishaps:
        told += [f"{mishap.name}: {one}" for one in mishap.wrong]
    return told[:_SHOWN] + ([f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else [])
