"""What people wrote fits together, or it is said where it does not."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from prober.channels.registry import VERBS
from prober.doctor import workspace
from prober.doctor.finding import Level, Patient
from prober.errors import Problem
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary

WEB = "channels: {web: {}}\n"


@pytest.fixture
def scenarios(tmp_path):
    """One scenario that speaks of a secret."""
    text = 'scenario: log-in\nsteps:\n  - web.open: /\n  - web.fill: {密码: "${secret.service_password}"}\n'
    (tmp_path / "log-in.yaml").write_text(text, encoding="utf-8")
    return load_scenarios([tmp_path / "log-in.yaml"], Vocabulary(VERBS))


def test_mistakes_are_counted_and_a_missing_workspace_is_told():
    """`prober check` shows them; without a workspace the machine is looked at all the same."""
    mistaken = Patient(problems=[Problem(Path("config.yaml"), 1, 1, "no", "do")])
    assert workspace.written(mistaken).what == "config.yaml and scenarios have 1 mistakes"
    assert workspace.written(Patient()).level is Level.WARNING


def test_a_line_that_can_play_nothing(patient_of, scenarios):
    """It is named; so is a scenario that no line can play."""
    nobody = 'lines:\n  - {name: b, msisdn: "13800000002"}\n'
    idle = nobody + '  - {name: a, msisdn: "13800000001", secrets: {service_password: x1}}\n'
    (found,) = workspace.lines(replace(patient_of(WEB, lines=idle), scenarios=scenarios))
    assert (found.level, found.what) == (Level.WARNING, "line b can play no scenario")
    found = workspace.lines(replace(patient_of(WEB, lines=nobody), scenarios=scenarios))
    assert found[0].level is Level.BROKEN
    assert "secret.service_password" in found[0].what


def test_lines_that_can_play(patient_of, scenarios):
    """All is well."""
    (found,) = workspace.lines(replace(patient_of(WEB), scenarios=scenarios))
    assert found.level is Level.GOOD


def test_a_secret_that_is_empty(patient_of, monkeypatch):
    """A variable that is set to nothing is found before a channel refuses it."""
    monkeypatch.setenv("NOTHING", "")
    lines = 'lines:\n  - {name: a, msisdn: "13800000001", secrets: {pin: "${env.NOTHING}"}}\n'
    (found,) = workspace.secrets(patient_of(lines=lines))
    assert (found.level, found.what) == (Level.BROKEN, "these secrets are empty: a.pin")
    (found,) = workspace.secrets(patient_of())
    assert found.what == "1 secrets are there, none is empty"


def test_probes(patient_of, scenarios):
    """Those that can be planned are counted; one of a scenario that is not there is told."""
    planned = replace(patient_of(WEB + "probes: [{name: p, scenario: log-in, every: 5m}]"), scenarios=scenarios)
    assert [one.what for one in workspace.schedule(planned)] == ["1 probes can be planned"]
    lost = replace(patient_of(WEB + "probes: [{name: p, scenario: log-inn, every: 5m}]"), scenarios=scenarios)
    (found,) = workspace.schedule(lost)
    assert (found.level, "log-inn" in found.what) == (Level.BROKEN, True)


def test_a_port_that_is_taken(patient_of):
    """Perhaps by `prober serve` itself, so it is no fault; an address of another machine is one."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        found = workspace.health_port(patient_of(f"serve: {{port: {port}}}"))
    assert (found.level, f"127.0.0.1:{port}" in found.what) == (Level.WARNING, True)
    found = workspace.health_port(patient_of('serve: {host: "192.0.2.1"}'))
    assert (found.level, "cannot be opened" in found.what) == (Level.BROKEN, True)
