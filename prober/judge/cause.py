"""What a run that failed is a failure of: runs of one cause are one incident."""

from __future__ import annotations

from collections.abc import Iterable

from prober.judge import chinese
from prober.model.incident import Cause, Kind
from prober.model.run import Layer, Outcome, Run, StepResult
from prober.model.verb import ROBOT

_OF_THE_STEP = (Layer.PROMPT, Layer.CONTENT, Layer.PAGE)
"""The layers for which the step itself answers, not all of its kind."""
_WORDS = 300
"""A longer failure, such as a whole page's text, is cut: the run has it all."""


def cause_of(run: Run) -> Cause:
    """Return the cause of a run that FAILED or was an ERROR: that of the first step that made it so."""
    step = _broken(run)
    kind = Kind.ROBOT if run.outcome is Outcome.ERROR else Kind.CHANNEL
    if step is None:
        return Cause(kind, ROBOT, Layer.ROBOT, "run")
    layer = step.layer or Layer.ROBOT
    named = step.name if layer in _OF_THE_STEP else _full_name(step.channel, step.verb)
    return Cause(kind, _channel(run, step), layer, named)


def _full_name(channel: str, verb: str) -> str:
    return verb if channel == ROBOT else f"{channel}.{verb}"


def _broken(run: Run) -> StepResult | None:
    return next((step for step in run.steps if step.outcome is run.outcome), None)


def _channel(run: Run, step: StepResult) -> str:
    """Return the step's channel; of a comparison, the channels that what it compares was captured on."""
    if step.channel != ROBOT:
        return step.channel
    compared = set(step.facts)
    told = (one.channel for one in run.steps if any(captured.name in compared for captured in one.captures))
    return "+".join(dict.fromkeys(channel for channel in told if channel != ROBOT)) or ROBOT


def words_of(run: Run) -> str:
    """Return what is told of a run that FAILED or was an ERROR: what happened, and what was seen or is to be done."""
    step = _broken(run)
    if step is None or step.failure is None:
        return run.remark or f"the run ended as {run.outcome}"
    actual = f" — {step.failure.actual}" if step.failure.actual else ""
    told = f"{step.failure.what}{actual}".replace("\n", " ")
    return told if len(told) <= _WORDS else f"{told[: _WORDS - 1]}…"


def chinese_of(run: Run) -> str:
    """Return what happened in Chinese, without what the channel said; "" where nobody said it so."""
    step = _broken(run)
    if step is None:
        return chinese.NOT_PLAYED if run.outcome is Outcome.ERROR else ""
    zh = step.failure.zh if step.failure else ""
    return f"{step.name}{chinese.COLON}{zh}" if zh else ""


def holds(run_steps: Iterable[tuple[str, str, str, Outcome]], cause: Cause) -> bool:
    """Return whether the steps that *cause* names were all well: of those given as channel, verb, name and outcome."""
    named = [
        outcome
        for channel, verb, name, outcome in run_steps
        if cause.step == (name if cause.layer in _OF_THE_STEP else _full_name(channel, verb))
    ]
    return bool(named) and all(outcome in (Outcome.PASSED, Outcome.SLOW) for outcome in named)
