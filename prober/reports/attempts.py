"""Runs of one scenario that were played again to confirm a failure, put together."""

from __future__ import annotations

from collections.abc import Sequence

from prober.model.run import Outcome, Run, StepResult, told_apart

_WELL = (Outcome.PASSED, Outcome.SLOW)


def attempts(runs: Sequence[Run]) -> list[list[Run]]:
    """
    Return *runs* with the further attempts at one playing behind its first, in the order of their beginning.

    Attempt N + 1 of the same scenario on the same line goes with the failed attempt N before it; one whose predecessor
    is not here stands by itself.
    """
    groups: list[list[Run]] = []
    latest: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.started_at):
        whose = run.scenario, run.line
        before = latest.get(whose)
        if before is not None and run.attempt == before[-1].attempt + 1 and before[-1].outcome not in _WELL:
            before.append(run)
        else:
            latest[whose] = [run]
            groups.append(latest[whose])
    return groups


def steps_by_name(run: Run) -> dict[str, StepResult]:
    """Return the steps of *run* under names that differ."""
    return dict(zip(told_apart(step.name for step in run.steps), run.steps, strict=True))
