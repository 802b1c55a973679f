"""How channels speak to customers: the words they should not use, and how much of them is too much at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from prober.model.review import Question


@dataclass(frozen=True)
class Reading:
    """
    The most of a text; None: nobody said.

    A *sentence* and the *whole* are counted in characters (Chinese) or words (English), *choices* are those of one
    menu, *seconds* how long a prompt speaks.
    """

    sentence: int | None = None
    whole: int | None = None
    choices: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Wording:
    """The rules of one language: *jargon* by what a customer would say instead, and what may be read by channel."""

    jargon: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True)
class Experience:
    """What people's experience is judged by: the *wording* of each language (`zh`, `en`), and the check-list."""

    wording: Mapping[str, Wording]
    checklist: tuple[Question, ...]

    def questions(self, channels: tuple[str, ...]) -> tuple[Question, ...]:
        """Return what is asked of an item that is offered on *channels*."""
        return tuple(one for one in self.checklist if one.channel in {"", *channels})


class Fault(StrEnum):
    """What is wrong with a text."""

    JARGON = "jargon"
    SENTENCE = "sentence"
    WHOLE = "whole"
    CHOICES = "choices"


@dataclass(frozen=True)
class Told:
    """A *text* that a channel tells customers; *where* says which: a prompt's name, `reference`."""

    channel: str
    text: str
    where: str


@dataclass(frozen=True)
class Remark:
    """
    One thing that is wrong with what was *told*.

    *what* is the word, or the sentence; *instead* what a customer would say. *have* of *most* are its length or number.
    """

    told: Told
    fault: Fault
    what: str = ""
    instead: str = ""
    have: int = 0
    most: int = 0
