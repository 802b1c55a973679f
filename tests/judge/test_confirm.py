"""Which failures are repeated at once, and on which lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.judge.confirm import confirmation
from prober.model.line import Line
from prober.model.probe import Probe, Schedule
from prober.model.run import Failure, Layer, Outcome, Run, StepResult
from prober.model.scenario import Action, Effects, Retry, Scenario, Step

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE, TWO, TWIN = Line("one", "13800000001"), Line("two", "13800000002"), Line("twin", "13800000001")
PLAIN = Scenario("s", "S", Path("s.yaml"), "", ("web",), secrets=("pin",))
NEVER = Step(Action("web", "click", None), "web.click 办理", Layer.PAGE, retry=Retry.NEVER)


def probe(*lines: Line, scenario: Scenario = PLAIN) -> Probe:
    return Probe("p", scenario, Schedule(every_s=60), lines)


def broken(channel: str = "web", layer: Layer = Layer.PAGE, actual: str = "«系统繁忙»", **more: object) -> Run:
    failed = Outcome.FAILED
    step = StepResult(0, "n", channel, "see", failed, NOON, NOON, layer=layer, failure=Failure("no", actual=actual))
    run = Run("r", "s", "S", "one", NOON, NOON, "", "", "", outcome=failed, ended_at=NOON, steps=(step,))
    return replace(run, **more)


LOST = {"channel": "sms", "layer": Layer.DELIVERY}


@pytest.mark.parametrize(
    ("of", "run", "lines"),
    [
        (probe(ONE), broken(), [ONE]),
        (probe(ONE, TWO), broken(), [TWO]),
        (probe(ONE, TWO), broken(**LOST), [TWO]),
        (probe(ONE, TWIN), broken(), [ONE, TWIN]),  # the same customer twice
        (probe(ONE), broken("sms", Layer.GATEWAY), [ONE]),  # refused, so nothing is owed
        (probe(ONE), broken("sms", Layer.CONTENT), [ONE]),  # answered, so nothing is owed
        (probe(ONE), broken(outcome=Outcome.PASSED), []),
        (probe(ONE), broken(outcome=Outcome.ERROR), []),
        (probe(ONE), broken(outcome=Outcome.SKIPPED), []),
    ],
)
def test_a_failure_is_repeated_on_another_customers_line(of: Probe, run: Run, lines: list[Line]) -> None:
    """On the same one where there is no other; what is no failure is not repeated."""
    told = confirmation(of, run, NOON)
    assert (list(told.lines), told.why) == (lines, "")


@pytest.mark.parametrize(
    ("of", "run", "why"),
    [
        (probe(ONE, TWO, scenario=replace(PLAIN, effects=Effects(orders=1))), broken(), "the scenario orders"),
        (probe(ONE, TWO, scenario=replace(PLAIN, steps=(NEVER,))), broken(), "‘web.click 办理’ says retry: never"),
        (probe(ONE, TWO), broken(actual="手机号或服务密码不正确，请重新输入。"), "a password is wrong"),
        (probe(ONE, TWO), broken(actual="服务密码连续输错5次，账号已锁定"), "lock the customer out"),
        (probe(ONE, TWO), broken(actual="Wrong user name or password"), "a password is wrong"),
        (probe(ONE), broken(**LOST), "its only number, 138••••0001, is in quarantine"),
        (probe(ONE, TWIN), broken(**LOST), "its only number"),
        (probe(ONE), broken(ended_at=NOON - timedelta(minutes=5)), "the robot was ended before"),
    ],
)
def test_what_is_never_repeated_says_why(of: Probe, run: Run, why: str) -> None:
    """Orders, unrepeatable steps, wrong secrets, a number that is owed a reply, and what is long over."""
    told = confirmation(of, run, NOON)
    assert told.lines == ()
    assert why in told.why


def test_a_page_that_warns_of_wrong_passwords_is_no_wrong_password() -> None:
    """Login pages say how many tries there are."""
    run = broken(actual="服务密码为 6 位数字，连续输错 5 次将锁定账号。")
    assert confirmation(probe(ONE), run, NOON).lines == (ONE,)
