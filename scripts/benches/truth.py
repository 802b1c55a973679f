"""
How true the robot's latencies are: an IVR and a web hall that answer after a known time, and the wire beside them.

The robot dials as its users let it (`prober run`), presses ten keys, and hears another prompt behind each, which the
far end begins after a time drawn anew between 0.2 and 2 s. What the robot says of each (`took_s` of `ivr.hear`: the
key's first tick to the arrival of the first frame in which the prompt is audible) is held against the kernel's stamps
of those two packets on the loopback interface. Some calls at once, then with 1 % of the packets lost, then 100 at once.

Then it opens pages that let it wait for 0.05 to 2 s, clicks, and sees what comes after as long again, with a picture
after each step. What it says is held against what the pages' own scripts wrote down: navigation start → load, click →
text. Two peers do the same work in turns with it, timed as their users time it: Elastic's synthetics by the durations
of its steps, pytest-playwright by a clock around its calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scripts.benches.browsing.players import Player, elastic, playwright, robot
from scripts.benches.browsing.trials import Told, tried
from scripts.benches.calling import trials as calls
from scripts.benches.calling.trials import DEMO, Trials
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.benches.scheduling.used import share

_LIMITS = (
    "Loopback: no jitter but that of the two machines' clocks and processes, which are one machine here.",
    "The prompts are the demo operator's, A-law, and the far end falls silent at each key.",
    "The stamps are the kernel's, written down by tcpdump beside the robot; the robot does not see them.",
    "The peers' durations hold what a click and a look cost; that is how they are read as latencies.",
)


@dataclass(frozen=True)
class Part:
    """So many runs on so many lines at once, each of ten trials; *loss* is the share of packets that get lost."""

    name: str
    says: str
    lines: int
    runs: int
    quick_runs: int
    loss: float = 0.0


PARTS = (
    Part("", "4 calls at once", lines=4, runs=30, quick_runs=8),
    Part("loss_", "1 % of packets lost, 8 calls at once", lines=8, runs=24, quick_runs=0, loss=0.01),
    Part("crowd_", "100 calls at once", lines=100, runs=100, quick_runs=0),
)
ROUNDS, TRIALS, QUICK_TRIALS = 4, 15, 6
"""Of the web: so many times in turns, so many pages each."""
_TOOLS = {"": "prober", "elastic_": "@elastic/synthetics", "playwright_": "pytest-playwright"}
_PEERS = {"@elastic/synthetics": elastic, "pytest-playwright": playwright}
BOUNDS = {
    "web_open_error_p50_s": "<= 0.015",
    "web_open_error_p95_s": "<= 0.015",
    "web_see_error_p50_s": "<= 0.015",
    "web_see_error_p95_s": "<= 0.015",
    "web_lost": "== 0",
    "error_p50_s": "<= 0.002",
    "error_p95_s": "<= 0.010",
    "unheard": "== 0",
    "unseen": "== 0",
    "loss_error_p95_s": "<= 0.020",
    "loss_unheard": "== 0",
    "loss_unseen": "== 0",
    "crowd_error_p95_s": "<= 0.020",
    "crowd_unheard": "== 0",
    "crowd_unseen": "== 0",
}


def measure(plan: Plan) -> Result:
    """Let the robot call, and hold what it says against the wire."""
    parts = [part for part in PARTS if part.quick_runs or not plan.quick]
    found = {part.name: _part(plan, part) for part in parts}
    figures: dict[str, Figure] = {}
    for name, trials in found.items():
        absolute = [abs(error) for error in trials.errors_s]
        figures |= {f"{name}error_p50_s": share(absolute, 0.5), f"{name}error_p95_s": share(absolute, 0.95)}
        figures |= {f"{name}error_max_s": max(absolute, default=None)}
        figures |= {f"{name}unheard": trials.unheard, f"{name}unseen": trials.unseen}
    told, missing = _web(plan)
    for name, one in told.items():
        for verb, errors in (("open", one.open_errors_s), ("see", one.see_errors_s)):
            absolute = [abs(error) for error in errors]
            for how in (0.5, 0.95):
                figures[f"{name}web_{verb}_error_p{100 * how:.0f}_s"] = share(absolute, how)
        figures[f"{name}web_lost"] = one.lost
    return Result(
        {name: round(figure, 6) if isinstance(figure, float) else figure for name, figure in figures.items()},
        bounds={name: bound for name, bound in BOUNDS.items() if name in figures},
        samples={f"trials, {part.says}": len(found[part.name].errors_s) for part in parts}
        | {f"pages, {_TOOLS[name]}": len(one.open_errors_s) for name, one in told.items()},
        limits=_LIMITS,
        tables=[_table([(part, found[part.name]) for part in parts]), _web_table(told)],
        remarks=[*missing, *(remark for trials in found.values() for remark in trials.remarks)],
    )


def _web(plan: Plan) -> tuple[dict[str, Told], list[str]]:
    """Return what each tool said of the pages, by the beginning of its figures' names, and which could not be had."""
    players: dict[str, Player] = {"prober": robot}
    missing = []
    for tool, player in {} if plan.quick else _PEERS.items():
        plan.say(f"installing {tool}")
        try:
            players[tool] = player(plan.kept.absolute() / "peers" / tool)
        except (OSError, RuntimeError) as exc:
            missing.append(f"{tool} could not be had: {exc}")
    plan.say("pages, in turns with its peers")
    rounds, trials = (1, QUICK_TRIALS) if plan.quick else (ROUNDS, TRIALS)
    found = tried(plan.folder / "web", players, rounds=rounds, trials=trials, chance=plan.random)
    return {name: found[tool] for name, tool in _TOOLS.items() if tool in found}, missing


