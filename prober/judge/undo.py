"""Whether what a run ordered is undone."""

from __future__ import annotations

from collections.abc import Mapping

from prober.model.order import OrderState, could_order
from prober.model.run import Outcome, Run
from prober.model.scenario import Scenario, Step
from prober.model.verb import ROBOT

_HELD = (Outcome.PASSED, Outcome.SLOW)


def of_order(scenario: Scenario, begun: Mapping[int, Step], run: Run) -> OrderState:
    """
    Return UNDONE if every `always` step held, UNPLACED if the run came to no step that could order, else STANDING.

    *begun* are the steps that were played, by their index. An `optional` step proves nothing.
    """
    if not any(_could_order(begun[result.index], result.outcome, run) for result in run.steps if result.index in begun):
        return OrderState.UNPLACED
    undoing = [result for result in run.steps if result.index in begun and _undoes(begun[result.index])]
    stumbled = any(result.channel == ROBOT and result.verb == "play" for result in run.steps)
    wanted = sum(_undoes(step) for step in scenario.steps) if scenario.play is None or stumbled else 1
    whole = len(undoing) >= max(1, wanted) and all(result.outcome in _HELD for result in undoing)
    return OrderState.UNDONE if whole else OrderState.STANDING


def _could_order(step: Step, outcome: Outcome, run: Run) -> bool:
    """A step that a signal interrupted is SKIPPED, and may have been done all the same."""
    return could_order(step) and not step.always and (outcome is not Outcome.SKIPPED or run.interrupted)


def _undoes(step: Step) -> bool:
    return step.always and not step.optional
