"""`prober prompts`: how well recordings can be told apart, and new ones out of real calls."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import BadInput
from prober.loading.new_prompts import add_prompt
from prober.loading.prompts import load_prompts
from prober.loading.wav import read_wav
from scripts.benches.calling.robot import PROMPTS, answering

CONFIG = """
store: {{url: sqlite:///prober.sqlite}}
evidence: {{path: evidence}}
lines: [{{name: demo, msisdn: 13800000001}}]
channels: {{ivr: {{server: "{server}", prompts: prompts}}}}
"""
NEW = """
scenario: new-menu
steps:
  - ivr.dial: 10086
  - ivr.hear: welcome
  - ivr.press: 1
  - ivr.hear: new-menu
  - ivr.hang_up:
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose library knows one prompt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    shutil.copy(PROMPTS / "welcome.wav", tmp_path / "prompts")
    (tmp_path / "config.yaml").write_text(CONFIG.format(server="127.0.0.1:1"), encoding="utf-8")
    return tmp_path


def prober(*arguments: str, **more: str):
    return CliRunner().invoke(app, arguments, **more)


def started(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a user starts: line processes want a main module of their own."""
    command = [sys.executable, "-m", "prober.cli.entry", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_the_demo_operators_prompts_can_be_told_apart(folder) -> None:
    """Each is known within a second or so, and which is nearest is told."""
    shutil.copytree(PROMPTS, folder / "prompts", dirs_exist_ok=True)
    done = prober("prompts", "compare", "--json")
    assert done.exit_code == 0, done.output
    found = {one["prompt"]: one for one in json.loads(done.stdout)["prompts"]}
    assert set(found) == set(load_prompts(PROMPTS).prompts)
    assert all(one["good"] and one["told_after_s"] < one["length_s"] for one in found.values())
    shown = prober("prompts", "compare", "balance")
    assert shown.exit_code == 0
    assert "balance" in shown.output


def test_a_prompt_too_much_like_another_is_named(folder) -> None:
    """The same words once more, a little softer: exit 2."""
    spoken = read_wav(PROMPTS / "welcome.wav")
    add_prompt(folder / "prompts", "again", (spoken * 0.7).astype(np.int16))
    done = prober("prompts", "compare", "--json")
    assert done.exit_code == 2
    assert [one["good"] for one in json.loads(done.stdout)["prompts"]] == [False, False]
    assert "not recognised" in prober("prompts", "compare").output


def test_a_prompt_that_another_one_begins_with_is_known_at_its_end(folder) -> None:
    """It can be used, and one is told."""
    welcome, goodbye = (read_wav(PROMPTS / f"{name}.wav") for name in ("welcome", "goodbye"))
    add_prompt(folder / "prompts", "longer", np.concatenate([welcome, goodbye]))
    done = prober("prompts", "compare", "--json")
    found = {one["prompt"]: one for one in json.loads(done.stdout)["prompts"]}
    assert (found["welcome"]["good"], found["welcome"]["at_its_end"]) == (True, True)
    assert found["longer"]["good"]


def test_what_is_not_there_is_bad_input(folder) -> None:
    """A name nobody knows, a workspace without an IVR, nothing to learn from."""
    for arguments in (["compare", "welcom"], ["learn"], ["learn", "--run", "x"]):
        done = prober("prompts", *arguments)
        assert isinstance(done.exception, BadInput), done.output
    (folder / "config.yaml").write_text("lines: [{name: demo, msisdn: 13800000001}]\n", encoding="utf-8")
    assert isinstance(prober("prompts", "compare").exception, BadInput)


def test_a_text_is_added_and_the_table_stays_as_it_is(folder) -> None:
    """Comments too."""
    table = folder / "prompts/prompts.yaml"
    table.write_text("# Ours.\nprompts:\n  welcome: 您好  # the greeting\n", encoding="utf-8")
    add_prompt(folder / "prompts", "more", read_wav(PROMPTS / "goodbye.wav"), "感谢您的来电，再见。")
    assert table.read_text(encoding="utf-8") == (
        "# Ours.\nprompts:\n  welcome: 您好  # the greeting\n  more: 感谢您的来电，再见。\n"
    )
    assert load_prompts(folder / "prompts").prompts["more"].text == "感谢您的来电，再见。"


@pytest.mark.live
def test_a_call_teaches_a_new_prompt(folder) -> None:
    """What a scenario waits for by a new name is cut out of the call, and the scenario then passes."""
    (folder / "new.yaml").write_text(NEW, encoding="utf-8")
    with answering({"answer": ["welcome"], "keys": {"1": [0.3, "packages"]}, "hushes": True, "quiet": True}) as server:
        (folder / "config.yaml").write_text(CONFIG.format(server=server), encoding="utf-8")
        assert started("run", "new.yaml").returncode == 2  # nobody knows it yet
        learned = started("prompts", "learn", "new.yaml", "--yes")
        assert learned.returncode == 0, learned.stdout + learned.stderr
        assert "new-menu: in" in learned.stdout
        kept, spoken = read_wav(folder / "prompts/new-menu.wav"), read_wav(PROMPTS / "packages.wav")
        assert len(kept) / 8000 == pytest.approx(len(spoken) / 8000, abs=0.1)
        played = started("run", "new.yaml", "--json")
    assert played.returncode == 0, played.stderr
    run = json.loads(played.stdout)["runs"][0]
    assert [step["outcome"] for step in run["steps"]] == ["passed"] * 5
    again = started("prompts", "learn", "--run", run["id"])
    assert (again.returncode, "everything that was heard is known" in again.stdout) == (0, True)


ANEW = """
scenario: anew
steps:
  - ivr.dial: 10086
  - ivr.hear: welcome
    within: 20s
  - ivr.hang_up:
"""


@pytest.mark.live
def test_a_prompt_recorded_anew_gets_its_new_recording(folder, whisper_base) -> None:
    """Known by its words in a call, and by its sound from then on; the old recording is kept beside what was heard."""
    old = (folder / "prompts/welcome.wav").read_bytes()
    (folder / "anew").mkdir()
    spoken = [PROMPTS / "welcome.wav", folder / "anew/welcome.wav", "pitch", "-250", "tempo", "0.88"]
    subprocess.run(["sox", *spoken], check=True)
    (folder / "prompts/prompts.yaml").write_text(
        "prompts: {welcome: 您好，欢迎致电10086客户服务热线。}\n", encoding="utf-8"
    )
    (folder / "anew.yaml").write_text(ANEW, encoding="utf-8")
    speech = f"{{engine: whisper, model: {whisper_base}}}"
    with answering({"answer": ["welcome"], "quiet": True}, folder / "anew") as server:
        config = CONFIG.format(server=server)
        with_speech = config.replace("prompts: prompts", f"prompts: prompts, speech: {speech}")
        (folder / "config.yaml").write_text(with_speech, encoding="utf-8")
        played = started("run", "anew.yaml", "--json")
        assert played.returncode == 0, played.stdout + played.stderr
        run = json.loads(played.stdout)["runs"][0]
        assert run["steps"][1]["facts"]["by"] == "speech"
        refused = started("prompts", "learn", "--run", run["id"], "--yes")
        assert refused.returncode == 4, "nothing is replaced unasked"
        learned = started("prompts", "learn", "--run", run["id"], "--yes", "--replace")
        assert learned.returncode == 0, learned.stdout + learned.stderr
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        again = started("run", "anew.yaml", "--json")
    assert again.returncode == 0, again.stderr
    assert "by" not in json.loads(again.stdout)["runs"][0]["steps"][1]["facts"]
    (kept,) = folder.glob("reports/heard-*/welcome-before.wav")
    assert kept.read_bytes() == old
