"""Workspaces of items, and runs that were kept of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from prober.cli.items import open_items
from prober.model.run import Outcome, Phase, Run, StepResult
from tests.cli.offering import CONFIG, SCENARIO, put


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A workspace with three items, and no run yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "scenarios/balance.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.fixture
def keep(folder):
    """Keeps runs that ended so, one a minute up to now, played by what the workspace has now."""
    ids = count()

    def kept(outcomes: list[Outcome], **changed: object) -> list[Run]:
        workspace, _ = open_items(folder / "config.yaml")
        (scenario,), now = workspace.scenarios, datetime.now(UTC)
        hashes = (scenario.sha256, workspace.prompts.sha256, workspace.settings.sha256)
        runs = []
        for number, outcome in enumerate(outcomes):
            at = now - timedelta(minutes=len(outcomes) - number)
            took_s = 1.0 + number % 3
            step = StepResult(0, "sms.receive", "sms", "receive", outcome, at, at, within_s=30.0, took_s=took_s)
            made = Run(f"run-{next(ids)}", scenario.name, scenario.title, "demo-1", at, at, *hashes, item="balance")
            made = replace(made, phase=Phase.PRE_LAUNCH, ended_at=at, outcome=outcome, steps=(step,))
            runs.append(replace(made, **changed))
        asyncio.run(put(runs))
        return runs

    return kept
