"""A review as a form: a YAML file that a reviewer fills in, or that keeps what was said of one that was broken off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo

from prober.loading.fields import STRICT, Text, did_you_mean, refusal
from prober.loading.yaml_files import read_shaped
from prober.loading.yaml_writing import flow, scalar
from prober.model.improvement import LONGEST_NAME, LONGEST_TEXT, Category
from prober.model.item import Item
from prober.model.quality import Quality
from prober.model.review import BEST, WORST, Answer, Draft, Finding, Question

YES, NO, NOT_APPLICABLE = ("yes", "y", "是", "1"), ("no", "n", "否", "0"), ("na", "-", "–", "不适用")
_ANSWER = re.compile(r"\s*([^\s,，:：;；]+)[\s,，:：;；]*(.*)", re.DOTALL)
CHANNELS = ("ivr", "web", "sms")


def held(text: str) -> tuple[bool | None, str]:
    """
    Return whether an answer says yes (None: it does not apply), and the remark behind it: `no, too quick`.

    Raises:
        ValueError: It says neither.
    """
    found = _ANSWER.fullmatch(text)
    said = found[1].casefold() if found else ""
    for words, meant in ((YES, True), (NO, False), (NOT_APPLICABLE, None)):
        if said in words and found:
            return meant, found[2].strip()
    raise ValueError(text)


def score(text: str) -> int | None:
    """
    Return the score that is written, None where it says that one cannot say.

    Raises:
        ValueError: It is none.
    """
    if text.strip().casefold() in NOT_APPLICABLE:
        return None
    if not (text.strip().isdecimal() and WORST <= int(text) <= BEST):
        raise ValueError(text)
    return int(text)


def _answer(value: Any) -> Any:
    if value is None:
        return None
    try:
        return held(str(value))
    except ValueError:
        hint = "write yes, no or na, and behind it what you have to say: no, it speaks too quickly"
        raise refusal(f"‘{value}’ is no answer", hint) from None


def _score(value: Any) -> Any:
    """Return the score, 0 for "cannot say", None for one that is left blank."""
    if value is None:
        return None
    try:
        return score(str(value)) or 0
    except ValueError:
        raise refusal(f"‘{value}’ is no score: write {WORST} (bad) to {BEST} (good), or na if you cannot say") from None


def _question(name: str, given: ValidationInfo) -> str:
    known = (given.context or {})["known"]
    if name not in known:
        raise refusal(f"nobody asks ‘{name}’", did_you_mean(name, known))
    return name


def _offered(channel: str, given: ValidationInfo) -> str:
    known = (given.context or {})["known"]
    if channel not in CHANNELS or channel not in known:
        offered = [one for one in CHANNELS if one in known]
        raise refusal(f"the item is not offered on ‘{channel}’", f"it is on: {', '.join(offered)}")
    return channel


def _of_item(item: str, given: ValidationInfo) -> str:
    asked = (given.context or {})["item"]
    if asked and item != asked:
        raise refusal(f"this is a review of ‘{item}’, not of ‘{asked}’", f"prober review {item} --answers FILE")
    return item


def _due(value: Any) -> Any:
    try:
        return value and date.fromisoformat(str(value).strip())
    except ValueError:
        raise refusal(f"‘{value}’ is no day", "write 2026-12-01") from None


_Name = Annotated[str, AfterValidator(_question)]
_Said = Annotated[tuple[bool | None, str] | None, BeforeValidator(_answer)]


_Sentence = Annotated[Text, AfterValidator(str.strip), Field(min_length=1, max_length=LONGEST_TEXT)]
_Person = Annotated[Text, Field(max_length=LONGEST_NAME)]


class _Finding(BaseModel):
    model_config = STRICT
    what: _Sentence
    category: Category
    channel: Annotated[Text, AfterValidator(_offered)] | None = None
    blocks: bool = False
    owner: _Person | None = None
    due: Annotated[date | None, BeforeValidator(_due)] = None


class _Form(BaseModel):
    model_config = STRICT
    item: Annotated[Text, AfterValidator(_of_item)] | None = None
    by: _Person | None = None
    answers: dict[_Name, _Said] = Field(default_factory=dict)
    scores: dict[Quality, Annotated[int | None, BeforeValidator(_score)]] = Field(default_factory=dict)
    comment: Text | None = None
    findings: tuple[_Finding, ...] = ()
    finished: bool = True


def read_form(path: Path, questions: Sequence[Question], channels: Collection[str] = CHANNELS, item: str = "") -> Draft:
    """
    Return what the form at *path* says; what is left blank in it is missing. *channels* are those of *item*.

    Raises:
        BadInput: Every mistake in it.
    """
    known = {question.full_name: question for question in questions}
    form = read_shaped(path, _Form, what="a review", known=[*known, *channels], item=item)
    return Draft(
        by=form.by or "",
        answers={
            name: Answer(known[name].name, known[name].channel, *said)
            for name, said in form.answers.items()
            if said is not None
        },
        scores={quality: given or None for quality, given in form.scores.items() if given is not None},
        comment=form.comment or "",
        findings=tuple(
            Finding(one.what, one.category, one.channel or "", one.blocks, one.owner or "", one.due)
            for one in form.findings
        ),
        finished=form.finished,
    )


def write_form(item: Item, questions: Collection[Question], draft: Draft) -> str:
    """Return *draft* as a form; what is missing is left blank."""
    return "\n".join(_lines(item, questions, draft)) + "\n"


def _lines(item: Item, questions: Collection[Question], draft: Draft) -> Iterator[str]:
    yield f"# 体验评审 Review: {' '.join(item.title.split())} ({item.name})"
    yield f"# 填好后提交 Hand it in: prober review {item.name} --answers FILE"
    yield f"item: {item.name}"
    yield f"by: {scalar(draft.by) if draft.by else ''}"
    yield ""
    yield "# yes / no / na（不适用 does not apply），后面可加说明 and a remark behind it: no, 语速太快"
    yield "answers:"
    for question in questions:
        answer = draft.answers.get(question.full_name)
        yield f"  # {question.zh} · {question.en}"
        yield f"  {question.full_name}: {_written(answer)}".rstrip()
    yield ""
    yield f"# {WORST}（差 bad）… {BEST}（好 good），na 说不好 cannot say"
    yield "scores:"
    for quality in Quality:
        value = draft.scores.get(quality, "")
        yield f"  {quality}: {'na' if value is None else value}".rstrip()
    yield ""
    yield f"comment: {scalar(draft.comment) if draft.comment else ''}".rstrip()
    yield ""
    yield f"# 要改进的 What is to become better; category: {', '.join(Category)}; blocks: yes 表示未修复不能上线"
    yield "# findings:"
    yield "#   - {what: 价格念得太快, category: interaction, channel: ivr, blocks: no, owner: 张三, due: 2026-12-01}"
    if not draft.finished:
        yield "# 中途停止，完成后改为 yes Broken off; yes when it is whole"
        yield "finished: no"
    if draft.findings:
        yield "findings:"
        for finding in draft.findings:
            yield f"  - {flow(_finding(finding))}"


def _written(answer: Answer | None) -> str:
    if answer is None:
        return ""
    said = {True: "yes", False: "no", None: "na"}[answer.held]
    return scalar(f"{said}, {answer.remark}" if answer.remark else said)


def _finding(finding: Finding) -> dict[str, str]:
    told = {"what": finding.what, "category": str(finding.category), "channel": finding.channel}
    told |= {"blocks": "yes" if finding.blocks else "no", "owner": finding.owner}
    return {name: value for name, value in (told | {"due": str(finding.due or "")}).items() if value}
