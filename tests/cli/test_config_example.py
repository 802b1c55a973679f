"""The settings that a workspace is laid out with, and what they leave switched off."""

from __future__ import annotations

import shutil
from pathlib import Path

from typer.testing import CliRunner

from prober.channels.registry import SETTINGS
from prober.cli.main import app
from prober.loading.config import load_config

CHECKOUT = Path(__file__).parents[2]
_MARK = "# Round the clock"


def test_what_is_switched_off_can_be_switched_on(tmp_path, monkeypatch):
    """With the first “# ” of its lines taken away the example is whole, and every section of it is in use."""
    text = (CHECKOUT / "config.yaml").read_text(encoding="utf-8")
    head, _, example = text.partition(_MARK)
    switched_on = "".join(line.removeprefix("# ") for line in example.splitlines(keepends=True)[1:])
    (tmp_path / "config.yaml").write_text(head + switched_on, encoding="utf-8")
    shutil.copytree(CHECKOUT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIRA_TOKEN", "Bearer 0123456789")

    checked = CliRunner().invoke(app, ["check"])

    assert (checked.exit_code, checked.stderr) == (0, "")
    settings = load_config(tmp_path / "config.yaml", SETTINGS)
    assert settings.items
    assert settings.probes
    assert settings.maintenance
    assert settings.alerts
    assert settings.tickets
    assert settings.telemetry.otlp
    assert settings.retention.evidence_size


def test_as_it_is_laid_out_it_is_off():
    """A fresh workspace plays nothing by itself, and tells nobody."""
    settings = load_config(CHECKOUT / "config.yaml", SETTINGS)
    assert [*settings.items, *settings.probes, *settings.alerts, *settings.tickets, *settings.maintenance] == []
