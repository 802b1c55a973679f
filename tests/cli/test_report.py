"""`prober report` writes what it is asked for, where it is asked to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.channels.registry import SETTINGS
from prober.cli import report
from prober.cli.workspace import open_settings
from prober.errors import BadInput, RobotBroken
from prober.loading.config import Settings, load_config
from prober.model.run import Evidence, Outcome, Run, StepResult

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def run() -> Run:
    """A run of one step."""
    step = StepResult(0, "ivr.dial 10086", "ivr", "dial", Outcome.PASSED, NOON, NOON + timedelta(seconds=1), took_s=0.2)
    return Run(
        id="20261121T040000-a", scenario="balance", title="", line="demo-1", planned_at=NOON, started_at=NOON,
        scenario_sha256="1a", prompts_sha256="2b", config_sha256="3c", ended_at=NOON, outcome=Outcome.PASSED,
        steps=(step,),
    )  # fmt: skip


def _config(folder: Path) -> Path:
    """Write settings whose evidence is beside them."""
    config = folder / "config.yaml"
    config.write_text("evidence: {path: evidence}\nlines:\n  - {name: demo-1, msisdn: 13800000001}\n")
    return config


@pytest.fixture
def settings() -> Settings:
    """Settings of the checkout."""
    return open_settings(Path(__file__).parents[2] / "config.yaml")


def test_few_runs_are_one_file(run: Run, settings: Settings, tmp_path: Path) -> None:
    """A file is written, and nothing beside it; folders on the way to it are made."""
    page = tmp_path / "reports" / "few.html"
    assert report.write_html(page, [run, replace(run, id="b")], settings) == page
    assert [path.name for path in page.parent.iterdir()] == ["few.html"]


def test_many_runs_are_an_index_and_a_page_each(run: Run, settings: Settings, tmp_path: Path) -> None:
    """Past 40 runs the file leads to the pages in a folder beside it, and they lead back."""
    many = [replace(run, id=f"r{number}") for number in range(41)]
    page = report.write_html(tmp_path / "many.html", many, settings)
    assert 'href="many-runs/r7.html"' in page.read_text()
    assert 'href="../many.html"' in (tmp_path / "many-runs" / "r7.html").read_text()
    assert len(list((tmp_path / "many-runs").iterdir())) == 41


def test_a_folder_has_an_index(run: Run, settings: Settings, tmp_path: Path) -> None:
    """Any name that is no page is a folder with index.html in it."""
    assert report.write_html(tmp_path / "night", [run], settings) == tmp_path / "night" / "index.html"
    assert (tmp_path / "night" / "runs" / f"{run.id}.html").exists()


@pytest.mark.parametrize("away", ["../secret", "{}/secret", "link/secret", "round/secret", "a\0b"])
def test_a_row_that_leads_out_of_the_evidence_folder_shows_no_file(run: Run, tmp_path: Path, away: str) -> None:
    """A database from elsewhere can name any file in it; the page says that it is missing."""
    (tmp_path / "secret").write_bytes(b"not for the report")
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "round").symlink_to("round")
    sha256 = hashlib.sha256(b"not for the report").hexdigest()
    kept = Evidence("transcript", away.format(tmp_path), sha256, 18)
    settings = load_config(_config(tmp_path), SETTINGS)
    page = report.write_html(tmp_path / "page.html", [replace(run, evidence=(kept,))], settings).read_text()
    assert "missing (its path leads out of the evidence folder)" in page
    assert "not for the report" not in page


def test_attachments_are_found_from_anywhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JUnit XML names files by whole paths, though config.yaml was given relative to here."""
    monkeypatch.chdir(_config(tmp_path).parent)
    (tmp_path / "evidence" / "r").mkdir(parents=True)
    (tmp_path / "evidence" / "r" / "1.png").write_bytes(b"")
    kept = [Evidence("screenshot", path, "", 0) for path in ("r/1.png", "../config.yaml")]
    settings = load_config(Path("config.yaml"), SETTINGS)
    written = report.write_junit(Path("junit.xml"), [replace(run, evidence=tuple(kept))], settings).read_text()
    (attached,) = re.findall(r"\[\[ATTACHMENT\|(.*?)\]\]", written)
    assert Path(attached).is_absolute()
    assert Path(attached).samefile(tmp_path / "evidence" / "r" / "1.png")


def test_what_cannot_be_written_is_told(run: Run, settings: Settings, tmp_path: Path) -> None:
    """A file in the place of a folder is a sentence with a cure, not a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RobotBroken, match="cannot be written to"):
        report.write_junit(tmp_path / "file" / "junit.xml", [run], settings)


def test_trying_whether_reports_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    """Neither a file nor a folder; what is there stays, links that lead nowhere yet and devices are taken."""
    (tmp_path / "old.xml").write_text("old")
    (tmp_path / "link.xml").symlink_to(tmp_path / "later.xml")
    before = sorted(tmp_path.iterdir())
    report.refuse_unwritable(tmp_path / "new" / "folder", tmp_path / "old.xml")
    report.refuse_unwritable(tmp_path / "new.html", tmp_path / "link.xml")
    report.refuse_unwritable(None, Path("/dev/null"))
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "old.xml").read_text() == "old"


def test_all_reports_that_cannot_be_written_are_refused_at_once(tmp_path: Path) -> None:
    """A file in the place of a folder, and a folder in the place of a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput) as caught:
        report.refuse_unwritable(tmp_path / "file", tmp_path)
    assert [(problem.path, problem.message.split(": ")[1]) for problem in caught.value.problems] == [
        (tmp_path, "Is a directory"),
        (tmp_path / "file" / "index.html", "File exists"),
    ]
