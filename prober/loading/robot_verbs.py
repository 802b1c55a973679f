"""The verbs of the robot itself: they ask nobody at the operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from prober.loading.fields import Duration, Money, Text, refusal
from prober.loading.templates import REFERENCE
from prober.model.run import Layer
from prober.model.scenario import Ordering
from prober.model.value import ValueType
from prober.model.verb import ROBOT, Verb


def _identifier(name: str) -> str:
    if REFERENCE.fullmatch(f"${{{name}}}") is None or "." in name:
        raise refusal(f"‘{name}’ is not a name: write letters, digits and _, and no digit first")
    return name


def _names(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, list | tuple) and len(value) < 2):
        raise refusal("‘same’ compares two values or more", "write their names in a list: same: [a, b]")
    return value


Name = Annotated[Text, AfterValidator(_identifier)]
"""The name of a captured value."""


@dataclass(frozen=True)
class Same:
    """Compare captured values: all of them must say the same."""

    names: Annotated[tuple[Name, ...], BeforeValidator(_names)] = field(
        metadata={"description": "the names of the captured values"}
    )
    as_: ValueType = field(
        default=ValueType.TEXT, metadata={"alias": "as", "description": "what they are read as before comparing"}
    )
    tolerance: Money = field(default=0, metadata={"description": "how far amounts may lie apart, in yuan (0.00)"})
    ignore_missing: bool = field(
        default=False, metadata={"description": "compare those that were captured, two at the least"}
    )

    def __post_init__(self) -> None:
        if self.tolerance and self.as_ is not ValueType.MONEY:
            raise ValueError("‘tolerance’ is for amounts: it needs ‘as: money’")


@dataclass(frozen=True)
class Wait:
    """Do nothing for a while, as a customer who thinks."""

    time: Duration = field(metadata={"description": "how long"})


@dataclass(frozen=True)
class Let:
    """Give texts a name, to be used as `${name}`."""

    values: dict[Name, Text] = field(metadata={"description": "names and their texts"})


@dataclass(frozen=True)
class Use:
    """Play the steps of another scenario here."""

    scenario: Text = field(metadata={"description": "its name, or the path of its file from this file's folder"})


@dataclass(frozen=True)
class Ask:
    """
    Ask the person who attends the run (`prober run --attended`) whether it was well: no is a failure.

    A run that nobody attends goes on without it.
    """

    question: Text = field(metadata={"description": "what the person is asked, so that yes is well"})


def _verb(name: str, argument: type, took: str, within_s: float | None = None, *, attended: bool = False) -> Verb:
    ordering = Ordering.NEITHER
    return Verb(ROBOT, name, argument, within_s, Layer.CONTENT, took, ordering=ordering, needs="", attended=attended)


VERBS: tuple[Verb, ...] = (
    _verb("same", Same, "nothing: comparing takes no time that matters"),
    _verb("wait", Wait, "its length"),
    _verb("let", Let, "nothing"),
    _verb("use", Use, "nothing: the other scenario's steps stand in its place"),
    _verb("ask", Ask, "nothing: how long a person thinks is no latency", 120.0, attended=True),
)
