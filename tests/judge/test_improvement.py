"""Whether an improvement is proved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from prober.judge.improvement import progress
from prober.model.improvement import Progress
from prober.model.run import Outcome, Run

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSED, SLOW, FAILED, ERROR = Outcome.PASSED, Outcome.SLOW, Outcome.FAILED, Outcome.ERROR


def runs(*outcomes: Outcome | None, scenario: str = "balance", **more: Any) -> list[Run]:
    found = []
    for number, outcome in enumerate(outcomes, 1):
        at = NOON + timedelta(minutes=number)
        ended_at = None if outcome is None else at + timedelta(seconds=9)
        times = {"planned_at": at, "started_at": at, "ended_at": ended_at, "outcome": outcome}
        hashes = {"scenario_sha256": "1", "prompts_sha256": "2", "config_sha256": "3"}
        found.append(
            Run(**({"id": f"{scenario}-{number}", "title": "", "line": "a"} | times | hashes | more), scenario=scenario)
        )
    return found


def proved(found: Iterable[Run], *scenarios: str, passes: int = 3) -> Progress:
    return progress(found, scenarios=scenarios, passes=passes, since=NOON)


def test_it_takes_so_many_in_a_row() -> None:
    """Slow ones have passed; it is proved when the last of them ended."""
    told = proved(runs(PASSED, SLOW, PASSED, PASSED), "balance")
    assert told.proved_at == NOON + timedelta(minutes=3, seconds=9)
    assert (told.wanted, dict(told.passed), told.failed) == (3, {"balance": 3}, ())


def test_a_failure_begins_anew() -> None:
    """And is told."""
    told = proved(runs(PASSED, PASSED, FAILED, PASSED), "balance")
    assert (told.proved_at, dict(told.passed), told.failed) == (None, {"balance": 1}, ("balance-3",))


def test_what_fails_after_the_proof_does_not_undo_it() -> None:
    """That would be another defect."""
    assert proved(runs(PASSED, PASSED, PASSED, FAILED), "balance").proved_at is not None


def test_what_fails_before_all_are_proved_begins_anew() -> None:
    """One scenario that was proved first has to hold until the last is."""
    first = [
        *runs(PASSED, PASSED, PASSED, FAILED, scenario="a"),
        *runs(ERROR, ERROR, ERROR, ERROR, PASSED, scenario="b"),
    ]
    told = proved(first, "a", "b", passes=1)
    assert (told.proved_at, dict(told.passed)) == (None, {"a": 0, "b": 1})


def test_another_version_begins_anew() -> None:
    """Whoever takes the step out that failed has mended nothing."""
    both = [*runs(PASSED, PASSED), *runs(ERROR, ERROR, PASSED, scenario_sha256="other")]
    assert dict(proved(both, "balance").passed) == {"balance": 1}


def test_every_scenario_has_to_show_it() -> None:
    """The one that took longest says when; one that was never played proves nothing, nor does an empty list."""
    both = [*runs(PASSED, PASSED, PASSED), *runs(FAILED, PASSED, PASSED, PASSED, scenario="bill")]
    assert proved(both, "balance", "bill").proved_at == NOON + timedelta(minutes=4, seconds=9)
    assert proved(both, "balance", "other").proved_at is None
    assert proved(both).proved_at is None


def test_what_says_nothing_counts_for_nothing() -> None:
    """What the robot could not ask, second attempts, runs under way, and those from before it was mended."""
    assert dict(proved(runs(PASSED, ERROR, PASSED, None), "balance").passed) == {"balance": 2}
    assert dict(proved(runs(PASSED, PASSED, attempt=2), "balance").passed) == {"balance": 0}
    late = progress(runs(PASSED, PASSED), scenarios=["balance"], passes=1, since=NOON + timedelta(minutes=2))
    assert late.proved_at is None
