"""Whether what a run ordered is undone."""

from __future__ import annotations

from collections.abc import Mapping

from prober.model.order import OrderState, could_order, undo
from prober.model.run import Outcome, Run
from prober.model.scenario import Scenario, Step
from prober.model.verb import ROBOT

_HELD = (Outcome.PASSED, Outcome.SLOW)


def of_order(scenario: Scenario, begun: Mapping[int, Step], run: Run) -> OrderState:
    """
    Return UNDONE if every step that undoes it held, UNPLACED if no step that could order was come to, else STANDING.

    *begun* are the steps that were played, by their index. What undoes an order is `model.order.undo`.
    """
    if not any(_could_order(begun[result.index], result.outcome, run) for result in run.steps if result.index in begun):
        return OrderState.UNPLACED
    played = [result for result in run.steps if result.index in begun]
    undoing = undo([begun[result.index] for result in played])
    stumbled = any(result.channel == ROBOT and result.verb == "play" for result in run.steps)
    wanted = len(undo(scenario.steps)) if scenario.play is None or stumbled else 1
    held = all(result.outcome in _HELD for result in played if begun[result.index] in undoing)
    return OrderState.UNDONE if len(undoing) >= max(1, wanted) and held else OrderState.STANDING


def _could_order(step: Step, outcome: Outcome, run: Run) -> bool:
    """A step that a signal interrupted is SKIPPED, and may have been done all the same."""
    return could_order(step) and not step.always and (outcome is not Outcome.SKIPPED or run.interrupted)
