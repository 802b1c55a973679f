"""Probes are read from config.yaml with the scenarios they name; every mistake is told at once, in its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prober.app.probes import probes
from prober.channels.fake import VERBS
from prober.cli.problems import plain
from prober.errors import BadInput
from prober.loading.config import Settings, load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.probe import Severity
from prober.model.scenario import Effects, Scenario

CONFIG = """\
lines:
  - {name: bj, msisdn: 13800000001, province: 北京, brand: 全球通, secrets: {pin: 1}}
  - {name: sh, msisdn: 13800000002, province: 上海, brand: 全球通}
"""


def scenario(name: str = "balance", text: str = "hello", **more: Any) -> Scenario:
    step, _ = Vocabulary(VERBS).step({"fake.say": text})
    return Scenario(name, "S", Path("s.yaml"), "0", (), steps=(step,), **more)


@pytest.fixture
def settings(tmp_path: Path):
    """Read a config.yaml with these probes."""

    def read(written: str) -> Settings:
        (tmp_path / "config.yaml").write_text(f"{CONFIG}probes:\n{written}", encoding="utf-8")
        return load_config(tmp_path / "config.yaml", {})

    return read


def test_a_probe_is_a_scenario_with_a_schedule_and_its_lines(settings) -> None:
    """All that config.yaml says of it is in it."""
    said = "after: 2, recover: 3, severity: critical, team: ivr, lines: [sh]"
    written = f"  - {{name: b, scenario: balance, every: 5m, {said}}}\n"
    (found,) = probes(settings(written), [scenario(), scenario("other")])
    assert (found.name, found.scenario.name, [line.name for line in found.lines]) == ("b", "balance", ["sh"])
    assert (found.schedule.every_s, found.schedule.cron, found.grace_s) == (300, "", 10)
    assert (found.after, found.recover, found.severity, found.team) == (2, 3, Severity.CRITICAL, "ivr")


def test_a_matrix_makes_several_probes(settings) -> None:
    """One for each combination, named by it, on the lines that have it; the probe may take some of them only."""
    both = scenario(matrix={"brand": ("全球通",), "province": ("北京", "上海")})
    found = probes(settings("  - {name: b, scenario: balance, cron: 0 8 * * *}\n"), [both])
    assert [(probe.name, [line.name for line in probe.lines]) for probe in found] == [
        ("b[brand 全球通, province 北京]", ["bj"]),
        ("b[brand 全球通, province 上海]", ["sh"]),
    ]
    (one,) = probes(settings("  - {name: b, scenario: balance, every: 1m, matrix: {province: [上海]}}\n"), [both])
    assert (one.name, one.facts) == ("b[brand 全球通, province 上海]", {"brand": "全球通", "province": "上海"})


def test_what_orders_may_be_a_probe(settings) -> None:
    """It is played by its schedule; repeating it is another matter."""
    (found,) = probes(settings("  - {name: b, scenario: balance, every: 1d}\n"), [scenario(effects=Effects(orders=1))])
    assert found.scenario.effects.orders == 1


def test_a_grace_that_nobody_wrote_is_no_longer_than_the_period(settings) -> None:
    """Ten seconds, unless the next start is due before."""
    (found,) = probes(settings("  - {name: b, scenario: balance, every: 2s}\n"), [scenario()])
    assert found.grace_s == 2


def test_every_mistake_is_told_in_its_place(settings, monkeypatch, tmp_path) -> None:
    """Names nobody knows, a name twice, a grace past the next start, values nobody has, lines that lack something."""
    monkeypatch.chdir(tmp_path)
    written = """\
  - {name: a, scenario: balanse, every: 5m}
  - name: a
    scenario: balance
    every: 5s
    grace: 10s
  - {name: c, scenario: balance, cron: "*/5 * * * *", grace: 10m, lines: [bj, shh]}
  - name: d
    scenario: matrix
    every: 5m
    matrix: {province: [北京, 广东], brnad: [全球通]}
  - {name: e, scenario: secret, every: 5m, lines: [sh]}
  - {name: f, scenario: nowhere, every: 5m}
  - {name: g, scenario: balance, every: 5m, grace: 0s}
"""
    known = [
        scenario(),
        scenario("matrix", matrix={"province": ("北京", "上海"), "brand": ("全球通",)}),
        scenario("secret", "${secret.pin}", secrets=("pin",)),
        scenario("nowhere", matrix={"province": ("西藏",)}),
    ]
    with pytest.raises(BadInput) as bad:
        probes(settings(written), known)
    assert plain(bad.value.problems) == (Path(__file__).parent / "probes.txt").read_text(encoding="utf-8").rstrip("\n")


def test_a_probe_of_the_environment_has_no_line(settings, monkeypatch) -> None:
    """What the file does not hold is told of the file as a whole."""
    read = settings("  - {name: a, scenario: balance, every: 5m}\n")
    other = replace(read, probes=(*read.probes, read.probes[0].model_copy(update={"scenario": "nope", "name": "z"})))
    with pytest.raises(BadInput) as bad:
        probes(other, [scenario()])
    assert [(problem.line, problem.message) for problem in bad.value.problems] == [
        (0, "there is no scenario called ‘nope’")
    ]
