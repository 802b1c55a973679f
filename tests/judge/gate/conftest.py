"""Runs to be judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prober.model.run import Layer, Outcome, Phase, Run, StepResult

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""Noon in Shanghai."""

Play = Callable[..., list[Run]]


@pytest.fixture
def play() -> Play:
    """Makes runs: one for each latency, in seconds; None is one that failed."""

    def made(took_s: Sequence[float | None], **changed: Any) -> list[Run]:
        return [replace(_run(number, one), **changed) for number, one in enumerate(took_s)]

    return made


def _run(number: int, took_s: float | None) -> Run:
    at = NOON + timedelta(minutes=number)
    outcome = Outcome.FAILED if took_s is None else Outcome.PASSED
    layer = Layer.PROMPT if took_s is None else None
    return Run(
        *(f"run-{number}", "balance", "余额查询", "line", at, at, "s", "p", "c"),
        phase=Phase.PRE_LAUNCH,
        ended_at=at + timedelta(seconds=5),
        outcome=outcome,
        steps=(
            StepResult(0, "menu", "ivr", "hear", Outcome.PASSED, at, at, within_s=6.0, warn_s=2.0, took_s=1.0),
            StepResult(1, "balance", "ivr", "hear", outcome, at, at, layer=layer, within_s=20.0, took_s=took_s),
        ),
    )
