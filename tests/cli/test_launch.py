"""`prober launch`: live, and watched."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from tests.cli.offering import offer

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


@pytest.fixture
def offered(workspace, operator):
    """A workspace that leads to the demo operator, with an item whose gate says GO after a few runs."""
    return offer(workspace, "success: 0.7, in_time: 0.7, runs: 40")


def phase(workspace) -> str:
    """Where the item stands."""
    return str(json.loads(workspace.prober("phase", "balance", "--json").stdout)["phase"])


def open_incidents(workspace) -> list[dict]:
    """The incidents that are open."""
    return list(json.loads(workspace.prober("incidents", "list", "--json").stdout)["incidents"])


def test_nothing_is_launched_without_its_gate(offered) -> None:
    """Unless somebody says why; then there is still nothing to hold it against."""
    refused = offered.prober("launch", "balance")
    assert refused.returncode == 2
    assert "the gate of ‘balance’ says INCONCLUSIVE" in refused.stderr
    refused = offered.prober("launch", "balance", "--despite", "the board wants it")
    assert refused.returncode == 2
    assert "nobody knows what balance-sms was like before the launch" in refused.stderr
    assert phase(offered) == "pre-launch"


def test_a_launch_that_goes_wrong_is_stopped_and_one_that_goes_well_ends(offered, operator) -> None:
    """A fault after some runs: NO_GO long before the time is up, and an incident until it is taken back; mended: GO."""
    assert offered.prober("gate", "balance").returncode == 0
    page = ("--html", "reports/stopped.html")
    with offered.start("launch", "balance", "--for", "10m", "--every", "200ms", "--json", *page) as launch:
        looks = (line for line in launch.stderr if "against it" in line)
        for _ in islice(looks, 3):
            pass
        operator.faults(sms="throttled")
        assert [*looks], "it goes on after the fault"
        told = json.loads(launch.stdout.read())
    assert (launch.returncode, told["decision"], told["phase"]) == (1, "NO_GO", "launch")
    watch = next(reason for reason in told["reasons"] if reason["ground"] == "launch watch")
    assert watch["decision"] == "NO_GO"
    assert 2 <= watch["figures"]["hits"] <= 12, "of so short a baseline a quarter of the runs may fail"
    (incident,) = open_incidents(offered)
    assert incident["items"] == ["balance"]
    assert "launch of balance" in incident["what"]
    stopped = (offered.folder / "reports/stopped.html").read_text(encoding="utf-8")
    assert "已停止" in stopped
    assert "prober phase balance pre-launch --why" in stopped
    assert phase(offered) == "launch"
    again = offered.prober("launch", "balance")
    assert (again.returncode, "the launch of ‘balance’ was stopped" in again.stderr) == (2, True)
    signed = offered.prober("phase", "balance", "post-launch", "--why", "it will do")
    assert (signed.returncode, "the launch of ‘balance’ was stopped" in signed.stderr) == (2, True)
    assert offered.prober("phase", "balance", "pre-launch", "--why", "taken back").returncode == 0
    assert open_incidents(offered) == [], "what was wrong with the launch is over"

    operator.faults()
    assert offered.prober("gate", "balance").returncode == 0
    done = offered.prober("launch", "balance", "--for", "15s", "--every", "200ms", "--html", "reports/launch.html")
    assert done.returncode == 0, done.stdout
    assert "✓ GO 可以上线" in done.stdout
    assert open_incidents(offered) == []
    assert phase(offered) == "post-launch"
    told = (offered.folder / "reports/launch.html").read_text(encoding="utf-8")
    assert "观察期满" in told
    assert "上线观察" in told
    again = offered.prober("launch", "balance")
    assert (again.returncode, "launched no more" in again.stderr) == (2, True)
