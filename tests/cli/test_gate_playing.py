"""`prober gate` plays what is missing, and no more."""

from __future__ import annotations

import json

import pytest

from tests.cli.offering import SCENARIO, offer

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


@pytest.fixture
def offered(workspace, operator):
    """A workspace that leads to the demo operator, with an item."""
    return offer(workspace, "runs: 40")


def test_as_many_as_it_takes(offered) -> None:
    """25 runs, and GO; asked again it plays none."""
    done = offered.prober("gate", "balance", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["decision"], len(told["runs"])) == (0, "GO", 25), done.stderr
    assert "after 10 runs: INCONCLUSIVE" in done.stderr
    assert [run["phase"] for run in offered.stored()] == ["pre-launch"] * 25
    again = json.loads(offered.prober("gate", "balance", "--json").stdout)
    assert again["runs"] == told["runs"]


def test_no_more_than_it_takes(offered, operator) -> None:
    """What fails throughout is NO_GO after the first look."""
    operator.faults(sms="throttled")
    done = offered.prober("gate", "balance", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["decision"], len(told["runs"])) == (1, "NO_GO", 10), done.stderr


def test_a_quarantine_is_waited_out(offered, operator) -> None:
    """A reply that does not come keeps its number from being asked again for a while; the gate waits for it."""
    operator.faults(sms="lost")
    config = offered.folder / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("quarantine: 150s", "quarantine: 8s"), encoding="utf-8"
    )
    offered.write("scenarios/balance.yaml", SCENARIO.replace("30s", "1s"))
    done = offered.prober("gate", "balance", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["decision"]) == (1, "NO_GO"), done.stderr
    assert len(told["runs"]) >= 3
    assert "a number is in quarantine" in done.stderr


def test_each_line_of_runs_abreast_says_whose_it_is(offered) -> None:
    """Two runs at once are on two lines, and no step could be taken for one of the other."""
    done = offered.prober("gate", "balance", "--parallel=2", "--json")
    assert done.returncode == 0, done.stderr
    steps = [line for line in done.stderr.splitlines() if "sms.receive" in line]
    assert {line.partition(" │ ")[0] for line in steps} == {"demo-1", "demo-2"}
