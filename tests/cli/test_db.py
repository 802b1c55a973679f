"""`prober db verify`, as a person uses it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import BadInput
from prober.model.run import Evidence, Outcome, Run
from prober.store.store import Store

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def workspace_folder(tmp_path, monkeypatch):
    """A workspace with one run that kept one file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("lines:\n  - {name: a, msisdn: 10086}\n", encoding="utf-8")
    file = tmp_path / "results_db/evidence/day/run-1/sms.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"CXYE")
    kept = Evidence("transcript", "day/run-1/sms.txt", hashlib.sha256(b"CXYE").hexdigest(), 4, None)
    hashes = dict.fromkeys(("scenario_sha256", "prompts_sha256", "config_sha256"), "0" * 64)
    run = Run(
        id="run-1", scenario="s", title="", line="a", planned_at=NOON, started_at=NOON, ended_at=NOON,
        outcome=Outcome.PASSED, evidence=(kept,), **hashes,
    )  # fmt: skip
    store = Store.open(f"sqlite:///{tmp_path}/results_db/prober.sqlite")
    await store.run_started(run)
    await store.run_finished(run)
    store.close()
    return tmp_path


def verified(*arguments):
    return CliRunner().invoke(app, ["db", "verify", *arguments])


def test_what_is_whole_passes(workspace_folder):
    """Exit 0, and one line says how much was looked at."""
    done = verified()
    assert (done.exit_code, done.stdout.strip()) == (0, "✓ 1 files of evidence, 4 B: all as they were kept")


def test_a_changed_byte_is_named(workspace_folder):
    """Exit 3, the file, its run, and what is wrong; the same as a document."""
    (workspace_folder / "results_db/evidence/day/run-1/sms.txt").write_bytes(b"CXZD")
    done = verified()
    assert done.exit_code == 3
    assert "✗ day/run-1/sms.txt  (run run-1): its content was changed" in done.stdout
    told = json.loads(verified("--json").stdout)
    assert [(one["harm"], one["path"], one["run_id"]) for one in told["damages"]] == [
        ("content", "day/run-1/sms.txt", "run-1")
    ]


def test_a_stray_file_is_told_and_passes(workspace_folder):
    """It is no damage."""
    (workspace_folder / "results_db/evidence/stray.txt").touch()
    done = verified()
    assert done.exit_code == 0
    assert "stray.txt: the store knows nothing of this file" in done.stdout


def test_without_a_store_nothing_is_verified_or_made(tmp_path, monkeypatch):
    """It is bad input, and looking makes no store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("lines:\n  - {name: a, msisdn: 10086}\n", encoding="utf-8")
    done = verified()
    assert isinstance(done.exception, BadInput)
    assert not (tmp_path / "results_db").exists()
