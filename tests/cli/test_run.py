"""`prober run`, as a person uses it: real calls, a real browser, real SMPP, against the demo operator."""

from __future__ import annotations

import json
import re
import signal
import sqlite3

import pytest

pytestmark = pytest.mark.live

BALANCE = "scenarios/balance.yaml"
WELCOME = "scenario: welcome\nsteps:\n  - ivr.dial: 10086\n  - ivr.hear: welcome\n  - ivr.hang_up:\n"


def by_verb(run, verb):
    """Return the first step of a verb."""
    return next(step for step in run["steps"] if f"{step['channel']}.{step['verb']}" == verb)


@pytest.mark.timeout(300)
def test_ten_plays_in_a_row_pass(workspace, operator):
    """The journey through IVR, web and SMS passes ten times of ten, and every latency is in SQLite."""
    code, runs, shown = workspace.play(BALANCE, "--repeat=10", "--line=demo-1")
    assert code == 0, shown
    assert [run["outcome"] for run in runs] == ["passed"] * 10
    database = sqlite3.connect(workspace.folder / "results_db" / "prober.sqlite")
    timed = database.execute("SELECT count(*) FROM steps WHERE took_s IS NOT NULL AND outcome = 'passed'").fetchone()
    assert timed == (110,)
    database.close()


def test_the_python_twin_passes_too(workspace, operator):
    """The same journey in Python is recorded step by step like the YAML one."""
    code, (run,), shown = workspace.play("scenarios/balance_twin.py", "--phase=launch")
    assert code == 0, shown
    assert [step["outcome"] for step in run["steps"]] == ["passed"] * 12
    assert run["phase"] == "launch"


def test_a_wrong_balance_in_the_web_hall_is_told_with_all_three_values(workspace, operator):
    """`same` fails, by content, and its sentence holds what each channel said."""
    operator.faults(web="wrong-balance")
    code, (run,), shown = workspace.play(BALANCE, "--line=demo-1")
    assert code == 1
    failed = run["steps"][-1]
    assert (failed["verb"], failed["outcome"], failed["layer"]) == ("same", "failed", "content")
    told = "ivr_balance = 86.50元 («八十六元五角»), web_balance = 96.50元, sms_balance = 86.50元"
    assert failed["failure"]["actual"] == told
    assert told in " ".join(shown.split())


def test_a_wrong_prompt_is_named(workspace, operator):
    """The message says which prompt was heard instead, with its text."""
    operator.faults(ivr="wrong-prompt")
    code, (run,), _ = workspace.play(BALANCE, "--line=demo-1")
    assert code == 1
    failed = by_verb(run, "ivr.hear") if by_verb(run, "ivr.hear")["outcome"] == "failed" else run["steps"][3]
    assert (failed["name"], failed["layer"]) == ("ivr.hear balance", "prompt")
    assert "packages" in failed["failure"]["actual"]
    assert "流量套餐" in failed["failure"]["actual"]
    assert {kept["kind"] for kept in run["evidence"]} >= {"recording", "ladder"}


ASK = "scenario: ask\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n  - sms.receive: 余额为\n    within: %s\n"


def speak_as(workspace, msisdn):
    """Give the workspace one line, whose replies, late ones too, no other test hears."""
    workspace.environment["PROBER__LINES"] = json.dumps([{"name": "own", "msisdn": msisdn, "gateway": "demo"}])


def test_a_number_that_owes_a_reply_is_not_asked_again(workspace, operator):
    """A reply that misses its run fails it by delivery; the next run is skipped, exit 4, and says why."""
    speak_as(workspace, "13800000005")
    ask = workspace.write("ask.yaml", ASK % "1s")
    operator.faults(sms={"name": "late-reply", "seconds": 60})
    code, (first,), _ = workspace.play(ask)
    assert (code, by_verb(first, "sms.receive")["layer"]) == (1, "delivery")

    operator.faults()
    code, (skipped,), _ = workspace.play(ask)
    told = by_verb(skipped, "sms.send")
    assert (code, skipped["outcome"], told["outcome"]) == (4, "skipped", "skipped")
    assert "quarantine" in told["failure"]["actual"]
    assert first["id"] in told["failure"]["actual"]


