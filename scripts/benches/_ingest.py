"""Ten million steps through the robot's own recording, on SQLite and PostgreSQL, and the questions asked of them."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from prober.model.run import Evidence, Failure, Layer, Outcome, Phase, Run, StepResult
from prober.model.value import Captured, ValueType
from prober.store.store import Store
from prober.store.tables import PROBE_RESULTS
from scripts.benches.frame.bench import Plan, Result
from scripts.postgres import server

STEPS, QUICK_STEPS = 10_000_000, 6_000
OF_RUN = 10
DAYS, _QUICK_DAYS = 90, 3
AT_ONCE = 256
"""Runs that are under way at once, as many robots on one store would have."""
_ASKED, _QUICK_ASKED = 40, 8
_SCENARIOS, _LINES, _PROBES = 20, 8, 100
_NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = (
    f"Ingest: {AT_ONCE} runs under way at once in one process, {OF_RUN} steps each.",
    "A step has two timings and three facts, a run a captured value, every fifth step evidence, without its file.",
    "Not durable: a killed robot loses nothing, a power cut the last moments.",
    "The server runs on the same machine, as its packages set it up.",
    f"Runs lie evenly over {DAYS} days: {_SCENARIOS} scenarios of {_SCENARIOS // 2} items, {_LINES} lines.",
    "Questions are asked one after the other, once figures were counted by the hour and day.",
)


@dataclass(frozen=True)
class _Load:
    steps: int
    asked: int
    days: int
    seed: int


def measure(plan: Plan) -> Result:
    """Fill both kinds of database, and ask."""
    steps = int(os.environ.get("PROBER_BENCH_STEPS", QUICK_STEPS if plan.quick else STEPS))
    load = _Load(steps, *((_QUICK_ASKED, _QUICK_DAYS) if plan.quick else (_ASKED, DAYS)), plan.seed)
    figures: dict[str, float | int | None] = {}
    gc.freeze()  # as the command line does when it has imported what it needs
    for name, opened in (("sqlite", _sqlite(plan.folder)), ("postgresql", _postgres())):
        with opened as (url, weight):
            plan.say(f"{name}: {steps} steps")
            found = asyncio.run(_measured(url, weight, load, plan.say))
        figures |= {f"{name}_{figure}": value for figure, value in found.items()}
    bounds = {name: "<= 0.200" for name in figures if name.endswith("_p95_s")}
    # So few steps are over before the writer is warm: a quick run tells of its way, not of its pace.
    if not plan.quick:
        bounds |= {f"{name}_ingest_steps_per_s": ">= 5000" for name in ("sqlite", "postgresql")}
    return Result(figures, bounds, {"steps a database": steps, "times each question": load.asked}, LIMITS)


@contextmanager
def _sqlite(folder: Path) -> Iterator[tuple[str, Callable[[], int]]]:
    file = folder / "ingest/prober.sqlite"
    yield f"sqlite:///{file}", lambda: sum(path.stat().st_size for path in file.parent.iterdir())


@contextmanager
def _postgres() -> Iterator[tuple[str, Callable[[], int]]]:
    with server() as one:
        url = one.make("bench")
        yield url, lambda: int(one.sql("SELECT pg_database_size('bench')"))


async def _measured(
    url: str, weight: Callable[[], int], load: _Load, say: Callable[[str], None]
) -> dict[str, float | int]:
    store = Store.open(url)
    empty_bytes = weight()
    try:
        found = await _filled(store, load, say)
        store.close()  # what stands in SQLite's log goes into the file
        found["bytes_per_step"] = round((weight() - empty_bytes) / load.steps, 1)
        store = Store.open(url)
        await _results(store)
        began_s = time.perf_counter()
        hours = await store.rollups.roll(_NOW)
        rolling_s = time.perf_counter() - began_s
        say(f"  {found['ingest_steps_per_s']} steps/s; {hours} hours and days counted in {rolling_s:.0f} s; asking")
        found |= {f"{name}_p95_s": p95_s for name, p95_s in _asked(store, load).items()}
    finally:
        store.close()
    found["rolling_steps_per_s"] = round(load.steps / rolling_s)
    found["bytes_per_step_with_figures"] = round((weight() - empty_bytes) / load.steps, 1)
    return found


async def _filled(store: Store, load: _Load, say: Callable[[str], None]) -> dict[str, float | int]:
    numbers = iter(range(load.steps // OF_RUN))
    done, drawn = count(1), _drawn(load.seed)
    waits: list[float] = []
    began_s = told_s = time.perf_counter()

    async def player() -> None:
        nonlocal told_s
        for number in numbers:
            waits.append(await _played(store, number, load, drawn))
            runs = next(done)
            if time.perf_counter() - told_s > 20:
                told_s = time.perf_counter()
                say(f"  {runs * OF_RUN} steps, {runs * OF_RUN / (told_s - began_s):.0f}/s")

    await asyncio.gather(*(player() for _ in range(AT_ONCE)))
    rate = load.steps // OF_RUN * OF_RUN / (time.perf_counter() - began_s)
    return {"ingest_steps_per_s": round(rate), "ingest_await_p50_s": round(float(np.median(waits)), 4)}


async def _played(store: Store, number: int, load: _Load, drawn: _Drawn) -> float:
    """Tell the store of one run as the runner does, and return what the await of its last step took."""
    at = _NOW - timedelta(days=load.days) * (1 - number / max(1, load.steps // OF_RUN))
    run = Run(
        id=f"{at:%Y%m%dT%H%M%S}-{number:08x}",
        scenario=f"scenario-{number % _SCENARIOS}",
        title="余额查询：三个渠道一致",
        line=f"demo-{number % _LINES}",
        planned_at=at,
        started_at=at,
        scenario_sha256="1" * 64,
        prompts_sha256="2" * 64,
        config_sha256="3" * 64,
        item=f"item-{number % (_SCENARIOS // 2)}",
        phase=Phase.POST_LAUNCH,
        probe=f"probe-{number % _PROBES}",
    )
    await store.run_started(run)
    steps: list[StepResult] = []
    waited_s = 0.0
    for index in range(OF_RUN):
        took_s, broken = drawn[(number * OF_RUN + index) % len(drawn)]
        steps.append(_step(run, index, took_s, broken=index == OF_RUN - 1 and broken))
        began_s = time.perf_counter()
        await store.step_finished(run, steps[-1])
        waited_s = time.perf_counter() - began_s
    ended_at, outcome = at + timedelta(seconds=OF_RUN), steps[-1].outcome
    await store.run_finished(replace(run, steps=tuple(steps), ended_at=ended_at, outcome=outcome))
    return waited_s


def _drawn(seed: int) -> _Drawn:
    """Return what steps take, and whether they break, drawn beforehand: the store is measured, not the drawing."""
    chance = np.random.default_rng(seed)
    took_s = chance.lognormal(0, 0.5, _DRAWN).round(6).tolist()
    return list(zip(took_s, (chance.random(_DRAWN) < 0.02).tolist(), strict=True))


_Drawn = Sequence[tuple[float, bool]]
_DRAWN = 9_973
"""A prime, so that what is drawn falls on other steps each time round."""
_CAPTURED = (Captured("balance", ValueType.MONEY, "86.50", 8650),)
_TIMINGS = {"recognised_s": 0.31, "key_end_s": 0.1}
_SHA256 = "ab" * 32
_FACTS = {"score": 0.93, "code": 200, "reason": "OK"}
_SPOKEN = (("ivr", "hear", "听到余额"), ("web", "see", "看到 我的余额"), ("sms", "receive", "收到 余额为"))


def _step(run: Run, index: int, took_s: float, *, broken: bool) -> StepResult:
    channel, verb, name = _SPOKEN[index % 3]
    at = run.started_at + timedelta(seconds=index)
    return StepResult(
        index=index,
        name=f"{name} {index}",
        channel=channel,
        verb=verb,
        outcome=Outcome.FAILED if broken else Outcome.PASSED,
        layer=Layer.CONTENT if broken else None,
        failure=Failure("another amount", "86.50", "96.50") if broken else None,
        started_at=at,
        ended_at=at + timedelta(seconds=0.9),
        within_s=6.0,
        warn_s=2.0,
        took_s=took_s,
        evidence_s=0.012,
        loop_lag_s=0.0008,
        timings=_TIMINGS,
        facts=_FACTS,
        captures=_CAPTURED if index == 3 else (),
        evidence=() if index % 5 else (Evidence("screenshot", f"{run.id}/{index}.png", _SHA256, 81_234, index),),
    )


async def _results(store: Store) -> None:
    """Give each probe a result an hour: what incidents read."""
    rows = [
        {
            "probe": f"probe-{probe}",
            "planned_at": at,
            "at": at + timedelta(seconds=15),
            "standing": "well",
            "runs": [f"{at:%Y%m%dT%H%M%S}-{probe:08x}"],
            "what": "",
            "maintenance": "",
        }
        for probe in range(_PROBES)
        for at in (_NOW - timedelta(hours=hour) for hour in range(1, 24 * 14))
    ]
    await store._database.write(lambda connection: connection.execute(insert(PROBE_RESULTS), rows).close())  # noqa: SLF001


def _asked(store: Store, load: _Load) -> dict[str, float]:
    """Return how long each question takes, in 95 of 100 times."""
    chance = random.Random(load.seed)  # noqa: S311 - chance, not secrecy
    back = [timedelta(days=chance.uniform(0.1, 0.8) * load.days) for _ in range(load.asked)]

    def item() -> str:
        return f"item-{chance.randrange(_SCENARIOS // 2)}"

    def scenario() -> str:
        return f"scenario-{chance.randrange(_SCENARIOS)}"

    def figures(days: int) -> Callable[[timedelta], object]:
        return lambda _: store.rollups.figures(_NOW - timedelta(days=days, minutes=7), _NOW, item=item())

    questions: dict[str, Callable[[timedelta], object]] = {
        "results_of_a_probe": lambda _: store.incidents.results(f"probe-{chance.randrange(_PROBES)}", limit=20),
        "latest_100_runs_of_an_item": lambda ago: store.queries.runs(item=item(), until=_NOW - ago, limit=100),
        "500_runs_of_a_gate": lambda ago: store.queries.bare_runs(
            scenario(), since=_NOW - ago - timedelta(days=7), until=_NOW - ago, limit=500
        ),
        "failures_of_a_day": lambda ago: store.queries.failures(_NOW - ago - timedelta(days=1), _NOW - ago, limit=500),
        "figures_of_7_days": figures(7),
        "figures_of_30_days": figures(30),
        "figures_of_90_days": figures(90),
        "figures_of_steps_of_30_days": lambda _: store.rollups.figures(
            _NOW - timedelta(days=30), _NOW, by=("step",), scenario=scenario()
        ),
    }
    return {name: round(_p95_s(ask, back), 4) for name, ask in questions.items()}


def _p95_s(ask: Callable[[timedelta], object], back: list[timedelta]) -> float:
    took_s = []
    for ago in back:
        began_s = time.perf_counter()
        ask(ago)
        took_s.append(time.perf_counter() - began_s)
    return float(np.quantile(took_s, 0.95))
