"""What the robot at work has to say: to a person as a line, to a machine as a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from prober.errors import Problem
from prober.model.run import Fact


class About(StrEnum):
    """What a piece of news is about."""

    SERVING = "serving"
    DOOR = "door"
    LEADS = "leads"
    FOLLOWS = "follows"
    RUN = "run"
    MISSED = "missed"
    INCIDENT = "incident"
    RELOADED = "reloaded"
    REFUSED = "refused"
    CLOCK = "clock"
    TROUBLE = "trouble"
    PRUNED = "pruned"
    IMPROVED = "improved"
    MINUTE = "minute"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Mood(StrEnum):
    """How a person is to take it."""

    PLAIN = "plain"
    GOOD = "good"
    SLOW = "slow"
    FAILED = "failed"
    ERROR = "error"
    DIM = "dim"


@dataclass(frozen=True)
class News:
    """A piece of news. *text* is one line for a person; *facts* say the same to a machine."""

    about: About
    text: str
    mood: Mood = Mood.PLAIN
    facts: Mapping[str, Fact] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


Tell = Callable[[News], None]
