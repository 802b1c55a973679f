"""A run as rows, and back: what comes out of the store equals what was put in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import RowMapping

from prober.model.run import Evidence, Failure, Layer, Outcome, Phase, Run, StepResult
from prober.model.value import Captured, ValueType

_RUN_FIELDS = (
    *("id", "scenario", "title", "item", "line", "probe", "attempt", "planned_at", "started_at", "ended_at"),
    *("waited_s", "interrupted", "remark", "scenario_sha256", "prompts_sha256", "config_sha256"),
)
_STEP_FIELDS = (
    *("name", "channel", "verb", "started_at", "ended_at", "within_s", "warn_s", "soft", "waited_s", "took_s"),
    *("evidence_s", "loop_lag_s", "facts"),
)
_EVIDENCE_FIELDS = ("kind", "path", "sha256", "bytes", "step")


def run_row(run: Run) -> dict[str, Any]:
    """Return the row of *run* itself, without its steps."""
    return _columns(run, _RUN_FIELDS) | {"phase": _text(run.phase), "outcome": _text(run.outcome)}


def step_row(run_id: str, result: StepResult) -> dict[str, Any]:
    """Return the row of one step, without what hangs on it."""
    failure = result.failure
    return _columns(result, _STEP_FIELDS) | {
        "run_id": run_id,
        "step": result.index,
        "outcome": _text(result.outcome),
        "layer": _text(result.layer),
        "failure": failure and failure.what,
        "expected": failure and failure.expected,
        "actual": failure and failure.actual,
        "failure_zh": (failure and failure.zh) or None,
    }


def timing_rows(run_id: str, result: StepResult) -> list[dict[str, Any]]:
    """Return a row for each timing that was measured."""
    return [
        {"run_id": run_id, "step": result.index, "position": position, "name": name, "took_s": took_s}
        for position, (name, took_s) in enumerate(result.timings.items())
        if math.isfinite(took_s)
    ]


def capture_rows(run_id: str, result: StepResult) -> list[dict[str, Any]]:
    """Return a row for each captured value; a number is kept as one, so that amounts can be summed and compared."""
    return [
        {
            "run_id": run_id,
            "step": result.index,
            "position": position,
            "name": captured.name,
            "type": _text(captured.type),
            "text": captured.text,
            "value_text": captured.value if isinstance(captured.value, str) else None,
            "value_number": captured.value if isinstance(captured.value, int) else None,
        }
        for position, captured in enumerate(result.captures)
    ]


def evidence_rows(run_id: str, evidence: Iterable[Evidence], *, of_step: int | None) -> list[dict[str, Any]]:
    """Return a row for each file; *of_step* is the step whose result lists it, None for the run's own list."""
    return [_columns(kept, _EVIDENCE_FIELDS) | {"run_id": run_id, "of_step": of_step} for kept in evidence]


def run_of(row: RowMapping, *, steps: Sequence[StepResult], evidence: Iterable[RowMapping]) -> Run:
    """Return the run that *row* and what hangs on it were made from."""
    return Run(
        **{name: row[name] for name in _RUN_FIELDS},
        phase=Phase(row["phase"]) if row["phase"] else None,
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        steps=tuple(steps),
        evidence=_evidence(evidence),
    )


def step_of(
    row: RowMapping, *, timings: Iterable[RowMapping], captures: Iterable[RowMapping], evidence: Iterable[RowMapping]
) -> StepResult:
    """Return the step result that *row* and what hangs on it were made from."""
    return StepResult(
        **{name: row[name] for name in _STEP_FIELDS},
        index=row["step"],
        outcome=Outcome(row["outcome"]),
        layer=Layer(row["layer"]) if row["layer"] else None,
        failure=None if row["failure"] is None else _failure(row),
        timings={timing["name"]: timing["took_s"] for timing in timings},
        captures=tuple(_captured(capture) for capture in captures),
        evidence=_evidence(evidence),
    )


def _failure(row: RowMapping) -> Failure:
    return Failure(row["failure"], row["expected"], row["actual"], row["failure_zh"] or "")


def _captured(row: RowMapping) -> Captured:
    value = row["value_text"] if row["value_number"] is None else row["value_number"]
    return Captured(name=row["name"], type=ValueType(row["type"]), text=row["text"], value=value)


def _evidence(rows: Iterable[RowMapping]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**{name: row[name] for name in _EVIDENCE_FIELDS}) for row in rows)


def _columns(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return dict(zip(names, _getter(*names)(thing), strict=True))


_getter = cache(attrgetter)


def _text(member: str | None) -> str | None:
    """A plain string: a driver need not know how to bind an enum's member."""
    return member and str(member)
