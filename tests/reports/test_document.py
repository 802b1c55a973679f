"""The JSON document holds everything, under keys that do not change."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prober.model.run import Outcome, Run, StepResult
from prober.reports.document import document
from prober.reports.schema import KEYS, key_table, results_schema

DOCS = Path(__file__).parents[2] / "docs" / "results.md"


def test_every_document_keeps_to_the_schema(runs: list[Run], journey: tuple[StepResult, ...]) -> None:
    """Runs of every kind, none at all and one under way are what the schema says, and it says nothing more."""
    schema = results_schema()
    Draft202012Validator.check_schema(schema)
    closed = closed_to_more(schema)
    under_way = replace(runs[0], outcome=None, ended_at=None, steps=journey[:1])
    for told in (document(runs), document([]), document([under_way])):
        assert list(Draft202012Validator(closed).iter_errors(told)) == []


def test_the_schema_tells_a_wrong_document(runs: list[Run]) -> None:
    """A missing key, another version and a text for a number are refused."""
    good = document(runs)
    for bad in ({**good, "version": 2}, {"version": 1}, {**good, "runs": [{**good["runs"][0], "took_s": "1"}]}):
        assert list(Draft202012Validator(results_schema()).iter_errors(bad))


def closed_to_more(schema: Any) -> Any:
    """Return *schema* without its allowance for keys to come."""
    if isinstance(schema, list):
        return [closed_to_more(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: closed_to_more(part) for key, part in schema.items()}
    return closed | ({"additionalProperties": False} if "properties" in schema else {})


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_documented(name: str) -> None:
    """docs/results.md holds the keys of every object, in the schema's own words."""
    assert key_table(name) in DOCS.read_text()


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
