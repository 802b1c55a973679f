"""`prober db upgrade, backup, restore, prune, stats, forget`, as a person uses them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import BadInput, RobotBroken
from prober.loading.sealing import Seal
from prober.model.line import Line
from prober.model.run import Evidence, Outcome, Run
from prober.store import migrations
from prober.store.store import Store

KEY = "a key of many characters"
CONFIG = """\
lines: [{name: kept, msisdn: "13956780002"}]
evidence: {key: "%s"}
retention: {steps: 100d, evidence: 30d}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A workspace with a run of 40 days ago, whose evidence is encrypted and names a number, and one of today."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG % KEY, encoding="utf-8")
    asyncio.run(fill(tmp_path))
    return tmp_path


async def fill(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path}/results_db/prober.sqlite")
    await store.remember([Line("gone", "13812340001")])
    hashes = dict.fromkeys(("scenario_sha256", "prompts_sha256", "config_sha256"), "0" * 64)
    for name, age in (("old", timedelta(days=40)), ("new", timedelta(minutes=5))):
        at = datetime.now(UTC) - age
        path = f"{at:%Y-%m-%d}/{name}/sms.txt"
        content = Seal(KEY).sealed(f"{name}: to 13812340001".encode())
        (tmp_path / "results_db/evidence" / path).parent.mkdir(parents=True)
        (tmp_path / "results_db/evidence" / path).write_bytes(content)
        kept = Evidence("transcript", path, hashlib.sha256(content).hexdigest(), len(content))
        ended = {"planned_at": at, "started_at": at, "ended_at": at, "outcome": Outcome.PASSED, "evidence": (kept,)}
        await store.run_finished(Run(name, "s", "", "kept", **ended, **hashes))
    store.close()


def db(*arguments, code=0):
    done = CliRunner().invoke(app, ["db", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.stdout
    return done.stdout


def document(*arguments, code=0):
    return json.loads(db(*arguments, "--json", code=code))


def test_what_is_kept_is_told(folder):
    """Tables, evidence by kind and age, growth, and what would be freed; nothing is freed by looking."""
    told = document("stats")
    assert (told["revision"], told["evidence"]["transcript"]["files"]) == (migrations.HEAD, 2)
    assert {one["name"]: one["rows"] for one in told["tables"]}["runs"] == 2
    assert [one["files"] for one in told["evidence_by_age"] if one["files"]] == [1, 1]
    assert told["prune_would_free"]["files"] == 1
    assert "‘prober db prune’ would free: 1 files of evidence" in db("stats")


def test_what_is_kept_no_longer_is_freed(folder):
    """First it is said, then it is done; what is left verifies."""
    assert db("prune", "--dry-run").startswith("✓ would free: 1 files of evidence, ")
    assert len(list(folder.rglob("sms.txt"))) == 2
    assert document("prune")["files"] == 1
    assert db("prune").strip() == "✓ freed: nothing is old enough"
    assert "1 files of evidence" in db("verify")


def test_a_backup_comes_back(folder):
    """It is refused where results are, unless that is said; the same folder is never written twice."""
    db("backup", "copy")
    with pytest.raises(BadInput, match="it is there already"):
        db("backup", "copy")
    next(folder.glob("results_db/evidence/*/new/sms.txt")).unlink()
    with pytest.raises(RobotBroken, match="Say --replace"):
        db("restore", "copy")
    assert document("restore", "copy", "--replace")["runs"] == 2
    assert (folder / "results_db/prober.sqlite.before-restore").exists()
    assert "2 files of evidence" in db("verify")
    assert len(document("backup", "--no-evidence", "another")["missing"]) == 0


def test_a_number_is_forgotten(folder):
    """What speaks of it goes; it is refused while it is in the settings, and not proved without the key."""
    with pytest.raises(BadInput, match="that of line kept"):
        db("forget", "13956780002")
    with pytest.raises(BadInput, match="is not a telephone number"):
        db("forget", "138x")
    (folder / "config.yaml").write_text(CONFIG % "another key, as long", encoding="utf-8")
    assert len(document("forget", "13812340001", code=3)["unread"]) == 2
    (folder / "config.yaml").write_text(CONFIG % KEY, encoding="utf-8")
    said = db("forget", "+8613812340001")
    assert "138••••0001: 0 runs; 2 files of evidence" in said
    assert "searched again, rows and files: nothing is left" in said
    assert list(folder.rglob("sms.txt")) == []
    assert document("forget", "13812340001")["left"] == []


def test_an_older_database_is_upgraded_after_a_backup(tmp_path, monkeypatch):
    """From what to what is said, and where the copy is; a second time there is nothing to do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG % KEY, encoding="utf-8")
    (tmp_path / "results_db").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path}/results_db/prober.sqlite")
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        line = "INSERT INTO lines (name, msisdn, facts) VALUES ('a', '13812340001', '{}')"
        connection.exec_driver_sql(line)
    engine.dispose()
    told = document("upgrade")
    assert (told["from"], told["to"]) == ("0002", migrations.HEAD)
    assert (tmp_path / told["backup"] / "prober.sqlite").exists()
    assert b"13812340001" not in (tmp_path / "results_db/prober.sqlite").read_bytes()
    assert "has the tables of this version already" in db("upgrade")


def test_without_a_store_nothing_is_made(tmp_path, monkeypatch):
    """Each command says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG % KEY, encoding="utf-8")
    for arguments in (["stats"], ["prune"], ["backup"], ["upgrade"], ["forget", "13812340001"]):
        with pytest.raises(BadInput, match="there is no store yet"):
            db(*arguments)
    assert not (tmp_path / "results_db").exists()