def test_a_late_reply_is_never_taken_for_a_later_one(workspace, operator):
    """It is kept against the run that asked, and the later run passes with its own reply alone."""
    speak_as(workspace, "13800000006")
    workspace.environment["PROBER__CHANNELS__SMS__DRAIN"] = "20s"
    operator.faults(sms={"name": "late-reply", "seconds": 6})
    code, (first,), _ = workspace.play(workspace.write("ask.yaml", ASK % "1s"))
    assert code == 1

    operator.faults()
    code, (later,), shown = workspace.play(workspace.write("again.yaml", ASK % "10s"))
    assert (code, later["outcome"]) == (0, "passed"), shown
    reply = by_verb(later, "sms.receive")
    assert (reply["took_s"] < 6, "passed_over" in reply["facts"]) == (True, False)
    database = sqlite3.connect(workspace.folder / "results_db" / "prober.sqlite")
    late = database.execute("SELECT run_id, service, text FROM late_replies").fetchall()
    database.close()
    assert [(run_id, service, "余额为" in text) for run_id, service, text in late] == [(first["id"], "10086", True)]


def test_a_missing_browser_is_the_robots_error_and_what_was_measured_is_kept(workspace, operator):
    """The call is played and kept; the first web step is an ERROR that says what to do; exit 3."""
    workspace.environment["PROBER__CHANNELS__WEB__BROWSER"] = "/nowhere/chromium"
    code, (run,), shown = workspace.play(BALANCE)
    assert code == 3
    opened = by_verb(run, "web.open")
    assert (opened["outcome"], opened["layer"]) == ("error", "robot")
    assert "/nowhere/chromium" in shown
    assert by_verb(run, "ivr.hear")["took_s"] > 0


def test_a_missing_sip_library_is_the_robots_error(workspace, operator, tmp_path):
    """Without pjsua2 nobody can be called: exit 3, and what to install."""
    (tmp_path / "pjsua2.py").write_text("raise ImportError('No module named pjsua2')\n", encoding="utf-8")
    workspace.environment["PYTHONPATH"] = str(tmp_path)
    code, (run,), shown = workspace.play(workspace.write("w.yaml", WELCOME))
    assert (code, run["steps"][0]["outcome"]) == (3, "error")
    assert "pip install pjsua2-python" in shown


@pytest.mark.live
def test_a_code_that_the_web_sends_by_text_logs_in(workspace, operator):
    """The web asks, the phone receives, the web lets in; the code is in nothing that is kept or shown."""
    workspace.environment["PROBER__CHANNELS__WEB__SCREENSHOTS"] = "every_step"
    workspace.environment["PROBER__CHANNELS__WEB__TRACE"] = "always"
    code, (run,), shown = workspace.play("scenarios/sms-login.yaml")
    assert (code, {step["outcome"] for step in run["steps"]}) == (0, {"passed"}), shown
    page = workspace.prober("report", run["id"], "--html", "report.html")
    assert page.returncode == 0
    told = re.compile("验证码为[0-9]")
    kept = [path for path in workspace.folder.rglob("*") if path.suffix in {".txt", ".json", ".html"}]
    assert any("验证码为•••" in path.read_text(encoding="utf-8") for path in kept)
    assert not any(told.search(path.read_text(encoding="utf-8")) for path in kept)
    assert not told.search(json.dumps(run, ensure_ascii=False) + shown)


def test_an_unreachable_sms_centre_is_the_robots_error(workspace, operator):
    """Our link to the channel is not the channel."""
    workspace.environment["PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__PORT"] = "9"
    code, (run,), _ = workspace.play("scenarios/bill.yaml")
    assert (code, run["steps"][0]["outcome"]) == (3, "error")


