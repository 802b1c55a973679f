"""
How often the gate is right: thousands of gates over made-up runs, each judged as `prober gate` judges.

Beside it, over the same runs, stands the rule of Kayenta's judge, stated anew. Then launches are watched run by run:
how often a well one is stopped, and after how many runs a bad one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from prober.judge.gate.proportions import Share, p_below
from prober.judge.gate.rules import Case, Seen, judge
from prober.judge.gate.sampling import counted, sample
from prober.judge.gate.watching import watch
from prober.model.item import Baseline, Item, Sample, Terms
from prober.model.run import Outcome, Phase, Run
from prober.model.verdict import Decision
from scripts.benches.frame.bench import Plan, Result, Table
from scripts.benches.gating.rank_sum import passes
from scripts.benches.gating.world import BEGAN_AT, SCENARIO, World, journeys, runs

GATES, QUICK_GATES = 1000, 40
_MOST = {
    "no_go_no_change": 0.01,
    "go_tail": 0.07,
    "go_slower": 0.07,
    "go_worse_success": 0.01,
    "go_too_few": 0.0,
    "go_robot_faults": 0.0,
    "launch_stopped_no_change": 0.01,
    "launch_missed_dead": 0.0,
}
"""How often each mistake may be made."""
_LEAST_GO = 0.80
"""How often an item that did not change is to go, with the default budget of runs."""
LOOKS = 240
"""Runs of a watched launch: two hours, two a minute."""
ITEM = Item(SCENARIO, SCENARIO, "", ("ivr", "web"), (SCENARIO,))
BASE = World()


@dataclass(frozen=True)
class Kind:
    """A kind of gate: how the channel is now, and how many runs there are of it, and of the baseline."""

    name: str
    world: World
    n: int = 100
    base_n: int = 100
    looks: tuple[int, ...] = ()
    """After how many runs it is looked at beforehand: NO_GO ends it, and GO at the first of them."""


KINDS = (
    Kind("no change", BASE),
    Kind("no change, default budget", BASE, Terms().runs, Terms().runs),
    Kind("+30 %", World(slower=1.3)),
    Kind("10 % of calls four times slower", World(tail=0.1)),
    Kind("success 99 → 95 %", World(success=0.95)),
    Kind("success 99 → 85 %", World(success=0.85)),
    Kind("too few runs", BASE, 20),
    Kind("5 % robot faults", World(faults=0.05), 110),
    Kind("25 % robot faults", World(faults=0.25), 140),
    Kind("no change, neighbours much alike", World(memory=0.7), 120, 120),
    Kind("no change, looked at every ten", BASE, 120, 120, looks=tuple(range(10, 120, 10))),
    Kind("success at the floor, no baseline", World(success=0.9), 120, 0, looks=(25,)),
    Kind("no change, no baseline", BASE, 120, 0, looks=(25,)),
)
LAUNCHES = (
    Kind("no change", BASE),
    Kind("no change, neighbours much alike", World(memory=0.7)),
    Kind("dead", World(success=0.0)),
    Kind("success 80 %", World(success=0.8)),
    Kind("+60 %", World(slower=1.6)),
    Kind("30 % of calls four times slower", World(tail=0.3)),
)


def measure(plan: Plan) -> Result:
    """Judge gates of every kind, and watch launches."""
    number = QUICK_GATES if plan.quick else GATES
    with ProcessPoolExecutor() as pool:
        gates = {}
        for kind in KINDS:
            gates[kind.name] = list(pool.map(partial(_gate, kind), _seeds(plan, number), chunksize=20))
            plan.say(f"{kind.name:34} {_shares(gates[kind.name])}")
        launches = {}
        for kind in LAUNCHES:
            launches[kind.name] = list(pool.map(partial(_launch, kind), _seeds(plan, number), chunksize=20))
            plan.say(f"{kind.name:34} {_stopped(launches[kind.name])}")
    figures = {
        "go_no_change_budget": _share(gates["no change, default budget"], Decision.GO),
        "go_no_change": _share(gates["no change"], Decision.GO),
        "no_go_no_change": max(_share(gates[name], Decision.NO_GO) for name in gates if name.startswith("no change")),
        "go_tail": _share(gates["10 % of calls four times slower"], Decision.GO),
        "go_slower": _share(gates["+30 %"], Decision.GO),
        "go_worse_success": _share(gates["success 99 → 85 %"], Decision.GO),
        "go_too_few": _share(gates["too few runs"], Decision.GO),
        "go_robot_faults": _share(gates["25 % robot faults"], Decision.GO),
        "go_at_the_floor": _share(gates["success at the floor, no baseline"], Decision.GO),
        "go_no_change_no_baseline": _share(gates["no change, no baseline"], Decision.GO),
        "rank_sum_passes_tail": sum(passed for _, passed in gates["10 % of calls four times slower"]) / number,
        "launch_stopped_no_change": sum(map(bool, launches["no change"])) / number,
        "launch_missed_dead": launches["dead"].count(None) / number,
    }
    return Result(
        figures=figures,
        bounds={name: f"<= {_room(most, number):g}" for name, most in _MOST.items()}
        | {"go_no_change_budget": f">= {1 - _room(1 - _LEAST_GO, number):g}"},
        samples={"gates_of_a_kind": number, "launches_of_a_kind": number, "runs_of_a_launch": LOOKS},
        limits=[
            "The runs are made up: log-normal latencies, of which neighbours are alike with a correlation of 0.3.",
            f"Of fewer than {GATES} gates a kind a bound has the room that chance takes up, but for once in 1,000.",
            "The rule of Kayenta's judge is stated anew from its published description; that judge is not run.",
        ],
        tables=[_gates_table(gates, number), _launches_table(launches, number)],
    )


def _room(most: float, number: int) -> float:
    """Return the rate that *number* gates may show at the most where the true one is *most*."""
    if number >= GATES or not most:
        return most
    hits = next(hits for hits in range(number + 1) if 1 - p_below(Share(hits, number), most) < 0.001)
    return round(hits / number, 3)


def _seeds(plan: Plan, number: int) -> Sequence[Sequence[int]]:
    return [(plan.seed, one) for one in range(number)]


def _gate(kind: Kind, seed: Sequence[int]) -> tuple[Decision, bool]:
    """Judge one gate; return what it says, and whether the rank-sum rule would let it pass."""
    chance = np.random.default_rng(seed)
    before, now = runs(BASE, kind.base_n, chance), runs(kind.world, kind.n, chance)
    baseline = _baseline(before) if before else None
    if baseline is None:
        return _decided(kind, now, None), False
    errors = [np.array([run.outcome is Outcome.FAILED for run in side], dtype=float) for side in (now, before)]
    passed = passes([journeys(now), errors[0]], [journeys(before), errors[1]])
    return _decided(kind, now, baseline), passed


def _decided(kind: Kind, now: Sequence[Run], baseline: Baseline | None) -> Decision:
    """Return what the gate says, which plays in batches: NO_GO ends it at any look, GO without a baseline as well."""
    for n in kind.looks:
        said = _judged(now[:n], baseline)
        if said is Decision.NO_GO or (said is Decision.GO and baseline is None):
            return said
    return _judged(now, baseline)


def _judged(now: Sequence[Run], baseline: Baseline | None) -> Decision:
    seen = counted(now, version=None, phase=Phase.PRE_LAUNCH, since=BEGAN_AT)
    case = Case(
        item=ITEM,
        phase=Phase.PRE_LAUNCH,
        at=BEGAN_AT + timedelta(days=1),
        seen={SCENARIO: Seen(seen, _sample(seen.runs))},
        baseline=baseline,
    )
    return judge(case).decision


def _launch(kind: Kind, seed: Sequence[int]) -> int | None:
    """Watch one launch; return after how many runs it is stopped, None if it is not."""
    chance = np.random.default_rng(seed)
    watched = watch({SCENARIO: _sample(runs(BASE, kind.base_n, chance))}, ITEM.terms)
    for number, run in enumerate(runs(kind.world, LOOKS, chance), start=1):
        watched = watched.seen(run)
        if watched.stops:
            return number
    return None


def _sample(found: Sequence[Run]) -> Sample:
    return sample(SCENARIO, found, limits={}, zone=ZoneInfo("Asia/Shanghai"))


def _baseline(found: Sequence[Run]) -> Baseline:
    until = BEGAN_AT + timedelta(hours=len(found))
    return Baseline(
        SCENARIO, 1, Phase.PRE_LAUNCH, until, "", BEGAN_AT.astimezone(UTC), until, {SCENARIO: _sample(found)}
    )


def _share(gates: Sequence[tuple[Decision, bool]], wanted: Decision) -> float:
    return sum(decision is wanted for decision, _ in gates) / len(gates)


def _shares(gates: Sequence[tuple[Decision, bool]]) -> str:
    said = Counter(decision for decision, _ in gates)
    return "  ".join(f"{decision} {said[decision] / len(gates):6.1%}" for decision in Decision)


def _stopped(launches: Sequence[int | None]) -> str:
    after = [number for number in launches if number is not None]
    return f"stopped {len(after) / len(launches):6.1%}" + (f", after {median(after):g} runs" if after else "")


def _gates_table(gates: Mapping[str, Sequence[tuple[Decision, bool]]], number: int) -> Table:
    rows = [
        (kind.name, kind.base_n, kind.n, *(f"{_share(gates[kind.name], one):.1%}" for one in Decision), passed)
        for kind in KINDS
        for passed in [f"{sum(passed for _, passed in gates[kind.name]) / number:.1%}" if kind.base_n else "–"]
    ]
    columns = ("the channel", "runs before", "now", *map(str, Decision), "rank-sum rule passes")
    return Table("Gates: what was said", columns, rows)


def _launches_table(launches: Mapping[str, Sequence[int | None]], number: int) -> Table:
    rows = []
    for name, found in launches.items():
        after = sorted(one for one in found if one is not None)
        share = f"{len(after) / number:.1%}"
        rows.append((name, share, median(after) if after else None, after[int(0.95 * len(after))] if after else None))
    return Table("Launches: stopped, and after how many runs", ("the channel", "stopped", "p50", "p95"), rows)
