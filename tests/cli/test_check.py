"""`prober check`, with the verbs and settings of the real channels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app

CHECKOUT = Path(__file__).parents[2]
BAD = "scenario: bad\nsteps:\n  - ivr.hear: welcom\n    within: 10\n"
GOOD = "scenario: good\nsteps:\n  - ivr.dial: 10086\n  - ivr.hear: welcome\n"
CONFIG = f"""\
lines: [{{name: demo-1, msisdn: 13800000001}}]
channels: {{ivr: {{server: "127.0.0.1:5060", prompts: {CHECKOUT}/scenarios/prompts}}}}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one good scenario; commands run in it."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "scenarios/good.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


def test_the_checkout_is_a_workspace_without_problems(monkeypatch):
    """Its own scenarios, settings and prompts pass."""
    monkeypatch.chdir(CHECKOUT)

    result = check()

    assert (result.exit_code, result.stderr) == (0, "")
    assert "no problem in" in result.stdout
    assert "config.yaml with 2 lines" in result.stdout


def test_a_good_workspace_is_summed_up(workspace):
    """One line on stdout, nothing on stderr."""
    result = check()

    assert result.exit_code == 0
    assert result.stdout.startswith("no problem in 1 scenario, config.yaml with 1 line, ")
    assert result.stderr == ""


def test_every_problem_is_drawn_on_stderr(workspace):
    """With place, line, caret and hint, and the count; exit 2."""
    (workspace / "scenarios/bad.yaml").write_text(BAD, encoding="utf-8")

    result = check()

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "scenarios/bad.yaml:3:15: unknown prompt ‘welcom’\n"
        "      - ivr.hear: welcom\n"
        "                  ^\n"
        "    did you mean ‘welcome’?\n"
        "scenarios/bad.yaml:4:13: ‘10’ is not a duration: write 10s, 500ms or 2m\n"
        "        within: 10\n"
        "                ^\n"
        "\n2 problems\n"
    )


def test_problems_of_settings_and_scenarios_come_together(workspace):
    """A broken config.yaml hides no mistake in the scenarios, though their prompts cannot be checked."""
    (workspace / "config.yaml").write_text("lines: []\n", encoding="utf-8")
    (workspace / "scenarios/bad.yaml").write_text(BAD, encoding="utf-8")

    result = check("--json")

    places = [(one["path"], one["line"]) for one in json.loads(result.stdout)["problems"]]
    assert (result.exit_code, places) == (2, [("config.yaml", 1), ("scenarios/bad.yaml", 4)])


def test_the_json_document_is_all_there_is_on_stdout(workspace):
    """Machines read the same as people do."""
    (workspace / "scenarios/bad.yaml").write_text(BAD, encoding="utf-8")

    result = check("--json", "scenarios/good.yaml", "scenarios/bad.yaml")
    document = json.loads(result.stdout)

    assert (result.exit_code, result.stderr, document["ok"]) == (2, "", False)
    assert document["problems"][0] == {
        "path": "scenarios/bad.yaml",
        "line": 3,
        "column": 15,
        "message": "unknown prompt ‘welcom’",
        "hint": "did you mean ‘welcome’?",
        "source": "  - ivr.hear: welcom",
    }


def test_a_good_json_document_names_the_scenarios(workspace):
    """A machine sees what was checked."""
    assert json.loads(check("--json").stdout) == {"ok": True, "scenarios": ["good"], "problems": [], "warnings": []}


@pytest.mark.parametrize("paths", [["nowhere.yaml"], ["empty"], ["scenarios", "nowhere"]])
def test_an_empty_selection_is_bad_input(workspace, paths):
    """A path that leads to nothing is never success."""
    (workspace / "empty").mkdir()

    assert check(*paths).exit_code == 2


def test_an_empty_folder_is_named_though_one_is_in_it(tmp_path, monkeypatch):
    """It is no mistake of the command line, which is of no file."""
    monkeypatch.chdir(tmp_path)

    assert check(".").stderr.startswith(".: there is no scenario")
    assert json.loads(check(".", "--json").stdout)["problems"][0]["path"] == "."


