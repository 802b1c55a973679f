"""JUnit XML holds every run, as continuous-integration servers read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from junitparser import JUnitXml, TestSuite

from prober.model.run import Failure, Layer, Outcome, Run
from prober.reports.junit import junit

FOLDER = Path("/evidence")
COUNTED = ("tests", "failures", "errors", "skipped")


def told(*runs: Run) -> Element:
    """Return the document of *runs*; a reader that others use finds in it the cases that its suites say they have."""
    written = junit(runs, FOLDER)
    document = JUnitXml.fromstring(written)
    for suite in document:
        assert isinstance(suite, TestSuite)
        said = [getattr(suite, name) for name in COUNTED]
        suite.update_statistics()
        assert [getattr(suite, name) for name in COUNTED] == said
    return fromstring(written)  # noqa: S314 - written by ourselves, some lines before


def case(document: Element, name: str) -> Element:
    """Return the only case called *name*."""
    (found,) = (each for each in document.iter("testcase") if each.get("name") == name)
    return found


def counts(suite: Element) -> dict[str, str | None]:
    """Return what the suite says of its cases."""
    return {name: suite.get(name) for name in COUNTED}


def broken(run: Run, index: int, outcome: Outcome) -> Run:
    """Return *run*, failed at one step."""
    layer = Layer.ROBOT if outcome is Outcome.ERROR else Layer.PROMPT
    failure = Failure("not what was expected", "this", "that")
    steps = list(run.steps)
    steps[index] = replace(steps[index], outcome=outcome, layer=layer, failure=failure)
    return replace(run, outcome=outcome, steps=tuple(steps), id=f"{run.id}-{index}")


def again(run: Run, attempt: int) -> Run:
    """Return *run* as a later attempt."""
    started_at = run.started_at + timedelta(seconds=attempt)
    return replace(run, id=f"{run.id}-again", attempt=attempt, started_at=started_at)


def test_runs_of_every_kind_are_written_as_they_were_approved(
    runs: list[Run], approve: Callable[[str, str], None]
) -> None:
    """The whole document stays as it is, element by element."""
    told(*runs)
    approve("all.junit.xml", junit(runs, FOLDER).decode())


def test_a_failure_says_what_was_expected_and_what_came(unequal: Run) -> None:
    """The message is the headline, the type the layer, the text expected and actual; the time is the step's."""
    document = told(unequal)
    same = case(document, "same ivr_balance, web_balance, sms_balance")
    failure = same.find("failure")
    assert failure is not None
    assert (same.get("classname"), failure.get("type")) == ("balance-query.robot", "content")
    assert failure.text is not None
    assert failure.text.startswith("expected: the same money")
    assert "\nactual: ivr_balance = 86.50元" in failure.text
    assert case(document, "10086").get("time") == "0.210"
    assert same.get("time") is None, "what was not measured is not nought"
    assert counts(document[0]) == {"tests": "12", "failures": "1", "errors": "0", "skipped": "0"}


def test_a_pass_at_the_second_attempt_is_flaky(passed: Run) -> None:
    """Both attempts are one suite; the case that failed at first passes, and says it is flaky."""
    document = told(again(passed, 2), broken(passed, 3, Outcome.FAILED))
    (suite,) = document
    flaky = case(document, "balance").find("flakyFailure")
    assert flaky is not None
    assert (flaky.get("message"), flaky.get("type")) == ("not what was expected", "prompt")
    assert counts(suite)["failures"] == "0"
    assert "attempt 1 ended failed" in (suite.findtext("system-out") or "")


def test_a_second_failure_is_a_rerun(passed: Run) -> None:
    """A case that failed at every attempt fails once, and tells of the others."""
    first, second = broken(passed, 3, Outcome.FAILED), broken(again(passed, 2), 3, Outcome.ERROR)
    document = told(first, second)
    assert [each.tag for each in case(document, "balance")] == ["failure", "rerunError"]
    assert counts(document[0]) == {"tests": "13", "failures": "1", "errors": "1", "skipped": "0"}
    assert case(document, "run").find("error") is not None, "the last attempt was the robot's own fault"


def test_playing_twice_is_no_second_attempt(passed: Run) -> None:
    """Runs that are both first attempts are two suites."""
    assert len(told(passed, replace(passed, id="2"))) == 2


def test_every_run_that_was_not_well_has_a_case_that_says_so(passed: Run) -> None:
    """An interrupted run, one without steps and one that failed without a failed step never look green."""
    cut = told(replace(passed, interrupted=True))
    nothing = told(replace(passed, outcome=Outcome.SKIPPED, steps=()))
    lost = told(replace(passed, outcome=Outcome.ERROR))
    assert counts(cut[0])["errors"] == "1"
    assert counts(nothing[0]) == {"tests": "1", "failures": "0", "errors": "0", "skipped": "1"}
    assert counts(lost[0])["errors"] == "1"
    assert told(passed).get("errors") == "0"


def test_a_slow_step_passes_and_says_how_slow(runs: list[Run]) -> None:
    """SLOW is no failure for a build; the figures stand in the case's output."""
    document = told(next(run for run in runs if run.outcome is Outcome.SLOW))
    assert case(document, "welcome").findtext("system-out") == "SLOW: took 2.740 s, more than 2 s"
    assert document.get("failures") == "0"


def test_steps_of_one_name_are_told_apart(passed: Run) -> None:
    """Two cases never bear one name: a server would take them for one."""
    document = told(replace(passed, steps=(passed.steps[2], passed.steps[2])))
    assert [each.get("name") for each in document.iter("testcase")] == ["1", "1 (2)"]


def test_evidence_is_attached(passed: Run) -> None:
    """Jenkins finds the files of a step in its output, those of the run in the suite's, by whole paths."""
    document = told(passed)
    assert "[[ATTACHMENT|/evidence/r/9.png]]" in (case(document, "我的余额").findtext("system-out") or "")
    assert "[[ATTACHMENT|/evidence/r/call.wav]]" in (document[0].findtext("system-out") or "")


@pytest.mark.parametrize("evil", ["a\0b\x08c\x1bd\ufffee\ud800f", '<a b="c">&amp;]]> \n\t'])
def test_any_text_gives_xml(passed: Run, evil: str) -> None:
    """What XML cannot hold is left out, the rest comes back as it was."""
    step = replace(passed.steps[0], name=evil, outcome=Outcome.FAILED, failure=Failure(evil, evil, evil))
    document = told(replace(passed, id="x", scenario=evil, title=evil, line=evil, steps=(step,)))
    kept = evil.translate(dict.fromkeys([0, 8, 0x1B, 0xFFFE, 0xD800]))
    assert document[0].get("name") == kept
    assert document[0][1].get("name") == kept


def test_no_run_is_a_document_too() -> None:
    """An empty selection gives an empty document."""
    assert told().get("tests") == "0"
