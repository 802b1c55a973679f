"""Two runs side by side: the right steps beside each other, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from prober.model.run import Evidence, Run
from prober.reports.comparison import compare
from prober.reports.html import render_comparison

Read = Callable[[Evidence], bytes]


def test_a_run_is_like_itself(passed: Run) -> None:
    """Every step is beside itself, nothing differs, nothing is slower."""
    told = compare(passed, passed)
    assert [(pair.before, pair.after) for pair in told.pairs] == [(step, step) for step in passed.steps]
    assert not any(pair.changed or pair.trend or pair.facts for pair in told.pairs)
    assert told.conditions == []


def test_steps_are_aligned_by_name_then_by_verb(passed: Run) -> None:
    """A step more shifts nothing; one that was renamed is beside its successor; one without answer stands alone."""
    renamed = replace(passed.steps[3], name="balance_new")
    after = (*passed.steps[:2], replace(passed.steps[1], name="advert"), passed.steps[2], renamed, *passed.steps[5:])
    pairs = compare(passed, replace(passed, steps=after)).pairs
    names = [(pair.before and pair.before.name, pair.after and pair.after.name) for pair in pairs]
    assert (None, "advert") in names
    assert ("balance", "balance_new") in names
    assert ("挂机", None) in names
    assert ("/login", "/login") in names


@pytest.mark.parametrize(
    ("took_s", "trend"), [(0.412, ""), (0.45, ""), (0.9, "slower"), (0.2, "faster"), (None, ""), (0.0, "faster")]
)
def test_only_what_a_person_notices_is_slower_or_faster(passed: Run, took_s: float | None, trend: str) -> None:
    """A quarter more and 50 ms make a step slower; what was not measured is neither."""
    after = replace(passed, steps=(replace(passed.steps[1], took_s=took_s),))
    (pair,) = compare(replace(passed, steps=(passed.steps[1],)), after).pairs
    assert pair.trend == trend


def test_what_differs_is_told(passed: Run, unequal: Run) -> None:
    """Another amount, another outcome and another attempt stand out; what only followed a failure does not."""
    told = compare(passed, unequal)
    assert [(each.name, each.before, each.after) for each in told.conditions] == [("attempt", "1", "2")]
    assert [pair.step.index for pair in told.pairs if pair.changed] == [11]
    (amount,) = told.pairs[8].captures
    assert (amount.before, amount.after) == ("86.50元", "96.50元")
    assert [each.name for each in told.pairs[11].facts] == ["web_balance"]


def test_a_skipped_step_is_no_change_of_its_own(runs: list[Run]) -> None:
    """Of a run that broke off only the step that broke it is marked."""
    assert [pair.step.index for pair in compare(runs[0], runs[3]).pairs if pair.changed] == [3]


def test_the_page_of_two_runs_reads_as_it_was_approved(
    passed: Run, rich: Run, read: Read, approve: Callable[[str, str], None], shortened: Callable[[str], str]
) -> None:
    """Steps, failures, captures, screenshots and evidence of both are on one page."""
    page = render_comparison(compare(passed, rich), read=read)
    approve("comparison.html", shortened(page[page.index("<main>") : page.index("</main>")]))
    assert page.count('class="shot"') == 2


def test_any_two_runs_can_be_compared(runs: list[Run], read: Read) -> None:
    """Runs of every kind, and of nothing in common, give a page."""
    for before in runs:
        for after in (runs[-1], replace(runs[0], scenario="x", steps=runs[0].steps[9:10])):
            assert "</html>" in render_comparison(compare(before, after), read=read)
