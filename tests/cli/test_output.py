"""Whatever becomes of the output, the run goes on and is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.live

SMS = "scenario: ask\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n  - sms.receive: 余额为\n  - wait: 1s\n"


def test_a_reader_that_goes_away_ends_no_run(workspace, operator):
    """`prober run … | head -1`: the pipe breaks, the run is played to its end, and its outcome decides."""
    with workspace.start("run", workspace.write("ask.yaml", SMS)) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert "Traceback" not in process.stderr.read()
    (run,) = workspace.stored()
    assert (run["outcome"], len(run["steps"])) == ("passed", 3)


def test_a_terminal_without_the_signs_gets_others(workspace, operator):
    """On a GBK terminal the signs are those GBK has."""
    workspace.environment["PYTHONIOENCODING"] = "gbk"
    process = workspace.start("run", workspace.write("ask.yaml", SMS))
    process.wait(timeout=30)
    shown = process.stdout.buffer.read().decode("gbk")
    process.communicate()
    assert process.returncode == 0
    assert "√ sms.send" in shown


@pytest.mark.parametrize("asked", [("schema", "scenario"), ("alerts", "list")], ids=" ".join)
def test_a_full_disk_for_what_was_asked_for_is_told(workspace, operator, asked):
    """A document or a table that cannot be written is exit 3 with a sentence, never that of a failed channel."""
    command = [sys.executable, "-m", "prober.cli.entry", *asked]
    with open("/dev/full", "w", encoding="ascii") as full:  # noqa: PTH123  # a device
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("asked", [("schema", "scenario"), ("alerts", "list"), ("check",), ("--help",)], ids=" ".join)
def test_a_reader_that_goes_away_is_no_failed_channel(workspace, operator, asked):
    """`prober … | head -1`: what was asked for is not all written, exit 3; nothing is said of it."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "prober.cli.entry", *asked]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, "")


def test_a_second_interrupt_does_not_break_the_good_bye(workspace, operator):
    """Two Ctrl-C in a row: hung up, kept, exit 130, and nothing but sentences is printed."""
    steps = "scenario: long\nsteps:\n  - ivr.dial: 10086\n  - web.open: /login\n  - wait: 60s\n"
    with workspace.start("run", workspace.write("long.yaml", steps)) as process:
        next(line for line in process.stdout if "web.open" in line)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()
    (run,) = workspace.stored()
    assert run["interrupted"]
    assert [step["outcome"] for step in run["steps"]] == ["passed", "passed", "skipped"]
    assert {kept["kind"] for kept in run["evidence"]} >= {"recording", "ladder"}
