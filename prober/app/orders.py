"""What is to be played: scenarios, each with the lines that can play it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from prober.errors import BadInput, Problem
from prober.loading.config import Settings
from prober.loading.fields import did_you_mean
from prober.loading.templates import references
from prober.model.line import Line
from prober.model.run import Phase
from prober.model.scenario import Scenario


@dataclass(frozen=True)
class Order:
    """
    What is to be played: a scenario, for one of some lines; *facts* is the combination of its matrix they have.

    *planned_at* is when it was to begin, if somebody planned it; *probe* is on whose schedule. *first*: a person waits
    for it, so it gets a line before the schedule does.
    """

    scenario: Scenario
    lines: Sequence[Line]
    phase: Phase | None = None
    attempt: int = 1
    facts: Mapping[str, str] = field(default_factory=dict)
    probe: str | None = None
    planned_at: datetime | None = None
    first: bool = False


def orders(
    settings: Settings,
    scenarios: Sequence[Scenario],
    *,
    lines: Sequence[str] = (),
    phase: Phase | None = None,
    facts: Facts | None = None,
) -> list[Order]:
    """
    Return the orders for *scenarios*, on the lines called *lines*, or on any that has all that is spoken of.

    A scenario with a matrix is ordered once for each combination of facts, on the lines that have them. *facts* narrows
    lines and combinations: of each fact named, only the values given.

    Raises:
        BadInput: There is no such line, a channel is not set up, or no line has a fact or secret that is spoken of.
    """
    problems = [
        Problem(settings.path, 0, 0, f"there is no line called ‘{name}’", did_you_mean(name, _names(settings.lines)))
        for name in lines
        if name not in _names(settings.lines)
    ]
    only = facts or {}
    chosen = [line for line in settings.lines if (not lines or line.name in lines) and _has(line, only)]
    if not chosen and not problems:
        problems.append(Problem(settings.path, 0, 0, *_nobody(settings, only)))
    found = []
    for scenario in scenarios:
        problems += _not_set_up(settings, scenario)
        for combination in combinations(scenario.matrix, only):
            fitting = [line for line in chosen if all(line.fact(name) == said for name, said in combination.items())]
            able, lacking = _able(fitting, scenario)
            if (lines and len(able) < len(fitting)) or (chosen and not able):
                told = "; ".join(lacking) or f"no line has {whom(combination)}"
                problems.append(Problem(scenario.path, 0, 0, f"‘{scenario.name}’ cannot be played: {told}", _GIVE))
            found.append(Order(scenario, able, phase, facts=combination))
    if scenarios and not found and not problems:
        what = "no combination of a matrix has what --matrix asks for"
        problems.append(Problem(settings.path, 0, 0, what, "name values that the scenarios' ‘matrix’ has"))
    if problems:
        raise BadInput(problems)
    return found


Facts = Mapping[str, Sequence[str]]
"""Facts of lines with the values that are asked for."""

_GIVE = "give the line that fact, or that secret under ‘secrets:’, in config.yaml"


def _names(lines: Sequence[Line]) -> list[str]:
    return [line.name for line in lines]


def _not_set_up(settings: Settings, scenario: Scenario) -> list[Problem]:
    missing = [name for name in scenario.channels if name not in settings.channels]
    what = f"‘{scenario.name}’ speaks on {', '.join(missing)}, which config.yaml does not set up"
    return [Problem(settings.path, 0, 0, what, "add it under ‘channels:’")] if missing else []


def whom(facts: Mapping[str, str]) -> str:
    """Return a combination of facts as a person reads it: `brand 全球通, province 北京`."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _nobody(settings: Settings, only: Facts) -> tuple[str, str]:
    """Return what to say where no line is left, and what to do about it."""
    for name, values in only.items():
        known = {said for line in settings.lines if (said := line.fact(name)) is not None}
        if not known.intersection(values):
            return f"no line has {name} {' or '.join(values)}", did_you_mean(values[0], known) or _GIVE
    return "there is no line to play on", "name a test customer in ‘lines:’, or ask for less at once"


def _has(line: Line, only: Facts) -> bool:
    return all(line.fact(name) in values for name, values in only.items())


def combinations(matrix: Facts, only: Facts | None = None) -> list[dict[str, str]]:
    """Return every combination of *matrix* that *only* leaves; an empty matrix asks for nothing, once."""
    only = only or {}
    narrowed = {name: [said for said in values if said in only.get(name, values)] for name, values in matrix.items()}
    return [dict(zip(narrowed, values, strict=True)) for values in product(*narrowed.values())]


def _able(lines: Sequence[Line], scenario: Scenario) -> tuple[list[Line], list[str]]:
    """Return which of *lines* have all that *scenario* speaks of, and what the others lack."""
    lacking = {line.name: _lacks(line, scenario) for line in lines}
    told = [f"line {name} has no {', '.join(lack)}" for name, lack in lacking.items() if lack]
    return [line for line in lines if not lacking[line.name]], told


def _lacks(line: Line, scenario: Scenario) -> list[str]:
    """Return what *scenario* speaks of and *line* does not have."""
    spoken = dict.fromkeys(
        name for part in (scenario.let, *(step.action.argument for step in scenario.steps)) for name in references(part)
    )
    facts = [name for name in spoken if name.startswith("line.") and line.fact(name.removeprefix("line.")) is None]
    return facts + [f"secret.{name}" for name in scenario.secrets if name not in line.secrets]
