"""
How many calls the robot can have up at once: more and more of them, until it no longer hears what it is told in time.

Each call is a run of its own on a line of its own (`prober run --parallel`), which presses ten keys and hears, with a
library of more than 60 prompts, another one behind each. What it says of each is held against the wire, as in the
bench of truth. It has broken when a prompt is not heard, or when more than 5 % are dated wrong by more than 20 ms.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from statistics import median

from scripts.benches.calling.trials import Hotline, Trials, tried
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.benches.scheduling.used import share

HOTLINE = Hotline(
    Path(__file__).parent / "listening" / "prompts",
    "greeting",
    {
        "1": "language", "2": "main_menu", "3": "enter_password", "4": "enter_number", "5": "wrong_code",
        "6": "too_many", "7": "processing", "8": "text_sent", "9": "queue_still", "0": "recorded",
    },
)  # fmt: skip
CALLS, QUICK_CALLS = (10, 25, 50, 75, 100, 125, 150, 200), (8,)
WANTED = 100
LATE_S = 0.020
BOUNDS = {"error_p50_s": "<= 0.002", "error_p95_s": f"<= {LATE_S}", "unheard": "== 0", "unseen": "== 0"}
_LIMITS = (
    "The far end and tcpdump take their share of the same cores: it is told in no figure of the robot's.",
    "The far end stands for another machine, so its packets go first (nice -15, where that is allowed).",
    "Cores and memory: of the robot with all it started, the most in any 3 s; what processes share counts once.",
)


def measure(plan: Plan) -> Result:
    """Let the robot have more and more calls up at once."""
    found: dict[int, Trials] = {}
    for calls in QUICK_CALLS if plan.quick else CALLS:
        plan.say(f"{calls} calls at once")
        found[calls] = tried(plan.folder / f"{calls}", HOTLINE, lines=calls, runs=calls)
        if _broke(found[calls]) and calls >= WANTED:
            break
    wanted = max((calls for calls in found if calls <= WANTED), default=0)
    told, idle = found[wanted], min(found)
    errors = [abs(error) for error in told.errors_s]
    figures: dict[str, Figure] = {
        "error_p50_s": share(errors, 0.5),
        "error_p95_s": share(errors, 0.95),
        "error_max_s": max(errors, default=None),
        "unheard": told.unheard,
        "unseen": told.unseen,
        "cores": told.load.cores,
        "core_per_call": told.load.cores / wanted,
        "memory_per_call_mb": _slope(found, wanted, idle) if wanted != idle else told.load.memory_mb / wanted,
        "calls_without_fault": max(takewhile(lambda calls: not _broke(found[calls]), found), default=0),
    }
    return Result(
        {name: round(figure, 6) if isinstance(figure, float) else figure for name, figure in figures.items()},
        bounds=BOUNDS,
        samples={f"trials with {calls} calls at once": len(trials.errors_s) for calls, trials in found.items()},
        limits=_LIMITS,
        tables=[_table(found)],
        remarks=[remark for trials in found.values() for remark in trials.remarks],
    )


def _broke(trials: Trials) -> bool:
    late = share([abs(error) for error in trials.errors_s], 0.95)
    return trials.unheard > 0 or late is None or late > LATE_S


def _slope(found: dict[int, Trials], most: int, least: int) -> float:
    """Return what one more call takes, in megabytes."""
    return (found[most].load.memory_mb - found[least].load.memory_mb) / (most - least)


def _table(found: dict[int, Trials]) -> Table:
    columns = (
        "lines",
        "calls up",
        "trials",
        "|error| p50, ms",
        "p95",
        "p99",
        "max",
        "unheard",
        "cores",
        "% of a core a call",
        "MB",
    )
    return Table("Calls at once, on two cores", columns, [_row(calls, trials) for calls, trials in found.items()])


def _row(calls: int, trials: Trials) -> list[str | int | float | None]:
    errors = [abs(error) for error in trials.errors_s]
    shares = [share(errors, 0.5), share(errors, 0.95), share(errors, 0.99), max(errors, default=None)]
    up = round(median(trials.calls_at_once)) if trials.calls_at_once else None
    shown = [None if one is None else round(one * 1000, 2) for one in shares]
    load = trials.load
    cost = [round(load.cores, 2), round(100 * load.cores / calls, 2), round(load.memory_mb)]
    return [calls, up, len(errors), *shown, trials.unheard, *cost]