def _web_table(told: Mapping[str, Told]) -> Table:
    columns = ("", "pages", "injected, ms", *(f"{verb} {what}" for verb in ("open", "see") for what in _SHOWN))
    rows = []
    for name, one in told.items():
        span = f"{min(one.delays_s) * 1000:.0f}–{max(one.delays_s) * 1000:.0f}" if one.delays_s else "–"
        rows.append([_TOOLS[name], len(one.open_errors_s), span, *_in_ms(one.open_errors_s), *_in_ms(one.see_errors_s)])
    return Table("What each tool said of pages, less what the pages stamped, ms", columns, rows)


_SHOWN = ("mean error", "|error| p50", "p95", "max")


def _in_ms(errors_s: Sequence[float]) -> list[float | None]:
    absolute = [abs(error) for error in errors_s]
    mean = sum(errors_s) / len(errors_s) if errors_s else None
    shown = (mean, share(absolute, 0.5), share(absolute, 0.95), max(absolute, default=None))
    return [None if one is None else round(one * 1000, 2) for one in shown]


def _part(plan: Plan, part: Part) -> Trials:
    plan.say(part.says)
    runs = part.quick_runs if plan.quick else part.runs
    return calls.tried(plan.folder / (part.name or "plain"), DEMO, lines=part.lines, runs=runs, loss=part.loss)


def _table(found: Sequence[tuple[Part, Trials]]) -> Table:
    columns = ("", "trials", "calls up", "injected, ms", "mean error", "|error| p50", "p95", "p99", "max", "unheard")
    return Table("What the robot said, less what passed on the wire, ms", columns, [_row(*one) for one in found])


def _row(part: Part, trials: Trials) -> list[str | int | float | None]:
    errors = trials.errors_s
    absolute = [abs(error) for error in errors]
    shares = [share(absolute, 0.5), share(absolute, 0.95), share(absolute, 0.99), max(absolute, default=None)]
    span = f"{min(trials.pauses_s) * 1000:.0f}–{max(trials.pauses_s) * 1000:.0f}" if errors else "–"
    mean = sum(errors) / len(errors) if errors else None
    up = round(median(trials.calls_at_once)) if trials.calls_at_once else None
    shown = [None if one is None else round(one * 1000, 2) for one in (mean, *shares)]
    return [part.says, len(errors), up, span, *shown, trials.unheard]
