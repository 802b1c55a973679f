"""What people say of an item: reviewers who were led through it, and customers who were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from prober.model.improvement import Category
from prober.model.quality import Quality
from prober.model.run import Phase

WORST, BEST = 1, 5
"""The scale of a review's scores."""


@dataclass(frozen=True)
class Question:
    """One line of a check-list: it is asked so that yes is well. *channel* is "" where it is asked of every item."""

    name: str
    channel: str
    zh: str
    en: str

    @property
    def full_name(self) -> str:
        """`ivr.pace`; `all.goal` for one that is asked of every item."""
        return f"{self.channel or 'all'}.{self.name}"


@dataclass(frozen=True)
class Answer:
    """What a reviewer said to a question: whether it *held*, None where it does not apply."""

    question: str
    channel: str
    held: bool | None
    remark: str = ""


@dataclass(frozen=True)
class Review:
    """
    One person's experience of *item*, after the evidence of *runs*. *id* is given when it is kept.

    *scores* are 1..5; a quality that nobody scored is left out.
    """

    item: str
    phase: Phase
    at: datetime
    by: str
    scores: Mapping[Quality, int]
    answers: tuple[Answer, ...] = ()
    comment: str = ""
    runs: tuple[str, ...] = ()
    id: int = 0


@dataclass(frozen=True)
class Finding:
    """Something a reviewer wants to become better; one that *blocks* keeps the item from going live."""

    what: str
    category: Category
    channel: str = ""
    blocks: bool = False
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True)
class Draft:
    """
    A review as it is being written. *answers* are by the question's full name, `ivr.pace`.

    A score of None is "cannot say"; a question or quality that is missing was not asked yet. One that is not *finished*
    was broken off: its comment and findings may be wanting.
    """

    by: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    scores: Mapping[Quality, int | None] = field(default_factory=dict)
    comment: str = ""
    findings: tuple[Finding, ...] = ()
    finished: bool = True


class Survey(StrEnum):
    """Who was asked: a mystery customer who tried it, or customers how content they are."""

    MYSTERY = "mystery"
    SATISFACTION = "satisfaction"


@dataclass(frozen=True)
class Opinion:
    """
    What one row of a survey says of *item*: a score of 0..100 of one quality, None: of the whole.

    *source* is the file it came from, *row* its row there; *channel* is "" where it is about all of them.
    """

    item: str
    survey: Survey
    at: datetime
    quality: Quality | None
    score: float
    channel: str = ""
    comment: str = ""
    source: str = ""
    row: int = 0


@dataclass(frozen=True)
class Agreement:
    """
    How far reviewers agree on what all of them scored.

    *within_one* is the share of pairs of scores, of the same quality, that are at most one apart; *alpha* is
    Krippendorff's, for scores that have distances: 1 perfect, 0 no better than chance. None: it cannot be said.
    *spread* is by quality the distance of the highest score from the lowest.
    """

    reviewers: int
    pairs: int = 0
    within_one: float | None = None
    alpha: float | None = None
    spread: Mapping[Quality, int] = field(default_factory=dict)
