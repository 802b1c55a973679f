"""What a reviewer would look at on a page: the arguments of the verbs that hold it against something."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from prober.channels.web.actions import INSIDE
from prober.loading.fields import Expectation, Number, Text
from prober.loading.limits import MOST, Longest, Share, number


def _none(value: Any) -> Any:
    return 0 if value == "none" else value


_NO_MORE = {"description": "none, or how many there may be"}
_Most = Annotated[Number, BeforeValidator(_none), MOST, Field(ge=0), WithJsonSchema({"type": ["integer", "string"]})]


@dataclass(frozen=True)
class Matches:
    """Wait until the page tells all that it is to tell: each sentence of a text, whatever stands between them."""

    text: Text = field(
        default="item.text",
        metadata={"description": "item.text, the item's own `reference` for the web, or the text itself"},
    )
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Jargon:
    """Hold the words on the page against those that customers do not use (`experience.wording` adds some)."""

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(default=(), metadata={"alias": "except", "description": "words allowed"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Broken:
    """
    Ask for every link of the page, as a stranger without the customer's cookies would, and look at its pictures.

    A link that leads to an error, or a picture that is none, is broken.
    """

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(
        default=(), metadata={"alias": "except", "description": "addresses that are not asked for"}
    )


class Impact(StrEnum):
    """How much a broken rule hinders people, by axe-core, the least first."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Accessible:
    """Hold the page against the rules of axe-core, for people who see, hear or move with difficulty."""

    impact: Impact = field(
        default=Impact.SERIOUS,
        metadata={"description": "the least impact that counts: minor, moderate, serious or critical"},
    )
    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Text, ...] = field(
        default=(), metadata={"alias": "except", "description": "rules that do not count, by axe's ids: color-contrast"}
    )


@dataclass(frozen=True)
class LooksLike:
    """Wait until the page looks as the picture that a person has approved (`prober approve`)."""

    picture: Text = field(metadata={"description": "what the approved picture is called"})
    tolerance: Share = field(
        default=0.001, metadata={"description": "how many of the pixels may look otherwise, such as 1%"}
    )
    hide: tuple[Text, ...] = field(default=(), metadata={"description": "what is covered: elements that always differ"})
    whole: bool = field(default=False, metadata={"description": "true: the whole page, not only what is in view"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Errors:
    """
    Hold the troubles since the page was opened against a limit: exceptions, console errors, requests that failed.

    What is told of each step besides (`console_errors`, `exceptions`, `failed_requests`) stays a fact.
    """

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(
        default=(), metadata={"alias": "except", "description": "what does not count: a part of its words, or address"}
    )


def _shift(value: Any) -> float:
    return number(value, "", (0, 100), "a number such as 0.1")


def _bytes(value: Any) -> int:
    typed = str(value).strip()
    for unit, times in {"kB": 1000, "KB": 1000, "MB": 1_000_000, "B": 1}.items():
        if typed.endswith(unit):
            return round(number(typed, unit, (0, 1e6), "an amount such as 800 kB or 2 MB") * times)
    return round(number(value, "", (0, 1e12), "an amount such as 800 kB or 2 MB"))


_Shift = Annotated[float, PlainValidator(_shift), MOST, WithJsonSchema({"type": ["number", "string"]})]
_Bytes = Annotated[int, PlainValidator(_bytes), MOST, WithJsonSchema({"type": ["integer", "string"]})]
_Count = Annotated[Number, MOST, Field(ge=0), WithJsonSchema({"type": ["integer", "string"]})]


@dataclass(frozen=True)
class Vitals:
    """Hold the page's own figures so far against limits. One that the page does not have keeps to none."""

    ttfb: Longest | None = field(default=None, metadata={"description": "time to first byte, such as < 800ms"})
    fcp: Longest | None = field(default=None, metadata={"description": "first contentful paint, such as < 1.8s"})
    lcp: Longest | None = field(default=None, metadata={"description": "largest contentful paint, such as < 2.5s"})
    inp: Longest | None = field(
        default=None, metadata={"description": "interaction to next paint of the slowest input, such as < 200ms"}
    )
    cls: _Shift | None = field(default=None, metadata={"description": "cumulative layout shift, such as < 0.1"})
    load: Longest | None = field(default=None, metadata={"description": "navigation start → load, such as < 4s"})
    bytes: _Bytes | None = field(default=None, metadata={"description": "all that was fetched, such as < 2 MB"})
    requests: _Count | None = field(default=None, metadata={"description": "how many requests there were"})
    slowest: Longest | None = field(default=None, metadata={"description": "the slowest request, such as < 1s"})
