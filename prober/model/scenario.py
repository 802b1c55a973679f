"""A scenario: ordered steps over one or more channels. It knows no schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from prober.model.run import Layer, StepResult
from prober.model.value import Capture


def _short(name: str, value: Any) -> str:
    match value:
        case Mapping() | tuple() | list():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}s" if name == "time" else f"{value:g}"
        case None:
            return ""
    return str(value)


class Retry(StrEnum):
    """Whether a failed run of the step's scenario may be played again at once."""

    ALLOWED = "allowed"
    NEVER = "never"


@dataclass(frozen=True)
class Effects:
    """What one playing of a scenario changes at the operator, at most. *cost_fen* is None where nobody said it."""

    orders: int = 0
    cost_fen: int | None = None


class Ordering(StrEnum):
    """What a verb has to do with orders: it may place or undo one, it shows the operator's word of it, or neither."""

    PLACES = "places"
    SHOWS = "shows"
    NEITHER = "neither"


@dataclass(frozen=True)
class Pattern:
    """A text expectation: plain text, or between slashes a regular expression whose named groups become captures."""

    text: str
    regex: bool = False

    def __str__(self) -> str:
        return f"/{self.text}/" if self.regex else self.text


@dataclass(frozen=True)
class Action:
    """One verb with its argument: an instance of the verb's own dataclass. *ordering* and *needs* are the verb's."""

    channel: str
    verb: str
    argument: Any
    captures: tuple[Capture, ...] = ()
    ordering: Ordering = Ordering.PLACES
    needs: str = ""

    @property
    def full_name(self) -> str:
        """`ivr.hear`, or the bare name of a verb of the robot itself."""
        return self.verb if self.channel == "robot" else f"{self.channel}.{self.verb}"

    @property
    def subject(self) -> str:
        """
        What it is about, in short: its first field, of a mapping the keys alone, for a value may be a secret.

        Where that is empty, the first field that was given, with its name.
        """
        first, *others = fields(self.argument) or (None,)
        if first is None or (about := _short(first.name, getattr(self.argument, first.name))):
            return "" if first is None else about
        given = ((one, getattr(self.argument, one.name)) for one in others)
        return next((f"{one.name} {_short(one.name, value)}" for one, value in given if value != one.default), "")


@dataclass(frozen=True)
class Source:
    """Where a person wrote it; lines and columns count from 1."""

    path: Path
    line: int
    column: int


@dataclass(frozen=True)
class Step:
    """One action with its limits. *within_s* is None only for verbs that have no time of their own."""

    action: Action
    name: str
    layer: Layer
    within_s: float | None = None
    warn_s: float | None = None
    optional: bool = False
    soft: bool = False
    always: bool = False
    retry: Retry = Retry.ALLOWED
    source: Source | None = None


PlayStep = Callable[[Step], Awaitable[StepResult]]


@dataclass(frozen=True)
class Scenario:
    """
    Ordered steps over one or more channels.

    A YAML scenario has *steps*. A Python one has *play* instead: called with the player's own function, which plays a
    step and returns its result; *steps* then holds what could be read from its text.
    """

    name: str
    title: str
    path: Path
    sha256: str
    channels: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    play: Callable[[PlayStep], Awaitable[None]] | None = None
    item: str | None = None
    effects: Effects = Effects()
    deadline_s: float = 300.0
    let: Mapping[str, str] = field(default_factory=dict)
    matrix: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """The names of the secrets it speaks of."""
