"""
Faults told apart: a seeded random script of the demo operator's faults, and what the robot makes of each.

In every episode a journey is played at the door whose fault is on, and one at another door, where nothing is wrong.
What is to be said of each fault is the golden table, tests/outcomes/cases.yaml. A journey that was told wrongly is kept
with its evidence, as reports/bench/faults/RUN.html.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prober.cli.report import write_html
from prober.demo.faults import DOORS
from prober.demo.script import Episode, episodes
from prober.model.run import Run
from scripts.benches.frame.bench import Plan, Result, Table
from scripts.demo import operator
from tests.outcomes.playing import Case, Robot, Told, case_of

FULL_S, QUICK_S = 20 * 60.0, 40.0


@dataclass(frozen=True)
class Play:
    """One journey: what was to be said, and what was."""

    case: Case
    told: Told

    @property
    def row(self) -> tuple[str, str, str]:
        """Its place in the confusion table."""
        return self.case.fault.rstrip("="), _said(self.case), _said(self.told)


def measure(plan: Plan) -> Result:
    """Play episodes until the time is up."""
    with operator() as doors:
        robot = Robot(plan.folder / "robot", doors)
        plays = asyncio.run(_play(robot, plan))
    wrong = [play for play in plays if not play.told.agrees(play.case)]
    faulty = [play for play in plays if play.case.outcome != "passed"]
    figures = {
        "right_share": (len(plays) - len(wrong)) / len(plays) if plays else None,
        "faults_missed": sum(play.told.outcome == "passed" for play in faulty),
        "false_alarms": sum(play.told.outcome != "passed" for play in plays if play.case.outcome == "passed"),
    }
    rows = [(*row, number) for row, number in sorted(Counter(play.row for play in plays).items())]
    return Result(
        figures=figures,
        bounds={"right_share": "== 1", "faults_missed": "<= 0", "false_alarms": "<= 0"},
        samples={
            "plays": len(plays),
            "faulty": len(faulty),
            "kinds_of_fault": len({play.case.fault for play in faulty}),
        },
        limits=["The faults are the demo operator's, on loopback; a real network has others."],
        tables=[Table("Outcome and layer", ("fault", "to be said", "said", "plays"), rows)],
        remarks=[f"{play.case.fault}: {play.told}" for play in wrong],
    )


async def _play(robot: Robot, plan: Plan) -> list[Play]:
    ends_s = time.monotonic() + (QUICK_S if plan.quick else FULL_S)
    plays: list[Play] = []
    async with robot:
        for episode in episodes(plan.seed):
            await robot.switch({episode.door: _wish(episode)} if episode.fault else {})
            for case in _cases(episode):
                if time.monotonic() >= ends_s:
                    return plays
                run = await robot.play(case.door)
                plays.append(Play(case, Told.of(run)))
                judged = "right" if plays[-1].told.agrees(case) else f"WRONG: {_keep(run, robot, plan.kept)}"
                plan.say(f"{len(plays):4}  {case.fault:32} {_said(plays[-1].told):28} {judged}")
    return plays


def _keep(run: Run, robot: Robot, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return write_html(folder / f"{run.id}.html", [run], robot.settings)


def _wish(episode: Episode) -> dict[str, object] | None:
    return {"name": episode.fault.name, **episode.fault.arguments} if episode.fault else None


def _cases(episode: Episode) -> Iterator[Case]:
    """Yield what is to be said at the door of the episode, and at another one, in turn."""
    yield case_of(episode.door, episode.fault)
    others = [door for door in DOORS if door != episode.door]
    yield case_of(others[episode.number % len(others)], None)


def _said(what: Case | Told) -> str:
    return " ".join(filter(None, (what.outcome, what.step, what.layer)))
