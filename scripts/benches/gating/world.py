"""Runs as a channel would make them: neighbours are alike, some fail, some are slow. Latencies are seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from prober.model.run import Layer, Outcome, Phase, Run, StepResult

STEPS = (("ivr", "hear", "menu", 1.2), ("ivr", "hear", "balance", 2.5), ("web", "open", "hall", 0.8))
"""The steps of the one scenario: channel, verb, name, and what each takes, by the median."""
BEGAN_AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
SCENARIO = "made-up"


@dataclass(frozen=True)
class World:
    """
    How a channel is.

    *success* is the share of runs that pass, *slower* what all latencies are multiplied with, *tail* the share of runs
    that take four times as long, *faults* the share of runs in which the robot itself could not ask. Latencies are
    log-normal: *spread* of a run as a whole, with the correlation *memory* to the run before it, and 0.15 of a step.
    """

    success: float = 0.99
    slower: float = 1.0
    tail: float = 0.0
    faults: float = 0.0
    spread: float = 0.25
    memory: float = 0.3


def runs(world: World, n: int, chance: np.random.Generator) -> list[Run]:
    """Return *n* runs of *world*, a minute apart."""
    whole = world.slower * np.exp(world.spread * _alike(n, world.memory, chance))
    whole *= np.where(chance.random(n) < world.tail, 4.0, 1.0)
    took_s = whole[:, None] * np.exp(0.15 * chance.standard_normal((n, len(STEPS))))
    failed = np.where(chance.random(n) < world.success, len(STEPS), chance.integers(len(STEPS), size=n))
    faulty = chance.random(n) < world.faults
    return [_run(number, took_s[number], int(failed[number]), bool(faulty[number])) for number in range(n)]


def journeys(found: list[Run]) -> NDArray[np.float64]:
    """Return the seconds of those that passed."""
    return np.array([run.took_s for run in found if run.outcome is Outcome.PASSED])


def _alike(n: int, memory: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """Return *n* standard normal numbers, each with the correlation *memory* to the one before."""
    drawn = chance.standard_normal(n)
    for place in range(1, n):
        drawn[place] = memory * drawn[place - 1] + np.sqrt(1 - memory * memory) * drawn[place]
    return drawn


def _run(number: int, took_s: NDArray[np.float64], failed: int, faulty: bool) -> Run:
    at = BEGAN_AT + timedelta(minutes=number)
    broken = Outcome.ERROR if faulty else Outcome.FAILED
    failed = 0 if faulty else failed
    outcome = broken if failed < len(STEPS) else Outcome.PASSED
    return Run(
        *(f"run-{number}", SCENARIO, SCENARIO, "line", at, at, "a", "b", "c"),
        phase=Phase.PRE_LAUNCH,
        ended_at=at + timedelta(seconds=float(took_s.sum())),
        outcome=outcome,
        steps=tuple(_steps(at, took_s, failed, broken)),
    )


def _steps(at: datetime, took_s: NDArray[np.float64], failed: int, broken: Outcome) -> Iterator[StepResult]:
    for place, (channel, verb, name, median_s) in enumerate(STEPS[: failed + 1]):
        lost = place == failed
        yield StepResult(
            *(place, name, channel, verb, broken if lost else Outcome.PASSED, at, at),
            layer=Layer.PROMPT if lost else None,
            within_s=20.0,
            took_s=None if lost else median_s * float(took_s[place]),
        )
