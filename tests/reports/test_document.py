"""The JSON document holds everything, under keys that do not change."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prober.model.run import Outcome, Run
from prober.reports.document import document

DOCS = Path(__file__).parents[2] / "docs" / "results.md"


def keys(value: Any) -> set[str]:
    """Return every key of the document; those of timings, facts and counts are names, not keys."""
    if isinstance(value, list):
        return set().union(*(keys(part) for part in value))
    if not isinstance(value, dict):
        return set()
    inner = (part for key, part in value.items() if key not in ("timings", "facts", "counts"))
    return set(value).union(*(keys(part) for part in inner))


def test_every_key_is_documented(runs: list[Run]) -> None:
    """docs/results.md speaks of every key that the document has."""
    described = DOCS.read_text().partition("## The JSON document")[2]
    assert {key for key in keys(document(runs)) if f"`{key}`" not in described} == set()


def test_it_is_json_as_it_is(runs: list[Run]) -> None:
    """json.dumps takes it without help, and strictly: no NaN, no objects."""
    odd = replace(runs[0].steps[0], facts={"mos": math.nan}, timings={"lcp_s": math.inf})
    told = document([*runs, replace(runs[0], steps=(odd,))])
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["runs"][-1]["steps"][0]["facts"] == {"mos": None}


def test_it_says_what_was_measured(unequal: Run) -> None:
    """Instants are UTC, values are typed, a failure has its three parts."""
    told = document([unequal])
    (run,) = told["runs"]
    step = run["steps"][11]
    assert (told["verdict"], told["counts"]) == ("failed", {"failed": 1})
    assert (run["started_at"], run["phase"], run["attempt"]) == ("2026-11-21T04:00:00.250000Z", "pre-launch", 2)
    assert run["steps"][3]["captures"] == [
        {"name": "ivr_balance", "type": "money", "text": "八十六元五角", "value": 8650}
    ]
    assert set(step["failure"]) == {"what", "expected", "actual"}
    assert (step["took_s"], step["layer"]) == (None, "content")


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ((), "skipped"),
        ((Outcome.SKIPPED, Outcome.PASSED), "passed"),
        ((Outcome.PASSED, Outcome.SLOW), "slow"),
        ((Outcome.SLOW, Outcome.ERROR), "error"),
        ((Outcome.ERROR, Outcome.FAILED), "failed"),
    ],
)
def test_the_verdict_is_the_gravest(passed: Run, outcomes: tuple[Outcome, ...], verdict: str) -> None:
    """A failed run weighs more than a broken robot, that more than slowness, and skipping nothing."""
    assert document([replace(passed, outcome=outcome) for outcome in outcomes])["verdict"] == verdict


def test_an_interrupted_run_is_not_counted_as_passed(passed: Run) -> None:
    """Only a failure of the channel weighs more than the interruption."""
    cut = replace(passed, interrupted=True)
    assert document([cut, passed])["counts"] == {"interrupted": 1, "passed": 1}
    assert document([replace(cut, outcome=Outcome.FAILED)])["verdict"] == "failed"
