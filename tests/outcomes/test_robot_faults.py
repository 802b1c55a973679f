"""What breaks on the robot's own side is never told as the channel's failure, nor as its success."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Operator, Workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

IVR = "scenario: ivr\nsteps:\n  - ivr.dial: 10086\n  - ivr.hear: goodbye\n    within: 60s\n"
WEB = "scenario: web\nsteps:\n  - web.open: /login\n  - web.see: 永远没有的字样\n    within: 60s\n"
SMS = "scenario: sms\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n  - sms.receive: 余额\n    within: 2s\n"
SMS_LONG = SMS.replace("2s", "60s")
ALL = (
    "scenario: all\nsteps:\n  - ivr.dial: 10086\n  - ivr.hear: main_menu\n  - ivr.hang_up:\n"
    + SMS_LONG.partition("steps:\n")[2]
)


class Play:
    """A `prober run` under way, in a process of its own."""

    def __init__(self, workspace: Workspace, text: str, *, before: tuple[str, ...] = (), **environment: str) -> None:
        path = workspace.write("played.yaml", text)
        workspace.environment |= environment
        self._process = workspace.start("run", "--json", "--line=demo-1", path, before=before)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def until(self, words: str) -> None:
        """Return when it has told of *words*: a step is told when it is safe in the store."""
        assert self._process.stderr is not None
        told = []
        while line := self._process.stderr.readline():
            told.append(line)
            if words in line:
                return
        raise AssertionError(f"it ended without {words}: {''.join(told)}")

    def end(self) -> tuple[int, dict[str, Any]]:
        """Return its exit code, and the run."""
        out, err = self._process.communicate(timeout=150)
        assert "Traceback" not in err, err
        assert "Future exception" not in err, err
        return self._process.returncode, json.loads(out)["runs"][0]


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Yield the processes below *pid* with their command lines, the nearest first."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child, Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            yield from descendants(child)


def failed(run: dict[str, Any]) -> tuple[str, str, str]:
    """Return channel and verb, layer and words of the step that ended the run."""
    step = next(step for step in run["steps"] if step["outcome"] in ("failed", "error"))
    return f"{step['channel']}.{step['verb']}", step["layer"], f"{step['failure']['what']}. {step['failure']['actual']}"


def broken(code: int, run: dict[str, Any], step: str) -> str:
    """Assert that *step* was an ERROR of the robot, and return what was said."""
    where, layer, said = failed(run)
    assert (code, run["outcome"], where, layer) == (3, "error", step, "robot"), said
    return said


def test_a_killed_line_process(workspace: Workspace, operator: Operator) -> None:
    """The call's process dies in the middle of a prompt."""
    play = Play(workspace, IVR)
    play.until("ivr.dial")
    *_, line = [pid for pid, command in descendants(play.pid) if "forkserver" in command]
    os.kill(line, signal.SIGKILL)
    assert "the line process died (signal 9, SIGKILL)" in broken(*play.end(), step="ivr.hear")


def test_a_killed_browser(workspace: Workspace, operator: Operator) -> None:
    """The browser dies while a page is looked at."""
    play = Play(workspace, WEB)
    play.until("web.open")
    browsers = [pid for pid, command in descendants(play.pid) if "chrom" in command and "--type=" not in command]
    for pid in browsers:
        os.kill(pid, signal.SIGKILL)
    assert browsers
    assert "browser" in broken(*play.end(), step="web.see")


def test_a_gateway_that_goes_away(workspace: Workspace) -> None:
    """The SMS centre dies while a reply is waited for: our link to the channel, not the channel."""
    command = ["prober", "demo", "--fault=sms=late-reply,seconds=60"]
    own = subprocess.Popen(
        [*command, *(f"--{door}-port=0" for door in ("sip", "web", "smpp", "control"))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert own.stdout is not None
    port = json.loads(own.stdout.readline())["smpp"].rpartition(":")[2]
    play = Play(workspace, SMS_LONG, PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__PORT=port)
    play.until("sms.send")
    own.kill()
    own.communicate()
    assert "is gone" in broken(*play.end(), step="sms.receive")


def test_a_locked_store(workspace: Workspace, operator: Operator) -> None:
    """Another program holds the database: what cannot be kept ends the run, and what was told before is there."""
    play = Play(workspace, WEB.replace("60s", "3s"))
    play.until("web.open")
    holder = sqlite3.connect(workspace.folder / "results_db" / "prober.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    _, err = play._process.communicate(timeout=100)
    holder.execute("ROLLBACK")
    holder.close()
    assert play._process.returncode == 3, err
    assert "locked" in err
    assert "Traceback" not in err
    (run,) = workspace.stored()
    assert (run["interrupted"], run["outcome"], [step["verb"] for step in run["steps"]]) == (True, "error", ["open"])


def test_a_full_disk(workspace: Workspace, operator: Operator) -> None:
    """Evidence that finds no room is the robot's ERROR; the steps themselves are kept."""
    (workspace.folder / "results_db" / "evidence").mkdir(parents=True)
    room = 'mount -t tmpfs -o size=16k tmpfs results_db/evidence; trap "umount results_db/evidence" EXIT; "$@"'
    # Unchanged, for within a chroot unshare cannot change how mounts spread; so it is unmounted again.
    own_mounts = ("unshare", "-m" if os.geteuid() == 0 else "-rm", "--propagation", "unchanged")
    play = Play(workspace, WEB.replace("60s", "2s"), before=(*own_mounts, "sh", "-ec", room, "sh"))
    said = broken(*play.end(), step="web.see")
    assert "No space left on device" in said
    assert "Free some disk space" in said


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """The file a wall clock is read from; the monotonic one is the machine's."""
    path = tmp_path / "clock"
    path.write_text("+0")
    return path


def test_a_clock_that_is_set_back(workspace: Workspace, operator: Operator, clock_file: Path) -> None:
    """Setting the wall clock back by an hour in the middle of a run bends no duration and no order."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    fake = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock_file),
        # Reading the file at every look at a clock would slow the line process down by half.
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    play = Play(workspace, ALL, **fake)
    play.until("ivr.dial")
    clock_file.write_text("-1h")
    code, run = play.end()
    assert (code, run["outcome"]) == (0, "passed"), failed(run)
    instants = [at for step in run["steps"] for at in (step["started_at"], step["ended_at"])]
    assert [run["started_at"], *instants, run["ended_at"]] == sorted([run["started_at"], *instants, run["ended_at"]])
    assert all(0 <= step["took_s"] < 20 for step in run["steps"])


def test_a_robot_that_stands_still(workspace: Workspace, operator: Operator) -> None:
    """A reply that came while the robot itself did not run is not the channel's delay."""
    operator.faults(sms={"name": "late-reply", "seconds": 1})
    play = Play(workspace, SMS)
    play.until("sms.send")
    os.kill(play.pid, signal.SIGSTOP)
    time.sleep(4)  # the stall itself
    os.kill(play.pid, signal.SIGCONT)
    assert "the robot itself stood still for" in broken(*play.end(), step="sms.receive")
