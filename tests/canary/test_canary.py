"""A secret that is played through every channel is nowhere in what the robot wrote or said."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest


def _beside(name):
    spec = importlib.util.spec_from_file_location(f"canary_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


traces, tones = _beside("traces"), _beside("tones")
pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

HARD, KEYS = "p&ss wörd/密码+1", "48657864"
SECRETS = [HARD, KEYS]
WRITTEN = ("keys.secret", "hard.secret")
LINES = """\
[{name: canary, msisdn: "13800000003", gateway: demo,
  secrets: {keys: {file: keys.secret}, hard: {file: hard.secret}}}]"""
SCENARIO = """\
scenario: canary
deadline: 120s
steps:
  - ivr.dial: 10086
  - ivr.press: "2"
  - ivr.hear: packages
    soft: true
  - ivr.press: ${secret.keys}
    soft: true
  - ivr.press: ${secret.keys}
    mode: info
    soft: true
  - ivr.hang_up:
    soft: true
  - web.open: /login?note=${secret.hard}&pin=${secret.keys}
    soft: true
  - web.fill: {手机号: "${secret.keys}", 服务密码: "${secret.hard}"}
    soft: true
  - web.click: 登录
    soft: true
  - web.see: ${secret.hard}
    within: 500ms
    soft: true
  - web.fill: {手机号: "${secret.hard}", 服务密码: "${secret.keys}"}
    soft: true
  - web.click: ${secret.hard}
    within: 500ms
    soft: true
  - web.open: /nowhere/${secret.hard}/${secret.keys}
    soft: true
  - let: {said: "${secret.hard}"}
  - sms.send: {to: 10086, text: "${secret.keys} ${secret.hard}"}
    soft: true
  - sms.receive: ${secret.hard}
    within: 2s
    soft: true
"""


@dataclass
class Played:
    """What a run left behind, and what its processes were called with."""

    folder: Path
    temporary: Path
    out: str = ""
    err: str = ""
    commands: set[str] = field(default_factory=set)


def commands_of(pid):
    """Return the command lines of a process and all its children."""
    found, waiting = set(), [str(pid)]
    while waiting:
        here = Path("/proc") / waiting.pop()
        try:
            found.add((here / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            for task in (here / "task").iterdir():
                waiting += (task / "children").read_text().split()
        except OSError:
            continue
    return found


def watch(process, commands):
    """Note the command lines of *process* and its children until it ends."""
    while process.poll() is None:
        commands |= commands_of(process.pid)
        time.sleep(0.05)


@pytest.fixture
def played(workspace, operator):
    """The canary, played once, with all evidence that can be kept."""
    # A short path: the browser's socket lies beneath it, and the paths of sockets end at 107 bytes.
    temporary = Path(tempfile.mkdtemp(prefix="canary-", dir="/tmp"))
    workspace.write("keys.secret", KEYS)
    workspace.write("hard.secret", HARD)
    scenario = workspace.write("canary.yaml", SCENARIO)
    every = {"TRACE": "always", "HAR": "always", "SCREENSHOTS": "every_step"}
    workspace.environment |= {f"PROBER__CHANNELS__WEB__{name}": value for name, value in every.items()}
    workspace.environment |= {"PROBER__LINES": LINES, "TMPDIR": str(temporary)}
    result = Played(workspace.folder, temporary)
    with workspace.start("run", scenario, "--json", "--html=reports/canary.html") as process:
        watching = threading.Thread(target=watch, args=(process, result.commands))
        watching.start()
        result.out, result.err = process.communicate(timeout=400)
        watching.join()
    assert result.out, result.err
    acted = {step["verb"]: step["outcome"] for run in json.loads(result.out)["runs"] for step in run["steps"]}
    assert {acted[verb] for verb in ("press", "fill", "send")} <= {"passed", "slow"}, result.err
    for arguments in (["report", "--json"], ["report", "--html=reports/again.html"], ["db", "verify", "--json"]):
        done = workspace.prober(*arguments)
        assert done.returncode == 0, done.stderr
        result.out += done.stdout
        result.err += done.stderr
    return result


def test_the_canary_is_nowhere(played):
    """Not in the database, its WAL, the evidence, the reports, on the terminal, in temporary files, or in arguments."""
    database = played.folder / "results_db" / "prober.sqlite"
    found = traces.in_folder(played.folder, SECRETS, but=WRITTEN)
    found += traces.in_database(database, SECRETS)
    found += traces.in_folder(played.temporary, SECRETS)
    found += traces.in_bytes(played.out.encode(), SECRETS, "stdout")
    found += traces.in_bytes(played.err.encode(), SECRETS, "stderr")
    found += traces.in_bytes("\n".join(played.commands).encode(), SECRETS, "arguments")
    assert found == []
    assert any("chrom" in command for command in played.commands)
    kept = {path.name for path in played.folder.joinpath("results_db/evidence").rglob("*.*")}
    assert {"call.wav", "ladder.txt", "sms.txt", "trace.zip", "web.har"} <= kept

    (recording,) = played.folder.joinpath("results_db/evidence").rglob("call.wav")
    heard, pressed = tones.channels(recording)
    assert (tones.keys(heard), tones.keys(pressed)) == ("", "2")
