"""`prober doctor`, as a person and a machine use it."""

from __future__ import annotations

import json

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def test_a_workspace_that_is_well(workspace, operator):
    """Exit 0, every group under its heading, nothing to mend; the browser, the telephone and the SMSC were tried."""
    done = workspace.prober("doctor")
    assert done.returncode == 0, done.stdout
    for words in ("This machine", "Libraries", "Workspace", "Results", "Telephone", "Web", "SMS",
                  "recognised the reference prompt", "was opened, read and clicked", "takes our bind",
                  "✓ the robot can work here"):  # fmt: skip
        assert words in done.stdout
    assert "✗" not in done.stdout


def test_nobody_there(workspace):
    """Exit 3, and a cure beneath each fault; `--offline` asks nobody, and is well."""
    workspace.environment |= {
        "PROBER__CHANNELS__IVR__SERVER": "127.0.0.1:1",
        "PROBER__CHANNELS__WEB__BASE_URL": "http://127.0.0.1:1",
        "PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__PORT": "1",
    }
    done = workspace.prober("doctor")
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    faults = [at for at, line in enumerate(lines) if line.startswith("  ✗")]
    assert len(faults) == 3, done.stdout
    assert all(lines[at + 1].startswith("    → ") for at in faults)
    done = workspace.prober("doctor", "--offline", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True)
    assert [one["name"] for one in told["checks"] if one["level"] == "skipped"] == [
        "SIP server", "web hall", "SMS gateways", "who takes alarms",
    ]  # fmt: skip


def test_bad_settings(workspace):
    """Exit 2; the machine is looked over all the same, and the mistakes are shown in their places."""
    workspace.write("config.yaml", "lines: [{name: a, msisdn: x}]\n")
    done = workspace.prober("doctor", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (2, False)
    assert "config.yaml:1:" in done.stderr
    assert told["problems"]
    assert {"This machine", "Libraries"} <= {one["group"] for one in told["checks"]}


def test_a_config_that_is_not_there(workspace):
    """One that was named is wanted."""
    done = workspace.prober("doctor", "--config", "nowhere.yaml")
    assert (done.returncode, "there is no such file" in done.stderr) == (2, True)
