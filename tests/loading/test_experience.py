"""The lists that experience is judged by, and a workspace's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from prober.errors import BadInput
from prober.loading.experience import load_experience
from prober.model.wording import Reading


def test_ours_come_along_in_both_languages() -> None:
    """Each question is asked in both; each word has one that a customer would say."""
    ours = load_experience()
    assert {one.channel for one in ours.checklist} == {"", "ivr", "web", "sms"}
    assert all(one.zh and one.en and one.zh != one.en for one in ours.checklist)
    names = [one.full_name for one in ours.checklist]
    assert len(set(names)) == len(names)
    assert all(word != instead for said in ours.wording.values() for word, instead in said.jargon.items())
    assert all(said.reading["ivr"].choices == 5 for said in ours.wording.values())


def test_an_item_is_asked_about_its_own_channels() -> None:
    """And about the whole."""
    asked = load_experience().questions(("sms",))
    assert {one.channel for one in asked} == {"", "sms"}


def test_a_workspace_adds_words_and_replaces_limits(tmp_path: Path) -> None:
    """What it does not name stays as it is."""
    own = tmp_path / "wording.yaml"
    own.write_text("zh: {jargon: {掌厅: 手机应用}, reading: {sms: {sentence: 20}}}\n", encoding="utf-8")
    wording = load_experience(own).wording
    assert wording["zh"].jargon["掌厅"] == "手机应用"
    assert "APN" in wording["zh"].jargon
    assert wording["zh"].reading["sms"] == Reading(sentence=20, whole=210)
    assert wording["zh"].reading["ivr"].choices == 5


def test_a_workspace_replaces_what_is_asked_on_a_channel(tmp_path: Path) -> None:
    """On the others ours are asked."""
    own = tmp_path / "checklist.yaml"
    own.write_text("ivr:\n  greeting: {zh: 问候语亲切}\n", encoding="utf-8")
    asked = load_experience(checklist=own).questions(("ivr", "web"))
    assert [(one.full_name, one.en) for one in asked if one.channel == "ivr"] == [("ivr.greeting", "问候语亲切")]
    assert any(one.channel == "web" for one in asked)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("zh: {jargen: {a: b}}\n", "unknown key ‘jargen’", "did you mean ‘jargon’?"),
        ("zh: {reading: {ivr: {sentence: many}}}\n", "‘many’ is not a whole number", ""),
        ("zh: {reading: {fax: {sentence: 3}}}\n", "‘fax’ is not one of ivr, web, sms", ""),
        ("- a\n", "a list of words is a mapping: key: value", ""),
    ],
)
def test_what_is_wrong_is_told_in_its_place(tmp_path: Path, text: str, message: str, hint: str) -> None:
    """With line and column."""
    own = tmp_path / "wording.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        load_experience(own)
    (problem,) = bad.value.problems
    assert (problem.message.startswith(message), problem.line, problem.path) == (True, 1, own), problem.message
    assert problem.hint.startswith(hint)


def test_a_list_that_is_gone_is_bad_input(tmp_path: Path) -> None:
    """Named in config.yaml, and not there."""
    with pytest.raises(BadInput) as bad:
        load_experience(tmp_path / "gone.yaml")
    assert bad.value.problems[0].path == tmp_path / "gone.yaml"
