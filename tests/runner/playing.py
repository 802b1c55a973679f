"""What the tests of the runner play, against a channel that answers from a script."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prober.channels.fake import VERBS, Answer
from prober.errors import RobotBroken, StoreBroken
from prober.loading.vocabulary import Vocabulary
from prober.model.line import Line
from prober.model.run import Observation, Seen
from prober.model.scenario import Scenario

LINE = Line("l1", "13800000001", facts={"brand": "全球通"}, secrets={"pin": "246801"})
BROKEN = RobotBroken("no browser", cure="Install one.")
WORDS = Vocabulary(VERBS)


def answer(seen=Seen.EXPECTED, after_s=0.0, **kwargs):
    return Answer(Observation(seen, **kwargs), after_s)


def scenario(*written, play=None, **kwargs):
    steps = []
    for mapping in written:
        step, mistakes = WORDS.step(mapping)
        assert not mistakes, mistakes
        steps.append(step)
    return Scenario("s", "S", Path("s.yaml"), "0", ("fake",), tuple(steps), play=play, **kwargs)


class Gone(Exception):
    """Whoever watched went away in the middle."""


class Told:
    """A sink that remembers; *broken_at* is the step it cannot keep."""

    def __init__(self, broken_at=None):
        self.calls = []
        self.run = None
        self.broken_at = broken_at
        self.step_is_on = asyncio.Event()

    async def run_started(self, run):
        self.calls.append("run started")

    async def step_started(self, run, index, step):
        self.calls.append(f"{index} started")
        self.step_is_on.set()

    async def step_finished(self, run, result):
        if result.index == self.broken_at:
            raise StoreBroken("the disk is full", cure="Free some space.")
        self.calls.append(f"{result.index} {result.outcome}")

    async def run_finished(self, run):
        self.calls.append("run finished")
        self.run = run


def outcomes(run):
    return [str(step.outcome) for step in run.steps]
