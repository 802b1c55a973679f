"""
What a web scenario costs: beside a hand-written Playwright script, and with more and more customers at once.

A scenario of 20 steps (open a page; then fill in, click and see, again and again) is played in turns with a script of
Playwright's that does the same in a warm browser, each in a fresh context: how long from the first step's start to the
last one's end. The page lets them wait for 0.1 to 0.9 s as real ones do, or not at all, which shows the bare cost of a
step; the trace is on for both, or off. Then more and more runs at once, each of which waits for a page as
people do: how long their steps take, what a context costs, and up to how many at once every run passes.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Browser, async_playwright

from prober.channels.web.config import Settings
from prober.channels.web.launching import find_browser, flags
from scripts.benches.browsing.hall import AT_ONCE, IN_TIME, hall
from scripts.benches.calling.robot import Load, weighed
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.benches.scheduling.used import share
from scripts.demo import PROBER

ROUNDS, RUNS, QUICK_RUNS = 3, 5, 3
"""In turns, so many times so many runs each; once in the quick form."""
ENQUIRIES = 6
"""A scenario is a page and so many enquiries of three steps, and a last look: 20 steps."""
CROWDS, QUICK_CROWDS = (1, 4, 8, 16, 24), (1, 4)
WAITS = 6
_SHOWN = 5
LEAST = 8
"""As many as the settings let in at once, where nobody says otherwise."""
BOUNDS = {"cost_ratio": "<= 1.05", "cost_ratio_untraced": "<= 1.05", "contexts_at_once": f">= {LEAST}"}
CASES = (
    ("cost_ratio", IN_TIME, "failures"),
    ("cost_ratio_untraced", IN_TIME, "never"),
    ("bare_ratio", AT_ONCE, "failures"),
    ("bare_ratio_untraced", AT_ONCE, "never"),
)
"""Figure, page, and of which runs the robot keeps the trace."""
Row = list[str | int | float | None]
_CONFIG = """\
store: {{url: sqlite:///prober.sqlite}}
evidence: {{path: evidence}}
lines:
{lines}
channels:
  web: {{contexts: 100, trace: {trace}, har: never}}
"""
_LINE = "  - {{name: line-{number}, msisdn: {msisdn}}}\n"


def measure(plan: Plan) -> Result:
    """Play both in turns, then more and more at once."""
    with hall(plan.random) as place:
        ratios, costs = _costs(plan, place.url)
        held, crowds, wrong = _crowds(plan, place.url)
    figures = {**ratios, **held}
    at_once = ("contexts", "runs", "not passed", "cores", "MB", "a click takes, ms, p50", "p95")
    return Result(
        figures,
        {name: bound for name, bound in BOUNDS.items() if name in figures and not plan.quick},
        {"runs of each in turns": int(costs[0][2] or 0), "runs at once": sum(int(row[1] or 0) for row in crowds)},
        _LIMITS,
        [
            Table("20 steps, ms (medians)", ("the page lets wait", "trace", "runs", "prober", "script"), costs),
            Table("Runs at once, on these cores", at_once, crowds),
        ],
        remarks=[f"{times} runs: {why}" for why, times in wrong.most_common(_SHOWN)],
    )


def _costs(plan: Plan, url: str) -> tuple[dict[str, Figure], list[Row]]:
    figures: dict[str, Figure] = {}
    rows: list[Row] = []
    times = (1, QUICK_RUNS) if plan.quick else (ROUNDS, RUNS)
    for name, page, trace in CASES[::2] if plan.quick else CASES:
        plan.say(f"20 steps in turns with a script: {name}")
        robot_s, script_s = _in_turns(plan.folder / name, url + page, *times, trace=trace)
        took_s = median(robot_s), median(script_s)
        figures[name] = round(took_s[0] / took_s[1], 3)
        waits = "as real ones do" if page == IN_TIME else "not at all"
        rows.append([waits, "off" if trace == "never" else "on", len(robot_s), *map(_ms, took_s)])
    return figures, rows


def _crowds(plan: Plan, url: str) -> tuple[dict[str, Figure], list[Row], Counter[str]]:
    rows: list[Row] = []
    held: dict[int, float] = {}
    wrong: Counter[str] = Counter()
    for lines in QUICK_CROWDS if plan.quick else CROWDS:
        plan.say(f"{lines} at once")
        document, load = _crowd(plan.folder / f"crowd-{lines}", url, lines, quick=plan.quick)
        runs, held[lines] = document["runs"], load.memory_mb
        not_passed = [_why(run) for run in runs if run["outcome"] not in ("passed", "slow")]
        wrong.update(not_passed)
        clicks = [step["took_s"] for run in runs for step in run["steps"] if step["verb"] == "click"]
        shown = [_ms(share([one for one in clicks if one is not None], of)) for of in (0.5, 0.95)]
        rows.append([lines, len(runs), len(not_passed), round(load.cores, 2), round(load.memory_mb), *shown])
    least, most = min(held), max(held)
    each_mb = round((held[most] - held[least]) / (most - least), 1)
    passed = max((int(row[0] or 0) for row in rows if not row[2]), default=0)
    return {"contexts_at_once": passed, "memory_per_context_mb": each_mb}, rows, wrong


def _why(run: Mapping[str, Any]) -> str:
    """Return in words why a run did not pass."""
    told = next((step["failure"] for step in run["steps"] if step.get("failure")), None)
    return (
        f"{run['outcome']}: {told['what']}: {told['actual']}" if told else f"{run['outcome']} {run.get('remark') or ''}"
    )


_LIMITS = (
    "The pages are small and on loopback. The script waits as Playwright does, which asks the page again and again.",
    "The script takes no facts, no timings and no evidence; both traces are of snapshots, without film.",
    "Cores and memory are of the robot with its browser, the most in any 3 s; what processes share counts once.",
)


def _in_turns(folder: Path, url: str, rounds: int, runs: int, *, trace: str) -> tuple[list[float], list[float]]:
    robot_s: list[float] = []
    script_s: list[float] = []
    for number in range(rounds):
        document, _ = _played(folder / str(number), _scenario(url), trace=trace, lines=1, runs=runs)
        robot_s += [_lasted_s(run["steps"]) for run in document["runs"]][1:]  # the first one starts the browser
        script_s += asyncio.run(_script(url, runs, traced=trace != "never"))[1:]
    return robot_s, script_s


def _scenario(url: str) -> str:
    steps = [f"  - web.open: {url}"]
    for number in range(ENQUIRIES):
        steps += [f"  - web.fill: {{手机号: '{number}'}}", "  - web.click: 查询", f"  - web.see: 结果 {number}"]
    return "\n".join(["scenario: cost", "steps:", *steps, "  - web.see: 我的账户", ""])


async def _script(url: str, runs: int, *, traced: bool) -> list[float]:
    """Return how long each of some runs of the same script took, from its first act to its last."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=flags(Settings()))
        took_s = [await _once(browser, url, traced=traced) for _ in range(runs)]
        await browser.close()
        return took_s


async def _once(browser: Browser, url: str, *, traced: bool) -> float:
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    if traced:
        await context.tracing.start(snapshots=True, screenshots=False, sources=False)
    page, loop = await context.new_page(), asyncio.get_running_loop()
    began_s = loop.time()
    await page.goto(url)
    for number in range(ENQUIRIES):
        await page.get_by_label("手机号").fill(str(number))
        await page.get_by_role("button", name="查询").click()
        await page.get_by_text(f"结果 {number}").wait_for()
    await page.get_by_text("我的账户").wait_for()
    lasted_s = loop.time() - began_s
    if traced:
        await context.tracing.stop()
    await context.close()
    return lasted_s


def _crowd(folder: Path, url: str, lines: int, *, quick: bool) -> tuple[Mapping[str, Any], Load]:
    """Let so many customers at once go through pages that let them wait."""
    steps = [f"  - web.open: {url}/crowd", "  - web.click: 查询", "  - web.see: 查询结果"]
    scenario = "\n".join(["scenario: crowd", "steps:", *steps * (1 if quick else WAITS), ""])
    return _played(folder, scenario, trace="failures", lines=lines, runs=2 * lines)


def _played(folder: Path, scenario: str, *, trace: str, lines: int, runs: int) -> tuple[Mapping[str, Any], Load]:
    folder.mkdir(parents=True)
    own = "".join(_LINE.format(number=one, msisdn=13800000000 + one) for one in range(1, lines + 1))
    (folder / "config.yaml").write_text(_CONFIG.format(lines=own, trace=trace), encoding="utf-8")
    (folder / "journey.yaml").write_text(scenario, encoding="utf-8")
    command = [*PROBER, "run", "journey.yaml", "--json", f"--parallel={lines}", f"--repeat={runs}"]
    out, load = weighed(command, folder)
    return json.loads(out), load


def _lasted_s(steps: Sequence[Mapping[str, Any]]) -> float:
    first, last = steps[0]["started_at"], steps[-1]["ended_at"]
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
