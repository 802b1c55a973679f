"""`prober run` with several runs: abreast, for a matrix, until the first that breaks."""

from __future__ import annotations

import signal
import xml.etree.ElementTree as ET

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

BOTH = """\
scenario: both
title: 两地
matrix: {province: [北京, 上海]}
steps:
  - ivr.dial: 10086
  - ivr.hear: welcome
  - sms.send: {to: 10086, text: CXYE}
  - sms.receive: 余额为
  - web.open: /login
  - web.fill: {手机号: "${line.msisdn}", 服务密码: "${secret.service_password}"}
    within: 30s
  - web.click: 登录
    within: 30s
  - web.see: 我的余额
  - wait: 2s
  - ivr.hang_up:
"""


def test_two_lines_are_played_at_once(workspace, operator, tmp_path):
    """Both pass over shared drivers, in overlapping times; each printed line says whose it is."""
    path = workspace.write("both.yaml", BOTH)
    code, runs, shown = workspace.play(path, "--parallel=2", "--junit=reports/junit.xml")
    assert code == 0, shown
    first, second = runs
    assert {run["line"] for run in runs} == {"demo-1", "demo-2"}
    assert first["started_at"] <= second["started_at"] < first["ended_at"]
    lines = [line for line in shown.splitlines() if "web.see" in line]
    assert sorted(line[:9] for line in lines) == ["demo-1 │ ", "demo-2 │ "]
    assert "demo-1 (北京)" in shown
    assert "both · 上海" in shown
    assert ET.parse(workspace.folder / "reports/junit.xml").getroot().tag == "testsuites"  # noqa: S314 - our own file


def test_a_matrix_is_narrowed(workspace, operator):
    """--matrix leaves the combinations and lines with that fact; what no line has is bad input."""
    path = workspace.write("sms.yaml", "scenario: sms\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n")
    code, (run,), _ = workspace.play(path, "--matrix=province=上海")
    assert (code, run["line"]) == (0, "demo-2")
    done = workspace.prober("run", path, "--matrix=province=广东")
    assert (done.returncode, "no line has province 广东" in done.stderr) == (2, True)
    assert workspace.prober("run", path, "--matrix=广东").returncode == 2


def test_fail_fast_begins_nothing_after_a_failure(workspace, operator):
    """What was not begun is named."""
    workspace.write("a.yaml", "scenario: a\nsteps:\n  - web.open: /login\n  - web.see: 没有\n    within: 1s\n")
    workspace.write("b.yaml", "scenario: b\nsteps:\n  - web.open: /login\n")
    code, runs, shown = workspace.play("a.yaml", "b.yaml", "--fail-fast", "--repeat=2")
    assert (code, [run["scenario"] for run in runs]) == (1, ["a"])
    assert "not begun: b ×2, a" in shown


def test_a_signal_ends_all_runs_politely(workspace, operator):
    """Both hang up, both are kept as interrupted, and nothing else is begun."""
    path = workspace.write(
        "both.yaml", BOTH.replace("wait: 2s", "wait: 60s").replace("ivr.hang_up:", "ivr.hang_up:\n    always: true")
    )
    with workspace.start("run", path, "--parallel=2", "--repeat=2") as robot:
        seen = 0
        for line in robot.stdout:
            seen += "web.see" in line
            if seen == 2:
                break
        robot.send_signal(signal.SIGINT)
        out, err = robot.communicate(timeout=30)
    assert robot.returncode == 130, err
    runs = workspace.stored()
    assert [run["interrupted"] for run in runs] == [True, True]
    assert all(run["steps"][-1]["verb"] == "hang_up" for run in runs)
    assert all(run["steps"][-1]["outcome"] == "passed" for run in runs)
    assert "not begun: both ×2" in out
