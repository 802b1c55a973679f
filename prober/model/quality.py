"""The six things customers judge by, as graded from what was measured and what people said. Scores are 0..100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from prober.model.run import Phase
from prober.model.span import Span

Figure = float | int | str | None


class Quality(StrEnum):
    """What customers feel."""

    SIMPLICITY = "simplicity"
    RELIABILITY = "reliability"
    COMPREHENSIBILITY = "comprehensibility"
    TIMELINESS = "timeliness"
    STABILITY = "stability"
    CONSISTENCY = "consistency"


@dataclass(frozen=True)
class Part:
    """One thing a quality is judged by: its *score*, None where nothing is known, and the *figures* it came from."""

    name: str
    score: float | None
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Grade:
    """A quality, and what it came from."""

    quality: Quality
    parts: tuple[Part, ...] = ()

    @property
    def score(self) -> float | None:
        """That of its worst part, for what is bad is not mended by what is good; None where nothing is known."""
        return min((part.score for part in self.parts if part.score is not None), default=None)


@dataclass(frozen=True)
class Graded:
    """
    The qualities of an item in the time of *span*, in one *phase* if it is named.

    *channel* is "" for all of them together, *n* how many runs asked (of a channel: steps). *reviewers* are mean scores
    of 1..5, *customers* of 0..100; None among them is the whole.
    """

    channel: str
    phase: Phase | None
    span: Span
    n: int
    grades: Mapping[Quality, Grade]
    reviewers: Mapping[Quality, float]
    customers: Mapping[Quality | None, float]
    reviews: int = 0
    opinions: int = 0
