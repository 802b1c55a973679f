"""The JSON document of runs. Its keys are described in docs/results.md and only ever added to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from prober.model.run import Evidence, Fact, Run, StepResult
from prober.model.value import Captured
from prober.reports.words import counted, verdict

VERSION = 1
"""Counts up when a key changes its meaning or goes away."""


def document(runs: Sequence[Run]) -> dict[str, Any]:
    """
    Return *runs* as one document that `json.dumps` takes as it is.

    Instants are ISO 8601 in UTC, durations seconds; null means: not measured.
    """
    return {
        "version": VERSION,
        "verdict": str(verdict(runs)),
        "counts": {str(mark): number for mark, number in counted(runs).items()},
        "runs": [_run(run) for run in runs],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "scenario": run.scenario,
        "title": run.title,
        "item": run.item,
        "phase": _word(run.phase),
        "line": run.line,
        "probe": run.probe,
        "attempt": run.attempt,
        "outcome": _word(run.outcome),
        "interrupted": run.interrupted,
        "remark": run.remark,
        "planned_at": _instant(run.planned_at),
        "started_at": _instant(run.started_at),
        "ended_at": _instant(run.ended_at),
        "waited_s": run.waited_s,
        "took_s": run.took_s,
        "scenario_sha256": run.scenario_sha256,
        "prompts_sha256": run.prompts_sha256,
        "config_sha256": run.config_sha256,
        "steps": [_step(step) for step in run.steps],
        "evidence": [_evidence(kept) for kept in run.evidence],
    }


def _step(step: StepResult) -> dict[str, Any]:
    failure = step.failure
    return {
        "index": step.index,
        "name": step.name,
        "channel": step.channel,
        "verb": step.verb,
        "outcome": str(step.outcome),
        "layer": _word(step.layer),
        "failure": failure and {"what": failure.what, "expected": failure.expected, "actual": failure.actual},
        "started_at": _instant(step.started_at),
        "ended_at": _instant(step.ended_at),
        "within_s": step.within_s,
        "warn_s": step.warn_s,
        "soft": step.soft,
        "waited_s": step.waited_s,
        "took_s": step.took_s,
        "evidence_s": step.evidence_s,
        "loop_lag_s": step.loop_lag_s,
        "timings": _measured(step.timings),
        "facts": _measured(step.facts),
        "captures": [_capture(captured) for captured in step.captures],
        "evidence": [_evidence(kept) for kept in step.evidence],
    }


def _capture(captured: Captured) -> dict[str, Any]:
    return {"name": captured.name, "type": str(captured.type), "text": captured.text, "value": captured.value}


def _evidence(kept: Evidence) -> dict[str, Any]:
    return {
        "kind": kept.kind,
        "path": kept.path,
        "sha256": kept.sha256,
        "bytes": kept.bytes,
        "step": kept.step,
    }


def _measured(figures: Mapping[str, Fact]) -> dict[str, Fact]:
    """JSON has no word for a number that is none; it was not measured."""
    return {
        name: None if isinstance(fact, float) and not math.isfinite(fact) else fact for name, fact in figures.items()
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _word(member: str | None) -> str | None:
    return member and str(member)