def test_a_locked_database_is_the_robots_error_with_a_cure(workspace, operator):
    """Where results cannot be kept nothing is played, and the sentence says who may hold the database."""
    workspace.prober("check")
    (workspace.folder / "results_db").mkdir(exist_ok=True)
    holder = sqlite3.connect(workspace.folder / "results_db" / "prober.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    done = workspace.prober("run", BALANCE)
    holder.rollback()
    holder.close()
    assert done.returncode == 3
    assert "locked" in done.stderr or "holds" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.yaml"], "no such file"),
        ([BALANCE, "--line=nobody"], "no line called ‘nobody’"),
        (["results_db"], "no scenario"),
        (["bad.yaml"], "ivr.hear"),
        (["pin.yaml"], "secret.pin"),
        ([BALANCE, "--config=nowhere.yaml"], "nowhere.yaml"),
        ([BALANCE, "--html=/proc/nowhere/x.html"], "x.html: no report can be written there: No such file"),
        ([BALANCE, "--junit=scenarios"], "scenarios: no report can be written there: Is a directory"),
    ],
)
def test_bad_input_runs_nothing(workspace, arguments, said):
    """Exit 2, the mistake named, and no store was made."""
    workspace.write("bad.yaml", "scenario: bad\nsteps:\n  - ivr.heer: welcome\n  - ivr.dial: 1\n    within: 10\n")
    workspace.write("pin.yaml", "scenario: pin\nsteps:\n  - sms.send: {to: 10086, text: '${secret.pin}'}\n")
    done = workspace.prober("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (workspace.folder / "results_db" / "prober.sqlite").exists()


def started(workspace, process, until):
    """Wait till *process* has printed a line with *until*."""
    for line in process.stdout:
        if until in line:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 130), (signal.SIGKILL, -9)]
)
def test_an_interrupted_run_is_kept(workspace, operator, number, code):
    """A signal, even kill -9, loses at most the step under way; the run is marked interrupted, and never passed."""
    scenario = workspace.write("long.yaml", WELCOME.replace("  - ivr.hang_up:\n", "  - wait: 60s\n"))
    with workspace.start("run", scenario) as process:
        started(workspace, process, "ivr.hear welcome")
        process.send_signal(number)
        assert process.wait(timeout=20) == code, process.stderr.read()
    (run,) = workspace.stored()
    assert run["interrupted"]
    assert [step["outcome"] for step in run["steps"][:2]] == ["passed", "passed"]
    assert run["outcome"] not in ("passed", "slow")


def test_two_robots_share_a_line_in_turn(workspace, operator):
    """A line is leased whole: the second run begins when the first has ended, across processes."""
    scenario = workspace.write("w.yaml", "scenario: w\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n  - wait: 5s\n")
    with workspace.start("run", scenario, "--line=demo-1") as first:
        started(workspace, first, "sms.send")
        code, _, shown = workspace.play(scenario, "--line=demo-1")
        assert code == 0, shown
        first.communicate(timeout=20)
    one, other = workspace.stored()
    assert other["started_at"] >= one["ended_at"]


def test_the_report_is_one_file(workspace, operator):
    """--html writes one self-contained file that holds the recording."""
    path = workspace.write("w.yaml", WELCOME)
    done = workspace.prober("run", path, "--html=reports/run.html")
    assert done.returncode == 0, done.stdout
    html = (workspace.folder / "reports" / "run.html").read_text(encoding="utf-8")
    assert "data:audio/" in html
    assert 'src="http' not in html


def test_a_report_that_cannot_be_written_hides_no_failure(workspace, operator):
    """The exit code stays that of the runs, what cannot be written is told, and the other report is there."""
    operator.faults(ivr="busy")
    path = workspace.write("welcome.yaml", WELCOME)
    done = workspace.prober("run", path, "--line=demo-1", "--junit=/dev/full", "--html=reports/welcome.html")
    assert done.returncode == 1
    assert "/dev/full: No space left" in " ".join(done.stdout.split())
    assert "486 Busy Here" in (workspace.folder / "reports" / "welcome.html").read_text(encoding="utf-8")
