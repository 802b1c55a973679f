"""`prober init`: what it lays out passes `prober check`."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from prober.cli.init import lay_out
from prober.cli.main import app
from prober.errors import BadInput


def test_a_fresh_workspace_is_whole_and_passes_check(tmp_path, monkeypatch):
    """Settings, scenarios with their prompts, and the places of results; and what to do next."""
    folder = tmp_path / "mine"

    result = CliRunner().invoke(app, ["init", str(folder)])
    monkeypatch.chdir(folder)

    assert result.exit_code == 0
    assert "prober check" in result.stdout
    for name in ("config.yaml", "scenarios/prompts/prompts.yaml", "results_db/README.md", "reports/README.md"):
        assert (folder / name).is_file()
    assert "results_db/*" in (folder / ".gitignore").read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["check"]).exit_code == 0


def test_nothing_is_overwritten(tmp_path):
    """One file that is there already stops it before anything is written."""
    (tmp_path / "config.yaml").write_text("mine", encoding="utf-8")

    with pytest.raises(BadInput) as bad:
        lay_out(tmp_path)

    assert [(one.path.name, one.message) for one in bad.value.problems] == [("config.yaml", "is there already")]
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_place_that_cannot_be_written_is_bad_input(tmp_path):
    """A file where the folder should be is told, not a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(BadInput, match="cannot be written"):
        lay_out(tmp_path / "file")
