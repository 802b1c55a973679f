"""One YAML scenario file, read by itself: its header, and its steps with their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from prober.errors import BadInput, Problem
from prober.loading.arguments import Written, build, fields_of
from prober.loading.effects import EffectsSaid
from prober.loading.fields import Duration, Text, context, did_you_mean, refusal
from prober.loading.mistakes import Mistake
from prober.loading.nodes import Document, ListNode, MapNode, Node, ScalarNode, find, parse_yaml, plain, scalars
from prober.loading.robot_verbs import Name, Use
from prober.loading.vocabulary import Vocabulary
from prober.model.scenario import Effects, Source, Step


def _scenario_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise refusal(f"‘{name}’ is not a scenario's name: write letters, digits, ‘-’ and ‘_’")
    return name


def _some_time(seconds: float) -> float:
    if seconds == 0:
        raise refusal("within 0 s nothing can be played")
    return seconds


ScenarioName = Annotated[Text, AfterValidator(_scenario_name)]
Deadline = Annotated[Duration, AfterValidator(_some_time)]


@dataclass(frozen=True)
class Header:
    """What a scenario says of itself."""

    scenario: ScenarioName = field(metadata={"description": "its name, which no other scenario has"})
    title: Text = field(default="", metadata={"description": "what people read in reports; default: its name"})
    item: Text | None = field(default=None, metadata={"description": "the menu item or service it belongs to"})
    effects: EffectsSaid = field(
        default=Effects(),
        metadata={
            "description": "‘orders’, or {orders: 1, cost: 30.00元}: it orders something, is capped by day and never "
            "repeated by itself"
        },
    )
    matrix: dict[Text, tuple[Text, ...]] = field(
        default_factory=dict, metadata={"description": "facts of lines it is played for: {province: [北京, 上海]}"}
    )
    deadline: Deadline = field(default=300.0, metadata={"description": "how long the whole run may take"})
    let: dict[Name, Text] = field(default_factory=dict, metadata={"description": "texts with a name, for ${name}"})


HEADER = fields_of(Header)


@dataclass(frozen=True)
class Placed:
    """A step and the file it was written in; *step* is None where it holds a mistake."""

    document: Document
    node: Node
    step: Step | None

    @property
    def written(self) -> Mapping[str, Any]:
        """The step as it was written; empty where it is not even a mapping."""
        written = plain(self.node)
        return written if isinstance(written, dict) else {}

    def problem(self, spoken: str, message: str, hint: str = "") -> Problem:
        """Return the problem that stands where this step speaks of *spoken*."""
        return spoken_at(self.document, self.node, spoken, message, hint)

    @property
    def use(self) -> str | None:
        """The scenario whose steps stand in this one's place."""
        argument = self.step.action.argument if self.step else None
        return argument.scenario if isinstance(argument, Use) else None


@dataclass(frozen=True)
class Draft:
    """A scenario file before the steps it uses are put in; *header* is None where it holds a mistake."""

    document: Document
    header: Header | None
    name: str
    let: Mapping[str, str]
    steps: tuple[Placed, ...]


def spoken_at(document: Document, node: Node, spoken: str, message: str, hint: str = "") -> Problem:
    """Return the problem that stands where *spoken* is written in *node*."""
    for scalar in scalars(node):
        if scalar.text and spoken in scalar.text:
            line = document.lines[scalar.line - 1]
            column = line.find(spoken, scalar.column - 1) + 1
            return document.problem_at(scalar.line, column or scalar.column, message, hint)
    return document.problem(node, message, hint)


def read_draft(path: Path, vocabulary: Vocabulary, problems: list[Problem]) -> Draft | None:
    """Return what stands in the file at *path*, and add its mistakes to *problems*; None if nothing can be read."""
    try:
        document = parse_yaml(path, what="a scenario")
    except BadInput as bad:
        problems += bad.problems
        return None
    problems += document.problems
    if not document.whole:
        return None
    root = document.root
    if not isinstance(root, MapNode):
        problems.append(document.problem(root, "a scenario is a mapping", "begin with ‘scenario: name’"))
        return None
    header = _header(document, root, problems)
    steps = _steps(document, root, vocabulary, problems)
    raw = plain(root)
    name, let = raw.get("scenario"), raw.get("let")
    return Draft(
        document=document,
        header=header,
        name=name if isinstance(name, str) else "",
        let={key: text for key, text in let.items() if isinstance(text, str)} if isinstance(let, dict) else {},
        steps=steps,
    )


def tell(document: Document, node: Node, mistakes: list[Mistake]) -> list[Problem]:
    """Return the problems that *mistakes* made in *node* are, in their places."""
    found = []
    for mistake in mistakes:
        place = find(node, mistake.where, key=mistake.key)
        hint = mistake.hint or find(node, mistake.where).hint
        found.append(document.problem(place, mistake.message, hint))
    return found


def _header(document: Document, root: MapNode, problems: list[Problem]) -> Header | None:
    raw = plain(root)
    written = {key: Written(value, (key,)) for key, value in raw.items() if key in HEADER}
    header, found = build(Header, written, context(played=True))
    known = [*HEADER, "steps"]
    for key in raw.keys() - set(known):
        found.append(Mistake((key,), f"unknown key ‘{key}’", did_you_mean(key, known), key=True))
    if "scenario" not in raw:
        problems.append(
            document.problem(root, "‘scenario’ is missing", "give the scenario a name: scenario: my-scenario")
        )
    problems += tell(document, root, found)
    return header if isinstance(header, Header) else None


def _steps(document: Document, root: MapNode, vocabulary: Vocabulary, problems: list[Problem]) -> tuple[Placed, ...]:
    steps = root.values.get("steps")
    if steps is None:
        problems.append(
            document.problem(root, "‘steps’ is missing", "write ‘steps:’ and beneath it ‘  - channel.verb: argument’")
        )
        return ()
    if not isinstance(steps, ListNode) or not steps.parts:
        problems.append(document.problem(steps, "‘steps’ must be a list", "begin every step with ‘- ’"))
        return ()
    return tuple(_placed(document, node, vocabulary, problems) for node in steps.parts)


def _placed(document: Document, node: Node, vocabulary: Vocabulary, problems: list[Problem]) -> Placed:
    if not isinstance(node, MapNode) or not node.values:
        text = node.text if isinstance(node, ScalarNode) else None
        hint = f"write a colon behind it: ‘- {text}:’" if text in vocabulary.verbs else ""
        problems.append(document.problem(node, "a step is ‘channel.verb: argument’", hint))
        return Placed(document, node, None)
    step, found = vocabulary.step(plain(node))
    if step is not None and isinstance(step.action.argument, Use) and len(node.values) > 1:
        beside = list(node.values)[1]
        found.append(
            Mistake((beside,), "‘use’ takes nothing beside it", "write limits at the steps of that scenario", key=True)
        )
        step = None
    problems += tell(document, node, found)
    source = Source(document.path, node.line, node.column)
    return Placed(document, node, replace(step, source=source) if step else None)
