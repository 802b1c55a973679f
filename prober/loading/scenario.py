"""Scenario files -> Scenario: all the mistakes of all the files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from prober.errors import BadInput, Problem
from prober.loading import references
from prober.loading.fields import did_you_mean
from prober.loading.nodes import MapNode, plain, read_yaml
from prober.loading.python_scenario import read_scenarios
from prober.loading.robot_verbs import Let
from prober.loading.selection import YAML_ENDINGS, select
from prober.loading.text_file import unreadable_is_bad
from prober.loading.vocabulary import Vocabulary
from prober.loading.yaml_scenario import Draft, Placed, read_draft, spoken_at
from prober.model.scenario import Action, Ordering, Scenario
from prober.model.verb import ROBOT


@unreadable_is_bad()
def load_scenarios(paths: Iterable[Path], vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """
    Return every scenario in *paths*, files and folders, in the order of their names.

    Raises:
        BadInput: Every mistake in all of them at once; also if there is no scenario at all.
    """
    loading = _Loading(vocabulary)
    scenarios = loading.load(paths)
    if loading.problems:
        raise BadInput(list(dict.fromkeys(loading.problems)))
    return scenarios


class _Loading:
    """One load of many files, which may use each other's steps."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._drafts: dict[Path, Draft | None] = {}
        self.problems: list[Problem] = []

    def load(self, paths: Iterable[Path]) -> tuple[Scenario, ...]:
        files, problems = select(paths)
        self.problems += problems
        drafts = [self._draft(path) for path in files if path.suffix in YAML_ENDINGS]
        scenarios = [made for draft in drafts if draft and (made := self._scenario(draft))]
        for path in files:
            if path.suffix not in YAML_ENDINGS:
                scenarios += read_scenarios(path, self._vocabulary, self.problems)
        self._refuse_same_names(sorted(scenarios, key=lambda scenario: files.index(scenario.path)))
        return tuple(sorted(scenarios, key=lambda scenario: scenario.name))

    def _draft(self, path: Path) -> Draft | None:
        key = path.resolve()
        if key not in self._drafts:
            self._drafts[key] = None
            self._drafts[key] = read_draft(path, self._vocabulary, self.problems)
        return self._drafts[key]

    def _scenario(self, draft: Draft) -> Scenario | None:
        placed = self._spliced(draft, (draft,))
        header = draft.header
        self._check_references(draft, placed)
        if header is None:
            return None
        steps = tuple(one.step for one in placed if one.step is not None)
        return Scenario(
            name=header.scenario,
            title=header.title or header.scenario,
            path=draft.document.path,
            sha256=_sha256(draft, placed),
            channels=tuple(dict.fromkeys(step.action.channel for step in steps if step.action.channel != ROBOT)),
            steps=steps,
            item=header.item,
            effects=header.effects,
            deadline_s=header.deadline,
            let=header.let,
            matrix=header.matrix,
            secrets=references.secrets([header.let, *(one.written for one in placed)]),
        )

    def _spliced(self, draft: Draft, within: tuple[Draft, ...]) -> list[Placed]:
        """Return the steps of *draft* with those of the scenarios it uses in their places."""
        steps: list[Placed] = []
        for placed in draft.steps:
            if placed.use is None:
                steps.append(placed)
                continue
            used = self._used(placed, placed.use)
            if used is None:
                continue
            if used in within:
                way = " → ".join(one.name for one in (*within[within.index(used) :], used))
                self.problems.append(placed.problem(placed.use, f"these scenarios use each other: {way}"))
                continue
            self._check_effects(placed, used, draft)
            steps += _its_let(placed, used)
            steps += self._spliced(used, (*within, used))
        return steps

    def _used(self, placed: Placed, wanted: str) -> Draft | None:
        folder = placed.document.path.parent
        if wanted.endswith(".py"):
            self.problems.append(placed.problem(wanted, "‘use’ takes YAML scenarios only"))
            return None
        if wanted.endswith(YAML_ENDINGS):
            if (folder / wanted).is_file():
                return self._draft(folder / wanted)
            self.problems.append(placed.problem(wanted, f"there is no file ‘{wanted}’", f"looked for in {folder}"))
            return None
        names = self._names(folder)
        if wanted in names:
            return self._draft(names[wanted])
        message = f"there is no scenario ‘{wanted}’"
        self.problems.append(placed.problem(wanted, message, did_you_mean(wanted, names) or f"looked for in {folder}"))
        return None

    def _names(self, folder: Path) -> dict[str, Path]:
        """Return the scenarios that can be used by name: all that are loaded, and those of the same folder."""
        names = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in YAML_ENDINGS and (name := _name_in(path)):
                names[name] = path
        return names | {draft.name: draft.document.path for draft in self._drafts.values() if draft and draft.name}

    def _check_effects(self, placed: Placed, used: Draft, outer: Draft) -> None:
        if not used.header or not outer.header or placed.use is None:
            return
        orders = used.header.effects.orders
        if orders > outer.header.effects.orders:
            hint = f"write ‘effects: {'orders' if orders == 1 else f'{{orders: {orders}}}'}’ in this scenario too"
            self.problems.append(placed.problem(placed.use, f"‘{used.name}’ changes something at the operator", hint))

    def _check_references(self, draft: Draft, placed: Sequence[Placed]) -> None:
        for one in references.unknown(draft.let, [step.written for step in placed]):
            if one.index >= 0:
                self.problems.append(placed[one.index].problem(one.spoken, one.message, one.hint))
            else:
                document = draft.document
                self.problems.append(spoken_at(document, document.root, one.spoken, one.message, one.hint))

    def _refuse_same_names(self, scenarios: Sequence[Scenario]) -> None:
        first: dict[str, Scenario] = {}
        for scenario in scenarios:
            other = first.setdefault(scenario.name, scenario)
            if other is not scenario:
                self.problems.append(self._name_taken(scenario, other))

    def _name_taken(self, scenario: Scenario, other: Scenario) -> Problem:
        message = f"the name ‘{scenario.name}’ is taken"
        hint = f"by {other.path}"
        draft = self._drafts.get(scenario.path.resolve())
        if draft is None or not isinstance(draft.document.root, MapNode):
            return Problem(scenario.path, 0, 0, message, hint)
        return draft.document.problem(draft.document.root.values["scenario"], message, hint)


def _its_let(placed: Placed, used: Draft) -> list[Placed]:
    """Return the used scenario's own `let` as a step, where it has one."""
    let = used.header.let if used.header else {}
    if not let or placed.step is None or not isinstance(used.document.root, MapNode):
        return []
    step = replace(
        placed.step,
        action=Action(ROBOT, "let", Let(dict(let)), ordering=Ordering.NEITHER),
        name=f"let {', '.join(let)}",
    )
    keys, values = used.document.root.keys, used.document.root.values
    let_key = keys["let"]
    node = MapNode(let_key.line, let_key.column, keys={"let": let_key}, values={"let": values["let"]})
    return [Placed(used.document, node, step)]


def _name_in(path: Path) -> str:
    try:
        name = plain(read_yaml(path, what="a scenario").root)
    except BadInput:
        return ""
    return str(name.get("scenario") or "") if isinstance(name, dict) else ""


def _sha256(draft: Draft, placed: Sequence[Placed]) -> str:
    """Return the hash of the scenario's file, or of all the files where it uses others."""
    files = dict.fromkeys([draft.document.sha256, *(one.document.sha256 for one in placed)])
    if len(files) == 1:
        return draft.document.sha256
    return hashlib.sha256("\n".join(files).encode()).hexdigest()
