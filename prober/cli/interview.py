"""Asks a reviewer, question by question; what was said is kept whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from prober.loading.review_form import held, score
from prober.model.improvement import Category
from prober.model.item import Item
from prober.model.quality import Quality
from prober.model.review import Answer, Draft, Finding, Question
from prober.reports import words

_T = TypeVar("_T")


@dataclass
class Interview:
    """Leads one person through a review. *draft* is what was said so far; what is in it is not asked again."""

    console: Console
    item: Item
    questions: Sequence[Question]
    draft: Draft

    def lead(self) -> Draft:
        """
        Ask what is missing, and return the whole.

        Raises:
            KeyboardInterrupt, EOFError: The person went away; *draft* has what was said.
        """
        self._ask_questions()
        self._ask_scores()
        if not self.draft.comment and not self.draft.finished:
            said = self._ask("\n意见 What else is to be said? (Enter: nothing)", str.strip)
            self.draft = replace(self.draft, comment=said)
        self._ask_findings()
        self.draft = replace(self.draft, finished=True)
        return self.draft

    @property
    def missing(self) -> list[str]:
        """What was not answered yet: questions by their full names, qualities."""
        return [*(one.full_name for one in self._open), *(str(one) for one in Quality if one not in self.draft.scores)]

    @property
    def _open(self) -> list[Question]:
        return [one for one in self.questions if one.full_name not in self.draft.answers]

    def _ask_questions(self) -> None:
        asked, channel = self._open, None
        if asked:
            self._say("yes / no / na（不适用 does not apply），后面可加说明 and a remark behind it", "dim")
        for number, question in enumerate(asked, 1):
            if question.channel != channel:
                channel = question.channel
                label = words.channel(channel) if channel else words.Label("总体", "As a whole")
                self._say(f"\n{label.zh} {label.en}", "bold")
            said = self._ask(f"{number}/{len(asked)} {question.zh}\n     {question.en}", held)
            answer = Answer(question.name, question.channel, *said)
            self.draft = replace(self.draft, answers={**self.draft.answers, question.full_name: answer})

    def _ask_scores(self) -> None:
        asked = [one for one in Quality if one not in self.draft.scores]
        if asked:
            self._say("\n1（差 bad）… 5（好 good），na 说不好 cannot say", "dim")
        for quality in asked:
            label = words.QUALITIES[quality]
            given = self._ask(f"{label.zh} {label.en}", score)
            self.draft = replace(self.draft, scores={**self.draft.scores, quality: given})

    def _ask_findings(self) -> None:
        while what := self._ask("\n要改进的 What is to become better? (Enter: nothing more)", str.strip):
            kinds = " ".join(f"{place}={words.CATEGORIES[one].zh} {one}" for place, one in enumerate(Category, 1))
            finding = Finding(
                what=what,
                category=self._ask(f"类别 Category: {kinds}", _category),
                channel=self._ask(f"渠道 Channel: {', '.join(self.item.channels)} (Enter: all)", self._channel),
                blocks=bool(self._ask("未修复不能上线 Does it block the launch? yes / no", held)[0]),
                owner=self._ask(f"负责人 Owner (Enter: {self.item.owner or 'nobody'})", str.strip) or self.item.owner,
                due=self._ask("期限 Due, as 2026-12-01 (Enter: open)", _due),
            )
            self.draft = replace(self.draft, findings=(*self.draft.findings, finding))

    def _channel(self, text: str) -> str:
        if text.strip() not in {"", *self.item.channels}:
            raise ValueError(text)
        return text.strip()

    def _ask(self, what: str, read: Callable[[str], _T]) -> _T:
        """Ask until it can be understood."""
        while True:
            self._say(what)
            try:
                return read(self.console.input("[bold cyan]> [/]"))
            except ValueError:
                self._say("?  没看懂，请按上面的写法 That cannot be read: write it as it says above", "yellow")

    def _say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style), soft_wrap=True)


def _category(text: str) -> Category:
    wanted = text.strip().casefold()
    if wanted.isdecimal() and 1 <= int(wanted) <= len(Category):
        return list(Category)[int(wanted) - 1]
    return Category(wanted)


def _due(text: str) -> date | None:
    return date.fromisoformat(text.strip()) if text.strip() else None
