import re

import pytest

from prober.errors import RobotBroken
from prober.judge import chinese
from prober.judge.outcome import (
    judge,
    of_broken,
    of_captures,
    of_deadline,
    of_exception,
    of_run,
    of_self_check,
    of_stall,
)
from prober.model.run import Layer, Observation, Outcome, Seen
from prober.model.scenario import Action, Step
from prober.model.value import Captured, ValueType

HEAR = Step(Action("ivr", "hear", None), "ivr.hear welcome", Layer.PROMPT, within_s=4.0, warn_s=2.0)
OPTIONAL = Step(Action("web", "see", None), "web.see 公告", Layer.PAGE, within_s=4.0, optional=True)

TABLE = [
    (Seen.REFUSED, Outcome.FAILED, Layer.SIGNALLING),
    (Seen.WRONG_ANSWER, Outcome.FAILED, Layer.SIGNALLING),
    (Seen.NO_ANSWER, Outcome.FAILED, Layer.SIGNALLING),
    (Seen.NO_MEDIA, Outcome.FAILED, Layer.MEDIA),
    (Seen.ONE_WAY, Outcome.FAILED, Layer.MEDIA),
    (Seen.DROPOUT, Outcome.FAILED, Layer.MEDIA),
    (Seen.HUNG_UP, Outcome.FAILED, Layer.MEDIA),
    (Seen.POOR_QUALITY, Outcome.FAILED, Layer.MEDIA),
    (Seen.SILENCE, Outcome.FAILED, Layer.PROMPT),
    (Seen.TONE, Outcome.FAILED, Layer.PROMPT),
    (Seen.MUSIC, Outcome.FAILED, Layer.PROMPT),
    (Seen.OTHER_PROMPT, Outcome.FAILED, Layer.PROMPT),
    (Seen.WRONG_CONTENT, Outcome.FAILED, Layer.CONTENT),
    (Seen.HTTP_ERROR, Outcome.FAILED, Layer.PAGE),
    (Seen.MISSING_ELEMENT, Outcome.FAILED, Layer.PAGE),
    (Seen.AMBIGUOUS_ELEMENT, Outcome.FAILED, Layer.PAGE),
    (Seen.PAGE_CRASHED, Outcome.FAILED, Layer.PAGE),
    (Seen.DIALOG, Outcome.FAILED, Layer.PAGE),
    (Seen.PAGE_ERRORS, Outcome.FAILED, Layer.PAGE),
    (Seen.POOR_FIGURES, Outcome.FAILED, Layer.PAGE),
    (Seen.BARRED, Outcome.ERROR, Layer.ROBOT),
    (Seen.INACCESSIBLE, Outcome.FAILED, Layer.PAGE),
    (Seen.OTHER_LOOK, Outcome.FAILED, Layer.PAGE),
    (Seen.UNREACHABLE, Outcome.FAILED, Layer.PAGE),
    (Seen.GATEWAY_REFUSED, Outcome.FAILED, Layer.GATEWAY),
    (Seen.THROTTLED, Outcome.FAILED, Layer.GATEWAY),
    (Seen.DESTINATION_REFUSED, Outcome.FAILED, Layer.GATEWAY),
    (Seen.RECEIPT_FAILED, Outcome.FAILED, Layer.DELIVERY),
    (Seen.UNEXPECTED_MESSAGE, Outcome.FAILED, Layer.DELIVERY),
    (Seen.NOTHING, Outcome.FAILED, Layer.PROMPT),
    (Seen.NOT_ASKED, Outcome.SKIPPED, None),
    (Seen.EXPECTED, Outcome.PASSED, None),
]


@pytest.mark.parametrize(("seen", "outcome", "layer"), TABLE)
def test_the_table_of_outcomes(seen, outcome, layer):
    """Everything a session can see has one outcome and one layer."""
    verdict = judge(HEAR, Observation(seen, took_s=1.0, expected="e", actual="a"))
    assert (verdict.outcome, verdict.layer) == (outcome, layer)
    if outcome in (Outcome.FAILED, Outcome.ERROR):
        assert (verdict.failure.expected, verdict.failure.actual) == ("e", "a")
        assert verdict.failure.what.startswith("ivr.hear welcome: ")
        assert verdict.failure.zh == chinese.SEEN[seen]


def test_the_table_is_whole():
    """Nothing a session can see is missing from the table."""
    assert {seen for seen, _, _ in TABLE} == set(Seen)


