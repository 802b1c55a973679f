"""Libraries are loaded where a crash takes nothing along."""

from __future__ import annotations

from prober.doctor import libraries
from prober.doctor.checks import CHECKS
from prober.doctor.finding import Level, Patient


def test_all_are_here():
    """The lock brings every one that is loaded."""
    (found,) = libraries.libraries(Patient())
    assert found.level is Level.GOOD, found.what


def test_a_robot_that_never_calls_wants_no_pjsua2(tmp_path, monkeypatch):
    """Only where channels.ivr is set up is a broken one told."""
    (tmp_path / "pjsua2.py").write_text("raise ImportError('no')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert [one.level for one in libraries.libraries(Patient(channels={"web": None}))] == [Level.GOOD]
    (found,) = libraries.libraries(Patient(channels={"ivr": None}))
    assert found.what.startswith("pjsua2-python cannot be loaded")
    (pjsip,) = [one for one in CHECKS if one.name == "pjsip"]
    assert (pjsip.concerns(Patient(channels={"web": None})), pjsip.concerns(Patient(channels={"ivr": None}))) == (
        *(False, True),
    )


def test_one_that_is_missing_and_one_that_crashes_are_named(tmp_path, monkeypatch):
    """What comes behind them is loaded all the same."""
    (tmp_path / "crashes.py").write_text("import os; os.abort()", encoding="utf-8")
    (tmp_path / "sound.py").write_text("", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = ("nowhere_to_be_found", "crashes", "sound", "gone_too")
    monkeypatch.setattr(libraries, "_LIBRARIES", {name: f"{name}-package" for name in names})
    told = {one.what: one.cure for one in libraries.libraries(Patient())}
    assert list(told) == [
        "nowhere_to_be_found-package cannot be loaded: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        "crashes-package cannot be loaded: it ends the process (signal 6)",
        "gone_too-package cannot be loaded: ModuleNotFoundError: No module named 'gone_too'",
    ]
    assert told["crashes-package cannot be loaded: it ends the process (signal 6)"] == "pip install crashes-package."


def test_pjsip_says_its_version():
    """It is started, not only loaded."""
    found = libraries.telephone_library(Patient())
    assert found.level is Level.GOOD
    assert found.what.startswith("pjsip 2.")


def test_a_pjsua2_that_is_none(tmp_path, monkeypatch):
    """The page that tells how to build one is named."""
    (tmp_path / "pjsua2.py").write_text("raise ImportError('libssl.so.10: cannot open')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = libraries.telephone_library(Patient())
    assert found.what == "pjsip does not start: ImportError: libssl.so.10: cannot open"
    assert "docs/deploying/kylin-openeuler-arm64.md" in found.cure
