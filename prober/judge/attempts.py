"""What a planned playing of a probe means, all its attempts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from prober.judge import chinese
from prober.judge.cause import cause_of, chinese_of, words_of
from prober.model.incident import ProbeResult, Standing
from prober.model.run import Outcome, Run

FAILURES = (Standing.FAILED, Standing.UNCONFIRMED, Standing.ERROR)


def result(
    probe: str,
    attempts: Sequence[Run],
    *,
    at: datetime,
    remark: str = "",
    maintenance: str = "",
    passed_since: bool = False,
) -> ProbeResult:
    """
    Return what the *attempts* at a planned playing of *probe* mean together.

    *remark* says why a failure was not repeated; it is told with it. A failure whose repeat could not ask is one that
    was not repeated: that the robot stumbled on another line does not undo what the channel did. A later playing that
    *passed since* says as much as a second attempt that passed.
    """
    standing = _standing([of_run(run) for run in attempts])
    if standing is Standing.UNCONFIRMED and passed_since:
        standing = Standing.FLAKY
    runs = tuple(run.id for run in attempts)
    made = ProbeResult(probe, attempts[0].planned_at, at, standing, runs, maintenance=maintenance)
    if standing not in FAILURES:
        return made
    wanted = Outcome.ERROR if standing is Standing.ERROR else Outcome.FAILED
    first, *_, last = [run for run in attempts if of_run(run) is wanted] * 2
    remark = (remark or _stumbled(attempts)) if standing is Standing.UNCONFIRMED else ""
    what = f"{words_of(last)} (not repeated: {remark})" if remark else words_of(last)
    zh = chinese_of(last)
    what_zh = f"{zh}{chinese.NOT_REPEATED}" if zh and remark else zh
    return replace(made, cause=cause_of(last), first_cause=cause_of(first), what=what, what_zh=what_zh, broke=last.id)


def of_run(run: Run) -> Outcome | None:
    """Return the outcome of *run* as it counts: None if it could ask nothing, or was ended before it could."""
    if run.outcome is Outcome.SKIPPED or (run.interrupted and run.outcome is Outcome.ERROR):
        return None
    return run.outcome


def unasked(run: Run) -> str:
    """Return why *run* could ask nothing."""
    skipped = (step.failure for step in run.steps if step.outcome is Outcome.SKIPPED and step.failure is not None)
    told = next((failure.actual or failure.what for failure in skipped), "")
    return run.remark or told or "it was ended before it could ask"


def _stumbled(attempts: Sequence[Run]) -> str:
    """Return why a repeat could not ask, where it was an error; "" where none was."""
    stumbled = next((run for run in attempts if of_run(run) is Outcome.ERROR), None)
    return f"the second attempt could not ask: {words_of(stumbled)}" if stumbled else ""


def _standing(outcomes: Sequence[Outcome | None]) -> Standing:
    asked = [one for one in outcomes if one is not None]
    if not asked:
        return Standing.UNASKED
    if Outcome.FAILED not in asked:
        return Standing.ERROR if Outcome.ERROR in asked else Standing.WELL
    answered = [one for one in asked if one is not Outcome.ERROR]
    if answered[-1] is not Outcome.FAILED:
        return Standing.FLAKY
    return Standing.FAILED if len(answered) > 1 else Standing.UNCONFIRMED