@pytest.mark.parametrize(
    ("took_s", "outcome"),
    [
        (None, Outcome.PASSED),
        (2.0, Outcome.PASSED),
        (2.001, Outcome.SLOW),
        (4.0, Outcome.SLOW),
        (4.001, Outcome.FAILED),
    ],
)
def test_limits_are_held_against_the_latency(took_s, outcome):
    """Up to warn is PASSED, up to within is SLOW, and past it the right answer is FAILED."""
    verdict = judge(HEAR, Observation(Seen.EXPECTED, took_s=took_s))
    assert verdict.outcome is outcome
    assert verdict.layer is (Layer.PROMPT if outcome is Outcome.FAILED else None)


def test_an_optional_step_may_be_absent_but_not_wrong():
    """Absence of an optional step is skipped; a wrong answer still fails."""
    assert judge(OPTIONAL, Observation(Seen.NOTHING)).outcome is Outcome.SKIPPED
    assert judge(OPTIONAL, Observation(Seen.HTTP_ERROR)).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("seen", "stalled_s", "outcome"),
    [
        (Observation(Seen.NOTHING), 0.9, Outcome.FAILED),
        (Observation(Seen.NOTHING), 1.1, Outcome.ERROR),
        (Observation(Seen.SILENCE), 1.1, Outcome.ERROR),
        (Observation(Seen.REFUSED), 9.0, Outcome.FAILED),
        (Observation(Seen.OTHER_PROMPT), 9.0, Outcome.FAILED),
        (Observation(Seen.EXPECTED, took_s=5.0), 0.9, Outcome.FAILED),
        (Observation(Seen.EXPECTED, took_s=5.0), 1.0, Outcome.ERROR),
        (Observation(Seen.EXPECTED, took_s=1.0), 9.0, Outcome.PASSED),
    ],
)
def test_what_the_robot_missed_while_it_stood_still_is_its_own_fault(seen, stalled_s, outcome):
    """What may have been in time, had the robot looked, is ERROR; what was seen is judged as it was seen."""
    verdict = of_stall(HEAR, judge(HEAR, seen), seen, stalled_s)
    assert verdict.outcome is outcome
    if outcome is Outcome.ERROR:
        assert verdict.layer is Layer.ROBOT
        assert f"the robot itself stood still for {stalled_s:.1f} s" in verdict.failure.what


def test_an_unreadable_capture_fails_by_content():
    """A step that passed fails all the same where a value cannot be read."""
    passed = judge(HEAR, Observation(Seen.EXPECTED, took_s=1.0))
    verdict = of_captures(HEAR, passed, [Captured("b", ValueType.MONEY, "系统繁忙", None)])
    assert (verdict.outcome, verdict.layer) == (Outcome.FAILED, Layer.CONTENT)
    assert of_captures(HEAR, passed, [Captured("b", ValueType.MONEY, "5元", 500)]) == passed


def test_the_outcome_of_a_run():
    """FAILED beats ERROR beats SLOW beats PASSED; a run that could not ask all it wanted never passed."""
    p, s, f, e, k = Outcome.PASSED, Outcome.SLOW, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED
    assert of_run([p, e, f, s]) is f
    assert of_run([p, e, s]) is e
    assert of_run([p, s, k]) is s
    assert of_run([p, k]) is p
    assert of_run([k, k]) is k
    assert of_run([]) is k
    assert of_run([p, k], unasked=True) is k
    assert of_run([p, f, k], unasked=True) is f


def test_whatever_is_said_is_said_in_chinese_too():
    """With the same figures, and without a word of English: it is read at three in the morning."""
    assert set(chinese.SEEN) == set(Seen)
    nothing = judge(HEAR, Observation(Seen.NOTHING))
    verdicts = [
        *(judge(HEAR, Observation(seen)) for seen in Seen),
        judge(HEAR, Observation(Seen.EXPECTED, took_s=4.5)),
        of_self_check(nothing, RobotBroken("no reference call", cure="Mend it.")),
        of_stall(HEAR, nothing, Observation(Seen.NOTHING), 3.0),
        of_deadline(nothing, 60),
        of_broken("no browser", "Install one."),
        of_captures(HEAR, judge(HEAR, Observation(Seen.EXPECTED)), [Captured("x", ValueType.MONEY, "?", None)]),
    ]
    for raised in (ValueError("no"), AssertionError("no")):
        try:
            raise raised
        except type(raised) as exc:
            verdicts.append(of_exception(exc))
    failures = [one.failure for one in verdicts if one.failure]
    assert len(failures) == len(verdicts) - 1
    for failure in failures:
        assert failure.zh
        assert not re.search("[A-Za-z]", failure.zh)
        assert set(re.findall(r"[\d.]*\d", failure.zh)) == set(re.findall(r"[\d.]*\d", failure.what.split(".py")[0]))
