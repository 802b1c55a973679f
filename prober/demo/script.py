"""Faults that come and go by chance, and by the same chance everywhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from prober.demo.faults import DOORS, KNOWN, Fault, KnownFault

EVERY_S = 30.0
HEALTHY = 0.25
_SHORTEST_S = 0.1
_UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = "Write it as seed=7,every=30s,doors=web+sms,healthy=0.25; all but the seed may be left out."


class BadScript(ValueError):
    """What was asked for is no script; the message says why, and how one is written."""


@dataclass(frozen=True)
class Episode:
    """
    A time in which *fault* is on at *door*, or nothing anywhere if it is None.

    *after_s* counts from the start of the script; *for_s* is its length. One follows upon the other without a gap.
    """

    number: int
    door: str
    fault: Fault | None
    after_s: float
    for_s: float


@dataclass(frozen=True)
class Script:
    """
    The values a script is made from; the same values make the same script.

    Raises:
        BadScript: There can be no such script.
    """

    seed: int
    every_s: float = EVERY_S
    doors: tuple[str, ...] = DOORS
    healthy: float = HEALTHY

    def __post_init__(self) -> None:
        """Refuse what could not be played."""
        if not _SHORTEST_S <= self.every_s < float("inf"):
            raise BadScript(f"A script switches every {_SHORTEST_S:g} seconds at most, not every {self.every_s:g}.")
        if not self.doors or len(set(self.doors)) < len(self.doors) or not set(self.doors) <= set(DOORS):
            raise BadScript(f"A script's doors are some of {', '.join(DOORS)}, each once: not {list(self.doors)}.")
        if not 0 <= self.healthy < 1:
            raise BadScript(f"The healthy share of a script is 0 or more and less than 1, not {self.healthy:g}.")

    def episodes(self) -> Iterator[Episode]:
        """Return its episodes, without an end."""
        return episodes(self.seed, doors=self.doors, every_s=self.every_s, healthy=self.healthy)


def episodes(
    seed: int, *, doors: tuple[str, ...] = DOORS, every_s: float = EVERY_S, healthy: float = HEALTHY
) -> Iterator[Episode]:
    """
    Return what a script plays, without an end: the same for a seed on every machine and Python version.

    Episodes are drawn from a bag without looking; it holds each fault of the doors once and so many healthy episodes
    that they are the share *healthy*, and is filled again when it is empty. Each lasts from a half to one and a half
    times *every_s*, seconds.
    """
    random = Random(seed)  # noqa: S311 - no secret
    bag: list[tuple[str, KnownFault | None]] = []
    after_s = 0.0
    for number in itertools.count(1):
        bag = bag or _shuffled(_bag(doors, healthy), random)
        door, known = bag.pop()
        fault = Fault(known.name, _arguments(known, random)) if known else None
        for_s = round(every_s * (0.5 + random.random()), 3)
        yield Episode(number, door, fault, round(after_s, 3), for_s)
        after_s += for_s


def parse(text: str) -> Script:
    """
    Read a script from the command line: seed=7,every=30s,doors=web+sms,healthy=0.25.

    Raises:
        BadScript: It is not written like that.
    """
    wishes: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        wishes[name.strip()] = value.strip()
    if "every" in wishes:
        wishes["every_s"] = _seconds(str(wishes.pop("every")))
    if "doors" in wishes:
        wishes["doors"] = str(wishes["doors"]).split("+")
    return read(wishes)


def read(wishes: Mapping[str, object]) -> Script:
    """
    Read a script from JSON: {"seed": 7, "every_s": 30, "doors": ["web", "sms"], "healthy": 0.25}.

    Raises:
        BadScript: Something is missing, unknown or not of its kind.
    """
    unknown = sorted(set(wishes) - set(Script.__dataclass_fields__))
    if unknown:
        raise BadScript(f"A script has no {', '.join(unknown)}. {_FORM}")
    doors = wishes.get("doors", DOORS)
    if not isinstance(doors, list | tuple):
        raise BadScript(f"The doors of a script are a list, not {doors!r}.")
    return Script(
        seed=_whole(wishes.get("seed")),
        every_s=_number("every_s", wishes.get("every_s", EVERY_S)),
        doors=tuple(map(str, doors)),
        healthy=_number("healthy", wishes.get("healthy", HEALTHY)),
    )


def _bag(doors: tuple[str, ...], healthy: float) -> list[tuple[str, KnownFault | None]]:
    faults = [(door, fault) for door in doors for fault in KNOWN[door]]
    rests = round(len(faults) * healthy / (1 - healthy))
    return [*faults, *((doors[n % len(doors)], None) for n in range(rests))]


def _shuffled(bag: list[tuple[str, KnownFault | None]], random: Random) -> list[tuple[str, KnownFault | None]]:
    # Only random() gives the same numbers in every version of Python; shuffle() and choice() may change.
    for last in range(len(bag) - 1, 0, -1):
        other = int(random.random() * (last + 1))
        bag[last], bag[other] = bag[other], bag[last]
    return bag


def _arguments(known: KnownFault, random: Random) -> dict[str, float]:
    drawn = {name: values[int(random.random() * len(values))] for name, values in known.choices.items()}
    return {**known.defaults, **drawn}


def _seconds(text: str) -> float:
    duration = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text)
    if duration is None:
        raise BadScript(f"{text} is no duration. {_FORM}")
    return float(duration[1]) * _UNITS_S[duration[2]]


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise BadScript(f"A script needs a seed that is a whole number. {_FORM}") from None


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise BadScript(f"A script's {name} is a number, not {value!r}. {_FORM}") from None
