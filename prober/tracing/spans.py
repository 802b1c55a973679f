"""
What a trace tells of a run: a span for the run, and one for each step.

Every id is derived from the run's, so that a person finds the trace of a run, and nothing is kept for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prober.model.run import Failure, Outcome, Run, StepResult
from prober.model.trace import span_id, trace_id
from prober.model.verb import ROBOT

_WORDS = 1000
"""A longer text of a failure, such as a whole page, is cut: the store has it all."""

Said = str | int | float | bool


@dataclass(frozen=True)
class Span:
    """
    One span. *parent_id* is "" for that of the run; *asks*: it asked a channel for something.

    *well* is None where nothing could be told; *what* says why it is not.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    asks: bool
    started_at: datetime
    ended_at: datetime
    well: bool | None
    what: str = ""
    said: Mapping[str, Said] = field(default_factory=dict)


def of_run(run: Run) -> Span:
    """Return the span that holds those of the steps of *run*, which is over."""
    broken = run.failed_step
    failure = broken.failure if broken else None
    said = {
        "run": run.id,
        "scenario": run.scenario,
        "title": run.title,
        "item": run.item,
        "phase": run.phase,
        "probe": run.probe,
        "attempt": run.attempt,
        "line": run.line,
        "outcome": run.outcome,
        "interrupted": run.interrupted,
        "planned_at": run.planned_at.isoformat(),
        "waited_s": run.waited_s,
        "took_s": run.took_s,
        "remark": run.remark,
    }
    return Span(
        trace_id=trace_id(run.id),
        span_id=span_id(run.id),
        parent_id="",
        name=run.scenario,
        asks=False,
        started_at=run.started_at,
        ended_at=run.ended_at or run.started_at,
        well=_well(run.outcome),
        what=_what(run.outcome, failure),
        said=_attributes(said),
    )


def of_step(run: Run, result: StepResult) -> Span:
    """Return the span of a step of *run*. What was captured or typed is no part of it."""
    failure = result.failure
    said = {
        "run": run.id,
        "probe": run.probe,
        "attempt": run.attempt,
        "step": result.index,
        "channel": result.channel,
        "verb": result.verb,
        "outcome": result.outcome,
        "layer": result.layer,
        "soft": result.soft,
        "within_s": result.within_s,
        "warn_s": result.warn_s,
        "waited_s": result.waited_s,
        "took_s": result.took_s,
        "evidence_s": result.evidence_s,
        "loop_lag_s": result.loop_lag_s,
        "expected": failure.expected[:_WORDS] if failure else "",
        "actual": failure.actual[:_WORDS] if failure else "",
    } | {f"timing.{name}": value for name, value in result.timings.items()}
    return Span(
        trace_id=trace_id(run.id),
        span_id=span_id(f"{run.id}/{result.index}"),
        parent_id=span_id(run.id),
        name=result.name,
        asks=result.channel != ROBOT,
        started_at=result.started_at,
        ended_at=result.ended_at,
        well=_well(result.outcome),
        what=_what(result.outcome, failure),
        said=_attributes(said),
    )


def _well(outcome: Outcome | None) -> bool | None:
    if outcome in (Outcome.PASSED, Outcome.SLOW):
        return True
    return False if outcome in (Outcome.FAILED, Outcome.ERROR) else None


def _what(outcome: Outcome | None, failure: Failure | None) -> str:
    return failure.what[:_WORDS] if failure and _well(outcome) is False else ""


def _attributes(said: Mapping[str, Said | None]) -> dict[str, Said]:
    """Return what there is to say, by names of our own. An enum becomes its text."""
    return {
        f"prober.{name}": str(value) if isinstance(value, str) else value
        for name, value in said.items()
        if value is not None and value != ""
    }