def test_a_missing_configuration_is_told_where_the_workspace_was_asked_for(workspace):
    """Scenarios alone can be checked without one; the whole workspace cannot."""
    (workspace / "config.yaml").unlink()

    alone, whole = check("scenarios"), check()

    assert alone.exit_code == 0
    assert "prompts were not checked" in alone.stdout
    assert whole.exit_code == 2
    assert whole.stderr.startswith("config.yaml: this file cannot be read: No such file or directory\n")


def test_a_folder_with_a_configuration_is_a_workspace(workspace, monkeypatch):
    """It can be checked from elsewhere."""
    monkeypatch.chdir("/")

    assert check(str(workspace)).exit_code == 0


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("ivr.press: '${secret.pin}'", "‘extra’ cannot be played: line demo-1 has no secret.pin"),
        ("ivr.press: '${line.pin}'", "‘extra’ cannot be played: line demo-1 has no line.pin"),
        ("web.click: 登录", "‘extra’ speaks on web, which config.yaml does not set up"),
    ],
)
def test_what_no_line_could_play_is_told(workspace, steps, told):
    """A fact, a secret or a channel that is not there is found before anything is run."""
    (workspace / "scenarios/extra.yaml").write_text(f"scenario: extra\nsteps: [{{{steps}}}]\n", encoding="utf-8")

    result = check()

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_checking_loads_no_channel():
    """Neither browser, telephone nor database is needed to read a scenario."""
    code = "import sys, prober.cli.check as _; print(sorted({'playwright', 'pjsua2', 'sqlalchemy'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize("kind", ["scenario", "config"])
def test_a_schema_is_printed_as_json(kind):
    """`prober schema` gives editors a draft 2020-12 document."""
    result = CliRunner().invoke(app, ["schema", kind])

    assert json.loads(result.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


CALLED_NOBODY = "scenario: w\nsteps:\n  - ivr.press: 1\n"


def test_a_warning_is_no_mistake_unless_it_is_to_be(workspace):
    """It is shown like one, and leaves the exit code 0; with --strict it is 2. The document holds it apart."""
    (workspace / "scenarios/good.yaml").write_text(CALLED_NOBODY, encoding="utf-8")
    told = "scenarios/good.yaml:3:5: warning: ‘ivr.press’ has no call: nothing was dialled"
    result = check()
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, told)
    assert "1 warning" in result.stderr
    assert result.stdout.startswith("no problem in 1 scenario")
    assert check("--strict").exit_code == 2
    document = json.loads(check("--json").stdout)
    assert (document["ok"], document["problems"], document["warnings"][0]["line"]) == (True, [], 3)
    assert not json.loads(check("--json", "--strict").stdout)["ok"]


def test_a_lines_secret_in_a_scenario_is_warned_of_and_not_shown(workspace):
    """The configuration knows it; the line that is shown hides it."""
    config = (workspace / "config.yaml").read_text(encoding="utf-8")
    config = config.replace("msisdn: 13800000001", "msisdn: 13800000001, secrets: {pin: 246801}")
    (workspace / "config.yaml").write_text(config, encoding="utf-8")
    steps = "  - ivr.dial: 10086\n  - ivr.press: 246801\n"
    (workspace / "scenarios/good.yaml").write_text(f"scenario: w\nsteps:\n{steps}", encoding="utf-8")
    result = check()
    assert "the secret ‘pin’ stands here in plain" in result.stderr
    assert "246801" not in result.output + result.stderr


WORDS = 'scenario: words\nsteps:\n  - ivr.dial: 10086\n  - ivr.hear: {says: "余额.*元"}\n'


def test_words_want_something_that_recognises_them(workspace, whisper_base):
    """Without, they are bad input, with what to set up; so is a model that is not there."""
    (workspace / "scenarios/words.yaml").write_text(WORDS, encoding="utf-8")
    result = check()
    assert result.exit_code == 2
    assert "words.yaml:4:" in result.stderr
    assert "nothing is set up that recognises speech" in result.stderr
    assert "channels.ivr.speech" in result.stderr
    for model, exit_code in (("models/none", 2), (whisper_base, 0)):
        speech = f"speech: {{engine: whisper, model: {model}}}"
        config = CONFIG.replace("/scenarios/prompts", f"/scenarios/prompts, {speech}")
        (workspace / "config.yaml").write_text(config, encoding="utf-8")
        result = check()
        assert result.exit_code == exit_code, result.stderr
        assert ("there is no folder" in result.stderr) is (exit_code == 2)
