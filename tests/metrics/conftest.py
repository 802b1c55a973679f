"""A run with its steps, as the runner tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prober.model.run import Outcome, Run, StepResult

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def step() -> Callable[..., StepResult]:
    """Make a step that heard the welcome in 0.4 s, or what a test makes of it."""
    heard = StepResult(
        0, "welcome", "ivr", "hear", Outcome.PASSED, AT, AT + timedelta(seconds=1), within_s=4.0, took_s=0.4
    )
    return lambda **more: replace(heard, **more)


@pytest.fixture
def run() -> Callable[..., Run]:
    """Make a run of the probe `balance` that passed, or what a test makes of it."""
    ended: dict[str, Any] = {
        "id": "20261122T080000-00000001",
        "scenario": "balance-query",
        "title": "余额查询",
        "line": "demo-1",
        "planned_at": AT,
        "started_at": AT + timedelta(seconds=0.5),
        "scenario_sha256": "0",
        "prompts_sha256": "0",
        "config_sha256": "0",
        "item": "balance",
        "probe": "balance",
        "waited_s": 0.2,
        "ended_at": AT + timedelta(seconds=9),
        "outcome": Outcome.PASSED,
    }
    return lambda **more: Run(**(ended | more))
