"""Whether what a run ordered is undone: by its `always` steps alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prober.channels.registry import VERBS
from prober.judge import undo
from prober.loading.vocabulary import Vocabulary
from prober.model.order import OrderState
from prober.model.run import Outcome, Run, StepResult
from prober.model.scenario import Effects, Scenario

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = Vocabulary(VERBS)
LOG_IN = {"web.open": "/login"}
ORDER = {"sms.send": {"to": "10086", "text": "KT5G"}}
CANCEL = {"sms.send": {"to": "10086", "text": "QX5G"}, "always": "true"}
CANCELLED = {"sms.receive": "成功取消", "always": "true"}
HANG_UP = {"ivr.hang_up": None, "always": "true"}
BYE = {"ivr.hang_up": None, "always": "true", "optional": "true"}

P, F, E, S = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED
UNDONE, UNPLACED, STANDING = OrderState.UNDONE, OrderState.UNPLACED, OrderState.STANDING


def played(steps, outcomes, **more):
    """Return the state after *steps* ended as *outcomes*; None: the step was never begun."""
    made = [WORDS.step(step)[0] for step in steps]
    play = more.pop("play", None)
    scenario = Scenario("s", "S", Path("s.yaml"), "0", (), tuple(made), play=play, effects=Effects(1))
    results = [
        StepResult(index, "", step.action.channel, step.action.verb, outcome or S, NOW, NOW)
        for index, (step, outcome) in enumerate(zip(made, outcomes, strict=True))
    ]
    begun = {index: step for index, (step, outcome) in enumerate(zip(made, outcomes, strict=True)) if outcome}
    run = Run("r", "s", "S", "l", NOW, NOW, "0", "0", "0", steps=tuple(results))
    return undo.of_order(scenario, begun, replace(run, **more))


@pytest.mark.parametrize(
    ("steps", "outcomes", "state"),
    [
        ((ORDER, CANCEL, CANCELLED), (P, P, P), UNDONE),
        ((ORDER, CANCEL, CANCELLED), (P, P, Outcome.SLOW), UNDONE),
        ((ORDER, CANCEL, CANCELLED), (F, P, P), UNDONE),
        ((ORDER, CANCEL, CANCELLED), (P, P, F), STANDING),
        ((ORDER, CANCEL, CANCELLED), (P, E, P), STANDING),
        ((ORDER, CANCEL, CANCELLED), (P, P, None), STANDING),
        ((ORDER, CANCEL, CANCELLED), (E, E, E), STANDING),
        ((LOG_IN, ORDER, CANCEL, CANCELLED), (F, None, P, F), UNPLACED),
        ((LOG_IN, ORDER, CANCEL, CANCELLED), (P, S, P, F), UNPLACED),
        ((ORDER, BYE), (P, P), STANDING),
        ((ORDER, CANCEL, CANCELLED, BYE), (P, P, P, S), UNDONE),
        ((ORDER, CANCEL, BYE), (P, P, P), STANDING),
        ((ORDER, CANCEL, HANG_UP), (P, P, P), STANDING),
        ((ORDER, HANG_UP), (P, P), STANDING),
        ((ORDER, HANG_UP, CANCELLED), (P, P, P), STANDING),
        ((ORDER, HANG_UP, CANCEL, CANCELLED), (P, P, P, P), UNDONE),
        ((ORDER,), (P,), STANDING),
    ],
)
def test_every_always_step_must_hold(steps, outcomes, state):
    """One that failed, or was never come to, leaves the order standing; so does an undoing that nobody saw answered."""
    assert played(steps, outcomes) is state


def test_an_interrupted_order_may_have_been_made():
    """A step that a signal cut short is SKIPPED, and may have been done all the same."""
    assert played((ORDER, CANCEL), (S, F), interrupted=True) is STANDING
    assert played((ORDER, CANCEL), (S, F)) is UNPLACED


def test_a_python_scenario_undoes_by_what_it_came_to():
    """It may have steps for other cases; but where it stumbled, all that its text has are wanted."""
    stumbled = StepResult(9, "the scenario itself", "robot", "play", E, NOW, NOW)

    async def play(_):
        raise AssertionError

    again = {**CANCELLED, "sms.receive": "尚未开通"}
    assert played((ORDER, CANCEL, CANCELLED, again), (P, P, P, None), play=play) is UNDONE
    assert played((ORDER, CANCEL, CANCELLED), (P, P, None), play=play) is STANDING
    made = [WORDS.step(step)[0] for step in (ORDER, CANCEL, CANCELLED)]
    scenario = Scenario("s", "S", Path("s.py"), "0", (), tuple(made), play=play, effects=Effects(1))
    results = (*(StepResult(n, "", "sms", "send", P, NOW, NOW) for n in range(2)), stumbled)
    run = Run("r", "s", "S", "l", NOW, NOW, "0", "0", "0", steps=results)
    assert undo.of_order(scenario, dict(enumerate(made[:2])), run) is STANDING
