"""The pages that are taken out of the code say what the code says."""

from __future__ import annotations

import pytest

from scripts.references import PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_code_has_it(name: str) -> None:
    """docs/verbs.md and docs/errors.md are what scripts/references.py writes today."""
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run scripts/references.py"


def test_every_error_of_the_robots_own_has_a_cure() -> None:
    """Nothing that stops the robot leaves a person without a word of what to do; some pass on another's cure."""
    _, _, page = PAGES["docs/errors.md"]().partition("## The robot could not ask")
    uncured = [row for row in page.partition("\n## ")[0].splitlines() if row.endswith("| – |")]
    passed_on = (
        "the recording … is lost",
        " stumbled: …",
        "a call to itself on loopback",
        "registration cannot be confirmed",
    )
    assert [row for row in uncured if not any(words in row for words in passed_on)] == []


def test_every_field_of_every_verb_is_described() -> None:
    """Nobody has to guess what a field of a verb is for."""
    assert "| – |" not in PAGES["docs/verbs.md"]()
