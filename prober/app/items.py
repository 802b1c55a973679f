"""config.yaml's `items:` and the scenarios that judge them -> Items; every mistake at once, in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prober.app.config_problems import ConfigProblems
from prober.app.orders import combinations
from prober.errors import NO_FILE, BadInput, Problem
from prober.judge.gate.checks import CONFIDENCE
from prober.judge.gate.proportions import flawless
from prober.loading.config import Settings
from prober.loading.config_items import GateSettings, ItemSettings
from prober.loading.fields import did_you_mean
from prober.loading.nodes import Where
from prober.model.item import Budget, Item, Terms
from prober.model.scenario import Scenario


def items(settings: Settings, scenarios: Iterable[Scenario]) -> tuple[Item, ...]:
    """
    Return the items of *settings*, with those of *scenarios* that judge them.

    Raises:
        BadInput: Every mistake in them, where config.yaml has it.
    """
    by_name = {scenario.name: scenario for scenario in scenarios}
    reading = _Reading(settings.items, by_name, ConfigProblems(settings.path))
    found = tuple(reading.item(index, said) for index, said in enumerate(settings.items))
    if reading.problems.found:
        raise BadInput(list(dict.fromkeys(reading.problems.found)))
    return found


def item_called(name: str, found: Sequence[Item], settings: Settings) -> Item:
    """
    Return the item called *name*.

    Raises:
        BadInput: There is none.
    """
    item = next((one for one in found if one.name == name), None)
    if item is None:
        hint = did_you_mean(name, [one.name for one in found]) or f"add it under ‘items:’ in {settings.path.name}"
        raise BadInput([Problem(NO_FILE, 0, 0, f"there is no item called ‘{name}’", hint)])
    return item


@dataclass
class _Reading:
    """One reading of all items."""

    said: Sequence[ItemSettings]
    scenarios: Mapping[str, Scenario]
    problems: ConfigProblems

    def item(self, index: int, said: ItemSettings) -> Item:
        """Return the item of one entry; what is wrong with it is noted."""
        if any(other.name == said.name for other in self.said[:index]):
            self._note(index, ("name",), f"there are two items called ‘{said.name}’", "give each a name of its own")
        judging = self._scenarios(index, said)
        self._look_at_channels(index, said, judging)
        self._look_at_limits(index, said, judging)
        self._look_at_runs(index, said)
        self._look_at_gate(index, said)
        spoken = dict.fromkeys(channel for one in judging for channel in one.channels)
        return Item(
            name=said.name,
            title=said.title or said.name,
            owner=said.owner,
            channels=said.channels or tuple(spoken),
            scenarios=tuple(one.name for one in judging),
            reference={str(channel): text for channel, text in said.reference.items()},
            budget=Budget(said.budget.keys, said.budget.clicks, said.budget.messages, said.budget.time),
            limits=said.limits,
            terms=_terms(said.gate, said.reviews),
        )

    def _scenarios(self, index: int, said: ItemSettings) -> list[Scenario]:
        for position, name in enumerate(said.scenarios or ()):
            if name not in self.scenarios:
                hint = did_you_mean(name, self.scenarios) or f"there are: {', '.join(sorted(self.scenarios))}"
                self._note(index, ("scenarios", position), f"there is no scenario called ‘{name}’", hint)
        return self._named(said)

    def _named(self, said: ItemSettings) -> list[Scenario]:
        """Return the scenarios that judge an item: those it names, or that name it."""
        if said.scenarios is None:
            return [one for one in self.scenarios.values() if one.item == said.name]
        return [self.scenarios[name] for name in dict.fromkeys(said.scenarios) if name in self.scenarios]

    def _look_at_channels(self, index: int, said: ItemSettings, judging: Sequence[Scenario]) -> None:
        for position, channel in enumerate(said.channels):
            if judging and not any(channel in one.channels for one in judging):
                what = f"‘{said.name}’ is offered on {channel}, where none of its scenarios asks anything"
                self._note(index, ("channels", position), what, "add a scenario that does, or leave the channel out")

    def _look_at_limits(self, index: int, said: ItemSettings, judging: Sequence[Scenario]) -> None:
        if any(one.play for one in judging):
            return  # a Python scenario may have steps that nobody can read from its text
        names = [step.name for one in judging for step in one.steps]
        for name in said.limits:
            if judging and name not in names:
                what = f"no scenario of ‘{said.name}’ has a step called ‘{name}’"
                self._note(index, ("limits", name), what, did_you_mean(name, names))

    def _look_at_runs(self, index: int, said: ItemSettings) -> None:
        for one in self._named(said):
            if (many := len(combinations(one.matrix))) > said.gate.runs:
                what = f"‘{one.name}’ has {many} combinations, and ‘runs’ is {said.gate.runs}: not all would be played"
                self._note(index, ("gate", "runs"), what, "allow more runs, or judge by a smaller matrix")

    def _look_at_gate(self, index: int, said: ItemSettings) -> None:
        for key, floor in (("success", said.gate.success), ("in_time", said.gate.in_time)):
            wanted = flawless(floor, CONFIDENCE)
            if wanted is None or wanted > said.gate.runs:
                what = f"‘{key}: {floor:g}’ takes {wanted} runs without a failure, and ‘runs’ is {said.gate.runs}"
                self._note(index, ("gate", key), what, "allow more runs, or ask for less")
        names = [one.name for one in self.said if one is not said]
        control = next((one for one in self.said if one.name == said.gate.control and one is not said), None)
        if control is not None:
            judging = {scenario.name for scenario in self._named(control)}
            if both := judging & {scenario.name for scenario in self._named(said)}:
                what = f"‘{control.name}’ is judged by {', '.join(sorted(both))} as well: nothing would be controlled"
                self._note(index, ("gate", "control"), what, "name an item with scenarios of its own")
            elif not judging:
                what = f"‘{control.name}’ has no scenario that could be played beside"
                self._note(index, ("gate", "control"), what, "name an item that has some")
        if said.gate.control and said.gate.control not in names:
            what = f"there is no other item called ‘{said.gate.control}’ to control by"
            self._note(index, ("gate", "control"), what, did_you_mean(said.gate.control, names))

    def _note(self, index: int, where: Where, message: str, hint: str) -> None:
        self.problems.note(("items", index), where, message, hint)


def _terms(said: GateSettings, reviews: int) -> Terms:
    return Terms(
        success=said.success,
        in_time=said.in_time,
        margin=said.margin,
        p50_ratio=said.p50,
        p90_ratio=said.p90,
        faults=said.faults,
        runs=said.runs,
        time_s=said.time,
        fresh_s=said.fresh,
        reviews=reviews,
        reviewed_s=said.reviewed,
        control=said.control,
    )
