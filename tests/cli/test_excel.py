"""`prober import` and `prober export`, as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = str(CHECKOUT / "scenarios/bill.yaml")


def prober(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder; commands run in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_and_back(folder):
    """A scenario goes out, comes in as its own file, and is without problems."""
    assert prober("export", EXAMPLE, "--to", "out/cases.xlsx").exit_code == 0
    done = prober("import", "out/cases.xlsx", "--to", "new")
    assert (done.exit_code, done.stdout) == (0, "new/bill-query.yaml\n")
    assert prober("check", "new").exit_code == 0


def test_nothing_is_written_over_without_force(folder):
    """Neither a workbook nor a scenario; with --force both are."""
    prober("export", EXAMPLE)
    prober("import", "cases.xlsx")
    (folder / "scenarios/bill-query.yaml").write_text("mine", encoding="utf-8")
    for command in (("export", EXAMPLE), ("import", "cases.xlsx")):
        refused = prober(*command)
        assert refused.exception is not None
        assert "there already" in str(refused.exception)
    assert (folder / "scenarios/bill-query.yaml").read_text(encoding="utf-8") == "mine"
    assert prober("import", "cases.xlsx", "--force").exit_code == 0
    assert prober("export", EXAMPLE, "--force").exit_code == 0


def test_a_program_has_no_rows(folder):
    """A Python scenario is passed over, and that is said."""
    done = prober("export", str(CHECKOUT / "scenarios"))
    assert done.exit_code == 0
    assert "balance_twin.py: passed over" in done.stderr


def test_a_name_that_is_no_workbook_is_refused(folder):
    """Excel could not open it."""
    assert "ends in .xlsx" in prober("export", EXAMPLE, "--to", "cases.csv").exception.problems[0].hint
