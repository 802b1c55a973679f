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

    assert [(one.path, one.message) for one in bad.value.problems] == [(tmp_path, "config.yaml is there already")]
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_workspace_that_is_there_is_told_in_one_sentence(tmp_path):
    """A few of its files are named, the others counted."""
    count = lay_out(tmp_path)

    with pytest.raises(BadInput) as bad:
        lay_out(tmp_path)

    (problem,) = bad.value.problems
    assert problem.message.startswith("config.yaml, scenarios/")
    assert problem.message.endswith(f" and {count - 3} more are there already")
    assert problem.hint == "nothing was written: choose another folder"


@pytest.mark.parametrize("name", ["file", "file/inner"])
def test_a_file_is_no_place_for_a_workspace(tmp_path, name):
    """It is told, with what to do, and not a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(BadInput) as bad:
        lay_out(tmp_path / name)

    (problem,) = bad.value.problems
    assert (problem.path, problem.message) == (tmp_path / "file", "is a file, not a folder")
    assert problem.hint == "choose another name for the workspace"


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    """With where it leads, and what to do."""
    (tmp_path / "link").symlink_to("gone")

    with pytest.raises(BadInput) as bad:
        lay_out(tmp_path / "link")

    (problem,) = bad.value.problems
    assert problem.message == "is a link to gone, which is not there"
    assert problem.hint.startswith("remove the link")


def test_the_next_step_can_be_pasted_into_a_shell(tmp_path):
    """Also where the folder's name has a space."""
    folder = tmp_path / "my probes"

    result = CliRunner().invoke(app, ["init", str(folder)])

    assert f"  cd '{folder}'\n" in result.stdout
