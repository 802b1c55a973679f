"""`prober check` warns of incidents that nobody would be told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from prober.loading.config import load_config
from prober.loading.config_advice import untold

CONFIG = """
lines: [{name: demo-1, msisdn: 13800000001}]
probes:
  - {name: balance, scenario: balance, every: 5m, team: voice, severity: minor}
"""
ROBOT, PROBE = "nobody is told when the robot itself fails", "nobody is told when the probe ‘balance’ fails"


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ("[]", []),
        ("[{name: a, url: 'json://x/'}]", []),
        ("[{name: a, url: 'json://x/', teams: [voice]}]", [ROBOT]),
        ("[{name: a, url: 'json://x/', kinds: [channel]}]", [ROBOT]),
        ("[{name: a, url: 'json://x/', kinds: [robot], channels: [ivr]}]", [ROBOT, PROBE]),
        ("[{name: a, url: 'json://x/', severity: critical}]", [ROBOT, PROBE]),
        ("[{name: a, url: 'json://x/', severity: major}]", [PROBE]),
        ("[{name: a, url: 'json://x/', kinds: [robot]}, {name: b, url: 'json://x/', teams: [web]}]", [PROBE]),
    ],
)
def test_who_is_left_out_is_told(ways: str, said: list[str], tmp_path: Path) -> None:
    """The robot itself, and each probe by team and severity; where nobody is told of anything, that is meant."""
    (tmp_path / "config.yaml").write_text(f"{CONFIG}alerts: {ways}\n", encoding="utf-8")
    found = list(untold(load_config(tmp_path / "config.yaml", {})))
    assert [one.message.partition(" (")[0] for one in found] == said
    assert all(one.hint for one in found)
