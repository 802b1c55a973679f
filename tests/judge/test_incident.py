"""What results make of incidents: the table, row by row, and what a run is a failure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from prober.judge import attempts
from prober.judge.attempts import result
from prober.judge.cause import cause_of, holds
from prober.judge.incident import Act, Decision, OpenIncident, decide, settled
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Failure, Layer, Outcome, Run, StepResult
from prober.model.value import Captured, ValueType

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see 我的余额")
B = Cause(Kind.CHANNEL, "web", Layer.CONTENT, "same")
R = Cause(Kind.ROBOT, "sms", Layer.ROBOT, "sms.send")
LETTERS = {
    "w": (Standing.WELL, None),
    "k": (Standing.FLAKY, None),
    "A": (Standing.FAILED, A),
    "B": (Standing.FAILED, B),
    "a": (Standing.UNCONFIRMED, A),
    "b": (Standing.UNCONFIRMED, B),
    "R": (Standing.ERROR, R),
}
OPEN_, CLOSE = [Decision(Act.OPEN)], Decision(Act.CLOSE, "I")
JOIN, GO_ON, LEAVE = (Decision(act, "I") for act in (Act.JOIN, Act.GO_ON, Act.LEAVE))


@dataclass(frozen=True)
class Seen:
    """Which failures came through the step of another cause, and which probes fail elsewhere."""

    through: Sequence[tuple[Standing, Cause | None]] = ()
    away: str = ""

    def held(self, result: ProbeResult, cause: Cause) -> bool:
        return (result.standing, result.cause) in self.through

    def elsewhere(self, probe: str, cause: Cause) -> bool:
        return probe in self.away


NEVER = Seen()


def row(letters: str) -> list[ProbeResult]:
    """The results that *letters* say, the latest first; the letters are in the order of time."""
    made = []
    for number, letter in enumerate(letters):
        standing, cause = LETTERS[letter]
        at = NOON + timedelta(minutes=number)
        made.append(ProbeResult("p", at, at, standing, (f"run-{number}",), cause))
    return made[::-1]


@pytest.mark.parametrize(
    ("after", "letters", "decided"),
    [
        (1, "w", []),
        (1, "A", OPEN_),
        (1, "k", []),
        (1, "a", []),  # nothing confirms it
        (1, "aa", OPEN_),  # two in a row do
        (1, "aA", OPEN_),
        (1, "ab", OPEN_),  # it fails, though each time in another way
        (1, "Ab", OPEN_),
        (2, "Aab", OPEN_),
        (1, "awa", []),
        (1, "aka", []),
        (1, "aRa", OPEN_),  # an error says nothing of the channel
        (1, "R", OPEN_),
        (2, "A", []),
        (2, "AA", OPEN_),
        (2, "AB", OPEN_),  # in a row, whatever the cause: the latest names it
        (2, "AwA", []),
        (2, "AkA", []),
        (2, "ARA", OPEN_),
        (2, "AR", []),  # one error, and one failure
        (2, "RR", OPEN_),
        (2, "RAR", []),  # a channel that fails was asked
        (2, "RwR", []),
        (2, "aa", []),
        (2, "aaa", OPEN_),
        (2, "aA", []),
        (2, "Aa", OPEN_),
        (3, "AAwAAA", OPEN_),
        (3, "AAwAA", []),
    ],
)
def test_what_opens_where_nothing_is_open(after: int, letters: str, decided: list[Decision]) -> None:
    """`after` confirmed failures in a row, of one kind."""
    assert list(decide(Watched("p", after=after), row(letters), [], NEVER)) == decided


@pytest.mark.parametrize(
    ("recover", "letters", "cause", "failing", "decided"),
    [
        (1, "Aw", A, "p", [LEAVE, CLOSE]),
        (1, "Aw", A, "p q", [LEAVE]),  # another probe fails in it
        (1, "w", A, "q", []),  # not its incident
        (2, "Aw", A, "p", []),
        (2, "Aww", A, "p", [LEAVE, CLOSE]),
        (2, "AwAw", A, "p", []),
        (2, "Awkw", A, "p", []),
        (2, "AwRw", A, "p", [LEAVE, CLOSE]),  # an error breaks no row of passes of the channel's
        (2, "RwRw", R, "p", []),  # but one of its own
        (1, "Ak", A, "p", []),  # flaky neither opens nor closes
        (1, "AA", A, "p", [GO_ON]),
        (1, "Aa", A, "p", [GO_ON]),  # confirmed or not, it is the last failing run
        (1, "A", A, "q", [JOIN]),
        (1, "a", A, "q", []),  # unconfirmed, it joins nothing
        (1, "aa", A, "q", [JOIN]),
        (1, "Ab", A, "p", []),  # an unconfirmed failure of another cause may be the edge of the first
        (1, "Abb", A, "p", OPEN_),
        (1, "AB", A, "p", OPEN_),  # another cause: the first stays open till it passes
        (1, "AR", A, "p", OPEN_),  # a channel and a robot incident at once
        (1, "RA", R, "p", OPEN_),
        (1, "RAw", R, "p", [LEAVE, CLOSE]),
        (1, "RA", A, "q", [JOIN]),
    ],
)
def test_what_becomes_of_an_open_incident(
    recover: int, letters: str, cause: Cause, failing: str, decided: list[Decision]
) -> None:
    """Incident I of *cause*, in which *failing* fail, and the latest result of p."""
    known = [OpenIncident("I", cause, frozenset(failing.split()))]
    assert list(decide(Watched("p", recover=recover), row(letters), known, NEVER)) == decided


def test_a_probe_joins_what_is_open_by_one_confirmed_failure() -> None:
    """`after` is for what nobody knows of yet."""
    known = [OpenIncident("I", A, frozenset({"q"}))]
    assert list(decide(Watched("p", after=3), row("A"), known, NEVER)) == [JOIN]


def test_a_probe_in_two_incidents_leaves_both_by_one_pass() -> None:
    """One of the channel, one of the robot."""
    known = [OpenIncident("I", A, frozenset({"p"})), OpenIncident("II", R, frozenset({"p", "q"}))]
    acts = [(one.act, one.incident_id) for one in decide(Watched("p"), row("ARw"), known, NEVER)]
    assert acts == [(Act.LEAVE, "I"), (Act.CLOSE, "I"), (Act.LEAVE, "II")]


@pytest.mark.parametrize(
    ("recover", "letters", "held", "decided"),
    [
        (1, "AB", "B", [LEAVE, CLOSE, *OPEN_]),
        (1, "AR", "R", [LEAVE, CLOSE, *OPEN_]),
        (2, "AB", "B", OPEN_),
        (2, "ABB", "B", [LEAVE, CLOSE, *OPEN_]),
        (2, "ABw", "B", [LEAVE, CLOSE]),
        (1, "AA", "A", [GO_ON]),  # its own cause is never held to be over
        (1, "Ak", "k", []),
    ],
)
def test_a_step_that_holds_again_is_over_though_another_breaks(
    recover: int, letters: str, held: str, decided: list[Decision]
) -> None:
    """Runs that come through the step of the incident are passes to it, whatever breaks them later."""
    known = [OpenIncident("I", A, frozenset("p"))]
    through = [LETTERS[letter] for letter in held]
    assert list(decide(Watched("p", recover=recover), row(letters), known, Seen(through))) == decided


@pytest.mark.parametrize(
    ("letters", "failing", "recovered", "away", "decided"),
    [
        ("Aw", "pq", "", "q", [LEAVE, CLOSE]),
        ("Aw", "pqr", "", "q", [LEAVE]),  # r still fails in it
        ("ww", "q", "p", "q", [CLOSE]),  # p had left before q went astray
        ("ww", "q", "p", "", []),
        ("ww", "q", "", "q", []),  # p never failed in it, so it tells nothing of it
        ("B", "q", "p", "q", OPEN_),
    ],
)
def test_a_probe_that_fails_elsewhere_holds_no_incident_open(
    letters: str, failing: str, recovered: str, away: str, decided: list[Decision]
) -> None:
    """It cannot see whether the first cause is over; another probe of the incident, which passes, can."""
    known = [OpenIncident("I", A, frozenset(failing), frozenset(recovered))]
    assert list(decide(Watched("p"), row(letters), known, Seen(away=away))) == decided


def test_a_step_holds_if_all_of_its_cause_were_well() -> None:
    """By its name where the step answers for itself, by its verb else; a step that was not played held nothing."""
    well, broken, skipped = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED
    first = ("web", "see", "web.see 我的余额", well)
    assert holds([first, ("web", "see", "web.see 合计", broken)], A)
    assert not holds([("web", "see", "web.see 合计", well)], A)
    assert not holds([(*first[:3], skipped)], A)
    dead = Cause(Kind.CHANNEL, "ivr", Layer.MEDIA, "ivr.hear")
    assert not holds([("ivr", "hear", "ivr.hear welcome", well), ("ivr", "hear", "ivr.hear balance", broken)], dead)
    assert holds([("ivr", "hear", "ivr.hear welcome", Outcome.SLOW)], dead)


def step(verb: str, outcome: Outcome = Outcome.PASSED, layer: Layer | None = None, **more: object) -> StepResult:
    channel, _, name = verb.rpartition(".")
    failure = None if outcome is Outcome.PASSED else Failure(f"{verb}: no", actual="nothing")
    made = StepResult(0, f"{verb} x", channel or "robot", name, outcome, NOON, NOON, layer=layer, failure=failure)
    return replace(made, **more)


def run(outcome: Outcome | None, *steps: StepResult, **more: object) -> Run:
    ended = NOON + timedelta(seconds=9)
    made = Run("r1", "s", "S", "l", NOON, NOON, "", "", "", outcome=outcome, steps=steps, ended_at=ended)
    return replace(made, **more)


FAILED, ERROR = Outcome.FAILED, Outcome.ERROR
CAPTURED = {"captures": (Captured("a", ValueType.TEXT, "1", "1"),)}


@pytest.mark.parametrize(
    ("steps", "channel", "layer", "named"),
    [
        ([step("ivr.dial", FAILED, Layer.SIGNALLING)], "ivr", Layer.SIGNALLING, "ivr.dial"),
        ([step("ivr.hear", FAILED, Layer.MEDIA)], "ivr", Layer.MEDIA, "ivr.hear"),
        ([step("ivr.hear", FAILED, Layer.PROMPT)], "ivr", Layer.PROMPT, "ivr.hear x"),
        ([step("web.see", FAILED, Layer.PAGE)], "web", Layer.PAGE, "web.see x"),
        ([step("sms.receive", FAILED, Layer.CONTENT)], "sms", Layer.CONTENT, "sms.receive x"),
        ([step("sms.receive", FAILED, Layer.DELIVERY)], "sms", Layer.DELIVERY, "sms.receive"),
        ([step("sms.send", FAILED, Layer.GATEWAY)], "sms", Layer.GATEWAY, "sms.send"),
        ([step("web.see"), step("sms.send", FAILED, Layer.GATEWAY)], "sms", Layer.GATEWAY, "sms.send"),
        # An error, and then a failure: the run FAILED, so the failure is its cause.
        ([step("ivr.dial", ERROR, Layer.ROBOT), step("web.see", FAILED, Layer.PAGE)], "web", Layer.PAGE, "web.see x"),
    ],
)
def test_the_cause_of_a_failure(steps: list[StepResult], channel: str, layer: Layer, named: str) -> None:
    """A step that answers for itself is named; of the others, all of the verb are one cause."""
    assert cause_of(run(FAILED, *steps)) == Cause(Kind.CHANNEL, channel, layer, named)


def test_the_cause_of_an_error_is_the_robots() -> None:
    """By channel and verb."""
    failing = run(ERROR, step("web.see"), step("sms.send", ERROR, Layer.ROBOT))
    assert cause_of(failing) == Cause(Kind.ROBOT, "sms", Layer.ROBOT, "sms.send")


def test_what_happened_is_told_in_chinese_without_what_the_channel_said() -> None:
    """The step's name and the judge's sentence; that it was not repeated; of an error, that the robot could not."""
    heard = replace(
        step("ivr.hear", FAILED, Layer.PROMPT), name="听到余额", failure=Failure("x", "y", "heard z", "静音")
    )
    made = attempts.result("p", [run(FAILED, heard)] * 2, at=NOON)
    assert (made.what, made.what_zh) == ("x — heard z", "听到余额：静音")
    alone = attempts.result("p", [run(FAILED, heard)], at=NOON, remark="the scenario orders")
    assert alone.what_zh == "听到余额：静音（未复测）"
    assert attempts.result("p", [run(ERROR)], at=NOON).what_zh == "机器人未能执行这次拨测"
    assert attempts.result("p", [run(FAILED, step("web.see", FAILED))], at=NOON, remark="r").what_zh == ""


def test_what_does_not_agree_lies_with_the_channels_that_told_it() -> None:
    """Not with all channels of the run, and not with the robot that compares."""
    web = step("web.see", **CAPTURED)
    ivr = step("ivr.hear", captures=(Captured("b", ValueType.TEXT, "2", "2"),))
    other = step("sms.receive", captures=(Captured("c", ValueType.TEXT, "3", "3"),))
    same = step("same", FAILED, Layer.CONTENT, facts={"b": "2", "a": "1"})
    cause = cause_of(run(FAILED, ivr, other, web, same))
    assert (cause.channel, cause.channels, cause.step) == ("ivr+web", ("ivr", "web"), "same x")


WELL = run(Outcome.PASSED)
SLOW = run(Outcome.SLOW, id="r2")
BROKEN = run(FAILED, step("web.see", FAILED, Layer.PAGE))
STUMBLED = run(ERROR, step("web.open", ERROR, Layer.ROBOT), id="r2")
UNASKED = run(Outcome.SKIPPED, remark="no line came free", id="r2")
KILLED = run(ERROR, step("web.see"), interrupted=True, id="r2")


@pytest.mark.parametrize(
    ("attempts", "standing"),
    [
        ([WELL], Standing.WELL),
        ([SLOW], Standing.WELL),
        ([BROKEN], Standing.UNCONFIRMED),
        ([BROKEN, BROKEN], Standing.FAILED),
        ([BROKEN, WELL], Standing.FLAKY),
        ([BROKEN, SLOW], Standing.FLAKY),
        ([BROKEN, STUMBLED], Standing.UNCONFIRMED),  # the robot's stumbling does not undo what the channel did
        ([BROKEN, STUMBLED, BROKEN], Standing.FAILED),
        ([WELL, STUMBLED], Standing.ERROR),
        ([BROKEN, UNASKED], Standing.UNCONFIRMED),
        ([BROKEN, KILLED], Standing.UNCONFIRMED),
        ([STUMBLED], Standing.ERROR),
        ([UNASKED], Standing.UNASKED),
        ([KILLED], Standing.UNASKED),  # the robot was ended: that is nobody's fault
        ([replace(BROKEN, interrupted=True)], Standing.UNCONFIRMED),
    ],
)
def test_what_attempts_mean_together(attempts: list[Run], standing: Standing) -> None:
    """A failure is the channel's when a second attempt fails as well."""
    made = result("p", attempts, at=NOON)
    assert made.standing is standing
    assert made.runs == tuple(one.id for one in attempts)
    assert (made.cause is not None) == (standing in (Standing.FAILED, Standing.UNCONFIRMED, Standing.ERROR))


def test_of_two_causes_the_last_counts_unless_the_first_is_open() -> None:
    """A run that is under way when a fault goes may fail in yet another way: that is no incident of its own."""
    edge = run(FAILED, step("web.open", FAILED, Layer.PAGE), id="r2")
    made = result("p", [BROKEN, edge], at=NOON)
    first, last = cause_of(BROKEN), cause_of(edge)
    assert (made.first_cause, made.cause) == (first, last)
    assert settled(made, set()).cause == last
    assert settled(made, {first}).cause == first
    assert settled(made, {first, last}).cause == last


def test_a_failure_that_was_not_repeated_says_why() -> None:
    """A person reads it in the incident."""
    made = result("p", [BROKEN], at=NOON, remark="the scenario orders")
    assert made.what == "web.see: no — nothing (not repeated: the scenario orders)"


def test_a_failure_whose_repeat_could_not_ask_is_the_channels_and_says_why() -> None:
    """Its run is the one people are led to, not the one that saw nothing of the channel."""
    made = result("p", [BROKEN, STUMBLED], at=NOON)
    assert made.cause == cause_of(BROKEN)
    assert made.broke == BROKEN.id
    assert made.what == "web.see: no — nothing (not repeated: the second attempt could not ask: web.open: no — nothing)"
