"""config.yaml's `probes:` and the scenarios they name -> Probes; every mistake at once, in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prober.app.config_problems import ConfigProblems
from prober.app.orders import Order, orders, whom
from prober.errors import BadInput
from prober.loading.config import Settings
from prober.loading.config_service import ProbeSettings
from prober.loading.fields import did_you_mean
from prober.loading.nodes import Where
from prober.model.probe import Probe, Schedule
from prober.model.scenario import Scenario
from prober.scheduler import Timetable

_SHORTEST_GRACE_S = 0.1
"""Claiming a start alone may take so long."""


def probes(settings: Settings, scenarios: Iterable[Scenario]) -> tuple[Probe, ...]:
    """
    Return the probes of *settings*: one for each combination of its scenario's matrix, with the lines that can play it.

    Raises:
        BadInput: Every mistake in them, where config.yaml has it.
    """
    by_name = {scenario.name: scenario for scenario in scenarios}
    reading = _Reading(settings, by_name, ConfigProblems(settings.path))
    found = [probe for index, said in enumerate(settings.probes) for probe in reading.probes(index, said)]
    if reading.problems.found:
        raise BadInput(list(dict.fromkeys(reading.problems.found)))
    return tuple(found)


@dataclass
class _Reading:
    """One reading of all probes."""

    settings: Settings
    scenarios: Mapping[str, Scenario]
    problems: ConfigProblems
    _names: set[str] = field(default_factory=set)
    _ordered: dict[object, list[Order]] = field(default_factory=dict)

    def probes(self, index: int, said: ProbeSettings) -> list[Probe]:
        """Return the probes of one entry; what is wrong with it is noted."""
        if said.name in self._names:
            self._note(index, ("name",), f"there are two probes called ‘{said.name}’", "give each a name of its own")
        self._names.add(said.name)
        self._look_at_grace(index, said)
        scenario = self.scenarios.get(said.scenario)
        if scenario is None:
            hint = did_you_mean(said.scenario, self.scenarios) or f"there are: {', '.join(sorted(self.scenarios))}"
            self._note(index, ("scenario",), f"there is no scenario called ‘{said.scenario}’", hint)
        if not self._names_are_known(index, said, scenario) or scenario is None:
            return []
        return [_probe(said, order) for order in self._orders(index, said, scenario)]

    def _look_at_grace(self, index: int, said: ProbeSettings) -> None:
        period_s = Timetable(said.name, _schedule(said)).period_s(datetime.now(UTC))
        if said.grace < _SHORTEST_GRACE_S:
            what = f"‘grace’ is so short that no start of ‘{said.name}’ would ever be in time"
            self._note(index, ("grace",), what, "write 1s or more")
        if "grace" in said.model_fields_set and said.grace > period_s:
            what = f"‘grace’ is longer than the {period_s:g} s between two starts of ‘{said.name}’"
            self._note(
                index, ("grace",), what, f"write {period_s:g}s or less: a start is missed when the next one is due"
            )

    def _names_are_known(self, index: int, said: ProbeSettings, scenario: Scenario | None) -> bool:
        before = len(self.problems.found)
        known = [line.name for line in self.settings.lines]
        for position, name in enumerate(said.lines):
            if name not in known:
                self._note(index, ("lines", position), f"there is no line called ‘{name}’", did_you_mean(name, known))
        if scenario is not None:
            for fact, values in said.matrix.items():
                self._look_at_matrix(index, fact, values, scenario)
        return len(self.problems.found) == before

    def _look_at_matrix(self, index: int, fact: str, values: Sequence[str], scenario: Scenario) -> None:
        if fact not in scenario.matrix:
            what = f"the matrix of ‘{scenario.name}’ has no ‘{fact}’"
            self._note(index, ("matrix", fact), what, did_you_mean(fact, scenario.matrix) or _MATRIX)
            return
        for position, value in enumerate(values):
            if value not in scenario.matrix[fact]:
                what = f"the matrix of ‘{scenario.name}’ has no {fact} ‘{value}’"
                hint = did_you_mean(value, scenario.matrix[fact]) or f"it has: {', '.join(scenario.matrix[fact])}"
                self._note(index, ("matrix", fact, position), what, hint)

    def _orders(self, index: int, said: ProbeSettings, scenario: Scenario) -> list[Order]:
        """Return the combinations with their lines. Thousands of probes may ask for the same."""
        key = (scenario.name, said.lines, tuple((name, values) for name, values in said.matrix.items()))
        if key not in self._ordered:
            try:
                self._ordered[key] = orders(self.settings, [scenario], lines=said.lines, facts=said.matrix)
            except BadInput as bad:
                for problem in bad.problems:
                    self._note(index, ("scenario",), problem.message, problem.hint)
                return []
        return self._ordered[key]

    def _note(self, index: int, where: Where, message: str, hint: str) -> None:
        self.problems.note(("probes", index), where, message, hint)


_MATRIX = "name facts that the scenario's ‘matrix’ has"


def _schedule(said: ProbeSettings) -> Schedule:
    return Schedule(said.every, said.cron or "", said.timezone)


def _probe(said: ProbeSettings, order: Order) -> Probe:
    return Probe(
        name=f"{said.name}[{whom(order.facts)}]" if order.facts else said.name,
        scenario=order.scenario,
        schedule=_schedule(said),
        lines=tuple(order.lines),
        facts=order.facts,
        grace_s=min(said.grace, said.every) if said.every else said.grace,
        after=said.after,
        recover=said.recover,
        severity=said.severity,
        team=said.team,
        objective=said.objective,
        window_s=said.window,
    )
