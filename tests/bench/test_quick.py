"""The quick forms of the benches keep to their bounds, as CI runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
Bench = Callable[..., dict[str, Any]]


def test_a_killed_robot_loses_nothing_and_leaves_nothing(bench: Bench) -> None:
    """kill -9 at random moments: what was told is kept, runs are marked, the next run is clean."""
    told = bench("store")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["kills"] >= 2
    assert told["samples"]["processes of killed robots"] > 0


def test_run_after_run_nothing_grows(bench: Bench) -> None:
    """Neither processes nor open files, sockets or temporary files."""
    told = bench("soak")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["runs"] >= 6
    assert told["figures"]["robot_memory_at_end_mb"] > 0


def test_whatever_breaks_beneath_a_call_the_robot_goes_on(bench: Bench) -> None:
    """Asserts of the SIP library, a registrar that vanishes: each loss an ERROR that says so, no other, no leak."""
    told = bench("endurance")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["calls"] == 24
    assert told["samples"]["asserts that failed"] == 3
    assert 2 <= told["samples"]["calls lost"] <= 6
    assert [row[2] for row in told["tables"][0]["rows"]] == [1, 1, 1, 1]


def test_a_thousand_probes_are_started_in_time(bench: Bench) -> None:
    """Nearly all that was planned is started, and what was not is counted."""
    told = bench("schedule")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["starts"] + told["figures"]["missed"] >= 0.8 * told["samples"]["starts planned"]
    assert told["figures"]["cores"] > 0


def test_whatever_breaks_the_books_are_kept(bench: Bench) -> None:
    """Kills, a full disk, a locked database, a clock that is set, a sink that is away: nothing lost, and it is said."""
    told = bench("mishaps")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["kills"] == 3
    assert told["samples"]["alarms sent"] >= told["samples"]["incidents opened"] >= 1
    assert [row[1] == "nothing" for row in told["tables"][-1]["rows"]] == [False] * 4


def test_every_fault_becomes_one_incident(bench: Bench) -> None:
    """One fault a door, at once, with `prober serve` on watch: none missed, doubled or false."""
    told = bench("alarms")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["found"] == told["samples"]["harmful faults injected"] == 3


def test_the_gate_lets_through_what_is_well_and_nothing_else(bench: Bench) -> None:
    """Of made-up runs: no change goes, what is slower, worse, too little or the robot's fault does not."""
    told = bench("gate")
    assert told["unmet"] == [], told["remarks"]
    assert told["figures"]["rank_sum_passes_tail"] > 0.8, "which the common rule lets through"
    assert all(float(row[1].rstrip("%")) > 90 for row in told["tables"][1]["rows"][2:]), "bad launches are stopped"


def test_what_the_robot_says_of_a_latency_is_what_passed_on_the_wire(bench: Bench) -> None:
    """Within 2 ms at the median, and every prompt is heard."""
    told = bench("truth")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["trials, 4 calls at once"] >= 75
    assert told["samples"]["pages, prober"] == 6


def test_a_web_scenario_costs_what_its_own_script_would(bench: Bench) -> None:
    """Nearly; and four customers at once hinder no one."""
    told = bench("browser")
    assert told["figures"]["contexts_at_once"] == 4, told["remarks"]
    assert told["figures"]["cost_ratio"] < 3
    assert [row[0] for row in told["tables"][1]["rows"]] == [1, 4]


def test_prompts_are_recognised_and_nothing_else_is(bench: Bench) -> None:
    """Mandarin and English ones, over every line; other texts, other voices, tones and music are none of them."""
    told = bench("hearing")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["prompts known"] >= 60
    assert told["samples"]["prompts played"] >= 200
    assert told["samples"]["other texts in a known voice"] + told["samples"]["known texts in other voices"] >= 150
    assert {row[0] for row in told["tables"][0]["rows"] if row[1] > 0} >= {"GSM full rate", "3 % of packets lost"}


def test_calls_at_once_hear_all_that_they_are_told(bench: Bench) -> None:
    """Eight at once, each with a library of 64 prompts; what they cost is told."""
    told = bench("calls")
    assert told["unmet"] == [], told["remarks"]
    assert told["samples"]["trials with 8 calls at once"] >= 70
    assert 0 < told["figures"]["core_per_call"] < 1
    assert 0 < told["figures"]["memory_per_call_mb"] < 100
