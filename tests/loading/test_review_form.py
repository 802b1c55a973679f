"""A review as a form."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from prober.errors import BadInput
from prober.loading.experience import load_experience
from prober.loading.review_form import held, read_form, score, write_form
from prober.model.improvement import Category
from prober.model.item import Item
from prober.model.quality import Quality
from prober.model.review import Answer, Draft, Finding

QUESTIONS = load_experience().questions(("ivr", "web", "sms"))
ITEM = Item("balance", "余额查询: “#1”\n", "", ("ivr", "web", "sms"), ())
WHOLE = Draft(
    by="张三: QA #2",
    answers={
        one.full_name: Answer(
            one.name, one.channel, (True, False, None)[number % 3], ("", "语速太快: '太' # 快")[number % 2]
        )
        for number, one in enumerate(QUESTIONS)
    },
    scores={quality: (None, 1, 5)[number % 3] for number, quality in enumerate(Quality)},
    comment="听不清，\n第二行 {a: b}",
    findings=(
        Finding("价格念得太快, 听不清", Category.INTERACTION, "ivr", blocks=True, owner="李四", due=date(2026, 12, 1)),
        Finding("菜单太深", Category.FLOW),
    ),
)


@pytest.mark.parametrize("draft", [WHOLE, Draft()], ids=["whole", "blank"])
def test_a_form_reads_back_as_it_was_written(tmp_path: Path, draft: Draft) -> None:
    """Whatever people write into it."""
    file = tmp_path / "form.yaml"
    file.write_text(write_form(ITEM, QUESTIONS, draft), encoding="utf-8")
    assert read_form(file, QUESTIONS) == draft


def test_every_question_stands_in_a_blank_form() -> None:
    """In both languages."""
    form = write_form(ITEM, QUESTIONS, Draft())
    assert all(one.zh in form and one.en in form for one in QUESTIONS)
    assert all(f"  {quality}:" in form for quality in Quality)


def test_people_answer_as_they_speak() -> None:
    """In both languages, with a remark behind it."""
    assert [held(text) for text in ("yes", " Y ", "是", "no, 太快", "否：听不清", "NA", "-")] == [
        *((True, ""), (True, ""), (True, ""), (False, "太快"), (False, "听不清"), (None, ""), (None, "")),
    ]
    assert [score(text) for text in ("1", " 5 ", "na")] == [1, 5, None]
    for text in ("maybe", "", "nothing"):
        with pytest.raises(ValueError, match=f"^{text}$"):
            held(text)
    for text in ("0", "6", "4.5", "", "五"):
        with pytest.raises(ValueError, match=f"^{text}$"):
            score(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("answers: {ivr.pase: yes}", "nobody asks ‘ivr.pase’", "did you mean ‘ivr.pace’?"),
        ("answers: {ivr.pace: perhaps}", "‘perhaps’ is no answer", "write yes, no or na"),
        ("scores: {simplicity: 6}", "‘6’ is no score: write 1 (bad) to 5 (good)", ""),
        ("scores: {simpliciti: 4}", "‘simpliciti’ is not one of", ""),
        ("findings: [{what: a, category: colour}]", "‘colour’ is not one of", ""),
        ("findings: [{what: a, category: flow, due: soon}]", "‘soon’ is no day", "write 2026-12-01"),
        ("findings: [{what: ' ', category: flow}]", "a value is missing here", ""),
        (f"by: {'x' * 101}", "this is too long: 100 at most", ""),
        ("findings: [{category: flow}]", "‘what’ is missing", ""),
        ("said: hello", "unknown key ‘said’", ""),
    ],
)
def test_what_is_wrong_is_told_in_its_place(tmp_path: Path, text: str, message: str, hint: str) -> None:
    """With a word of what to write."""
    file = tmp_path / "form.yaml"
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_form(file, QUESTIONS)
    (problem,) = bad.value.problems
    assert (problem.message[: len(message)], problem.hint[: len(hint)], problem.line) == (message, hint, 1)
