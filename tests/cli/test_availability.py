"""`prober incidents availability`, as a person and as a machine reads it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.store import Store

PAGE = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see x")
CONFIG = """\
lines: [{name: a, msisdn: 13800000001}]
probes:
  - {name: often, scenario: quick, every: 5m, objective: 0.9, window: 10h}
  - {name: strict, scenario: other, every: 5m, objective: 0.999, window: 10h}
  - {name: new, scenario: quick, every: 1d}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two probes that were down for half an hour of ten, and one that was never played."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "scenarios").mkdir()
    for name, item in (("quick", "balance"), ("other", "bills")):
        text = f"scenario: {name}\nitem: {item}\nsteps:\n  - wait: 10ms\n"
        (tmp_path / f"scenarios/{name}.yaml").write_text(text, encoding="utf-8")
    asyncio.run(keep(Store.open("sqlite:///results_db/prober.sqlite")))
    return tmp_path


async def keep(store: Store) -> None:
    now = datetime.now(UTC)
    for probe in ("often", "strict"):
        for hours, standing in ((20, Standing.WELL), (3, Standing.FAILED), (2.5, Standing.WELL)):
            at = now - timedelta(hours=hours)
            cause = PAGE if standing is Standing.FAILED else None
            await store.incidents.apply(ProbeResult(probe, at, at, standing, (), cause, "no page"), Watched(probe))
    store.close()


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["incidents", "availability", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_person_sees_whether_each_objective_is_met(workspace: Path) -> None:
    """What is not known is not told as met."""
    rows = {line.split()[1]: " ".join(line.split()) for line in shown().splitlines()}
    assert rows["often"] == "balance often 10 h 00 min 95.000 % 90 % 30 min 0 s ✓ met"
    assert rows["strict"] == "bills strict 10 h 00 min 95.000 % 99.9 % 30 min 0 s ✗ missed"
    assert rows["new"] == "balance new 7 d 0 h – 99 % 0 s 7 d 0 h nothing known"


def test_one_item_and_another_span(workspace: Path) -> None:
    """Half an hour of an hour, when that hour is asked for."""
    told = shown("--item", "bills", "--since", "3h", "--json")
    (one,) = json.loads(told)["availability"]
    assert (one["probe"], one["item"], one["met"]) == ("strict", "bills", False)
    assert one["availability"] == pytest.approx(5 / 6, abs=0.01)
    assert one["down_s"] == pytest.approx(1800, abs=60)
    assert one["counted_s"] + one["excluded_s"] == pytest.approx(3 * 3600)
    assert "no probe is of this item" in shown("--item", "nothing")


def test_maintenance_counts_for_nothing(workspace: Path) -> None:
    """Nor does the time an incident was open in it."""
    window = "maintenance: [{name: all day, cron: '* * * * *', lasts: 1d, items: [bills]}]\n"
    (workspace / "config.yaml").write_text(CONFIG + window, encoding="utf-8")
    found = {one["probe"]: one for one in json.loads(shown("--json"))["availability"]}
    assert (found["strict"]["availability"], found["strict"]["down_s"], found["strict"]["met"]) == (None, 0, None)
    assert found["often"]["availability"] == pytest.approx(0.95, abs=0.001)
