"""JUnit XML as Surefire writes and Jenkins reads it: a suite a run, a case a step."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from prober.model.run import Evidence, Failure, Outcome, Run, StepResult
from prober.reports.attempts import attempts, steps_by_name
from prober.reports.files import located
from prober.reports.words import Mark, mark

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to hold."""
_BROKEN = (Outcome.FAILED, Outcome.ERROR)
_ENDINGS = {
    Mark.FAILED: ("failure", "failure"),
    Mark.ERROR: ("error", "error"),
    Mark.INTERRUPTED: ("error", ""),
    Mark.SKIPPED: ("skipped", "testcase"),
    Mark.RUNNING: ("skipped", ""),
}
"""What a case for a whole run holds, and which element makes that case unnecessary."""
_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(runs: Sequence[Run], folder: Path) -> bytes:
    """
    Return *runs* as one JUnit XML document in UTF-8, which names their evidence in *folder*.

    Attempts at one playing are one suite, that of the last: a step which failed at first and passed then has
    `flakyFailure`, one which never passed `failure` and for each further attempt `rerunFailure` (for the robot's
    own faults `flakyError`, `error`, `rerunError`).  A run that was not well has a case that says so, always.
    """
    suites = Element("testsuites", name="prober")
    for tried in attempts(runs):
        _suite(suites, tried, folder)
    for name in ("tests", "failures", "errors"):
        suites.set(name, str(len(list(suites.iter(_COUNTED[name])))))
    indent(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(suites: Element, tried: Sequence[Run], folder: Path) -> None:
    run = tried[-1]
    suite = SubElement(suites, "testsuite", name=text_of(run.scenario), id=text_of(run.id))
    suite.set("timestamp", f"{run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
    if run.ended_at is not None:
        suite.set("time", f"{(run.ended_at - run.started_at).total_seconds():.3f}")
    _properties(suite, run)
    plays = [steps_by_name(each) for each in tried]
    for name in dict.fromkeys(name for play in reversed(plays) for name in play):
        tries = [play[name] for play in plays if name in play]
        case = _case(suite, run, name, tries)
        _out(case, [*_slowness(tries[-1]), *_attached((kept for step in tries for kept in step.evidence), folder)])
    _whole_run(suite, run)
    remark = [run.remark] if run.remark else []
    _out(suite, [*remark, *_retold(tried[:-1]), *_attached(run.evidence, folder)])
    for count, tag in _COUNTED.items():
        suite.set(count, str(len(list(suite.iter(tag)))))


def _properties(suite: Element, run: Run) -> None:
    known: Mapping[str, str | None] = {
        "run": run.id,
        "title": run.title,
        "line": run.line,
        "item": run.item,
        "phase": run.phase and str(run.phase),
        "attempt": str(run.attempt),
        "outcome": str(mark(run)),
        "scenario_sha256": run.scenario_sha256,
        "prompts_sha256": run.prompts_sha256,
        "config_sha256": run.config_sha256,
    }
    properties = SubElement(suite, "properties")
    for name, value in known.items():
        if value:
            SubElement(properties, "property", name=name, value=text_of(value))


def _case(suite: Element, run: Run, name: str, tries: Sequence[StepResult]) -> Element:
    """Add the case of one step, as it was played by each attempt that had it, and return it."""
    last = tries[-1]
    case = SubElement(suite, "testcase", name=text_of(name), classname=text_of(f"{run.scenario}.{last.channel}"))
    if last.took_s is not None:
        case.set("time", f"{last.took_s:.3f}")
    broken = [step for step in tries if step.outcome in _BROKEN]
    if last.outcome in (Outcome.PASSED, Outcome.SLOW):
        for step in broken:
            _said(case, f"flaky{_kind(step).title()}", step)
    elif broken:
        _said(case, _kind(broken[0]), broken[0])
        for step in broken[1:]:
            _said(case, f"rerun{_kind(step).title()}", step)
    else:
        why = last.failure.what if last.failure else "not played"
        SubElement(case, "skipped", message=text_of(why))
    return case


def _whole_run(suite: Element, run: Run) -> None:
    """Add a case for what became of the run, where no case of its steps tells it."""
    ended = mark(run)
    tag, told_by = _ENDINGS.get(ended, ("", ""))
    if not tag or (told_by and suite.find(f".//{told_by}") is not None):
        return
    case = SubElement(suite, "testcase", name="run", classname=text_of(run.scenario))
    SubElement(case, tag, message=text_of(run.remark or f"the run as a whole: {ended}"), type=str(ended))


def _said(parent: Element, tag: str, step: StepResult) -> None:
    failure = step.failure or Failure(f"{step.name}: {step.outcome}")
    element = SubElement(parent, tag, message=text_of(failure.what), type=str(step.layer or step.outcome))
    told = [("expected", failure.expected), ("what to do" if _kind(step) == "error" else "actual", failure.actual)]
    element.text = text_of("\n".join(f"{label}: {said}" for label, said in told if said))


def _kind(step: StepResult) -> str:
    return "failure" if step.outcome is Outcome.FAILED else "error"


def _slowness(step: StepResult) -> list[str]:
    if step.outcome is not Outcome.SLOW or step.took_s is None or step.warn_s is None:
        return []
    return [f"SLOW: took {step.took_s:.3f} s, more than {step.warn_s:g} s"]


def _retold(earlier: Iterable[Run]) -> list[str]:
    return [f"attempt {run.attempt} ended {mark(run)}: run {run.id}" for run in earlier]


def _attached(evidence: Iterable[Evidence], folder: Path) -> Iterator[str]:
    """Yield what Jenkins' attachments plugin reads, a line a file; it looks for whole paths."""
    for kept in {kept.path: kept for kept in evidence}.values():
        with contextlib.suppress(FileNotFoundError):
            yield f"[[ATTACHMENT|{located(kept, folder)}]]"


def _out(parent: Element, lines: Sequence[str]) -> None:
    if lines:
        SubElement(parent, "system-out").text = text_of("\n".join(lines))


def text_of(text: str) -> str:
    """Return *text* as XML can hold it."""
    return _NO_XML.sub("", text)
