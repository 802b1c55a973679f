"""
YAML as the person typed it: every scalar a text, every key and value with its line and column.

The node tree is read before YAML resolves any type, so `0123`, `1e3`, `no` and `12:30` stay themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import nodes as ruamel
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from prober.errors import BadInput, Problem
from prober.loading import yaml_traps as traps
from prober.loading.text_file import read_text, split_lines


@dataclass(frozen=True)
class Node:
    """A value and where it stands. *hint* says what YAML may have taken away from it."""

    line: int
    column: int
    hint: str = ""


@dataclass(frozen=True)
class ScalarNode(Node):
    """A text as it was typed; None where nothing stands behind the colon or dash."""

    text: str | None = None


@dataclass(frozen=True)
class ListNode(Node):
    """A list."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class MapNode(Node):
    """A mapping; the keys are kept as nodes beside their values."""

    keys: Mapping[str, ScalarNode] = field(default_factory=dict)
    values: Mapping[str, Node] = field(default_factory=dict)


Where = tuple[str | int, ...]
"""The way from a node to one of its parts: keys and indexes."""


@dataclass(frozen=True)
class Document:
    """One YAML file."""

    path: Path
    lines: tuple[str, ...]
    sha256: str
    root: Node
    problems: tuple[Problem, ...] = ()
    """What is YAML and yet not allowed here: a key twice, anchors, tags, texts that a comment cut off."""
    whole: bool = True
    """False if an alias leads to a list or mapping: the alias's place is empty, and looking further would mislead."""

    def problem(self, node: Node, message: str, hint: str = "") -> Problem:
        """Return the problem that stands at *node*."""
        return self.problem_at(node.line, node.column, message, hint or node.hint)

    def problem_at(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        """Return the problem that stands at *line* and *column*, with the line's own text."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Problem(self.path, line, column, message, hint, source)


def plain(node: Node) -> Any:
    """Return what *node* holds as text, None, list and dict."""
    match node:
        case ScalarNode():
            return node.text
        case ListNode():
            return [plain(part) for part in node.parts]
        case MapNode():
            return {key: plain(value) for key, value in node.values.items()}
        case _:
            raise TypeError(f"no such node: {node!r}")


def find(node: Node, where: Where, *, key: bool = False) -> Node:
    """
    Return the part of *node* that *where* leads to, or the nearest one on the way there.

    What does not exist in the file (a type's own name in a validator's path) is passed over. With *key*, the key of
    the last step is meant instead of its value.
    """
    found = node
    for position, step in enumerate(where, start=1):
        if isinstance(node, MapNode) and step in node.values:
            found = node.keys[str(step)] if key and position == len(where) else node.values[str(step)]
            node = node.values[str(step)]
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.parts):
            found = node = node.parts[step]
    return found


def leads_on(node: Node, where: Where) -> bool:
    """Return whether *where* leads to a part of *node*."""
    for step in where:
        if isinstance(node, MapNode) and step in node.values:
            node = node.values[str(step)]
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.parts):
            node = node.parts[step]
        else:
            return False
    return True


def scalars(node: Node) -> Iterator[ScalarNode]:
    """Yield every scalar value in *node*, in the order of the file; keys too."""
    match node:
        case ScalarNode():
            yield node
        case ListNode():
            for part in node.parts:
                yield from scalars(part)
        case MapNode():
            for key, value in node.values.items():
                yield node.keys[key]
                yield from scalars(value)


def read_yaml(path: Path, *, what: str) -> Document:
    """
    Return the node tree of a YAML file that has no problems; *what* it is goes into the messages.

    Raises:
        BadInput: It cannot be read, is not YAML, or holds what is not allowed here.
    """
    document = parse_yaml(path, what=what)
    if document.problems:
        raise BadInput(document.problems)
    return document


def parse_yaml(path: Path, *, what: str, only: Collection[str] = ()) -> Document:
    """
    Return the node tree of a YAML file with its problems, for those who look for more of them.

    If *only* some keys are named, nothing else of the outermost mapping is there, nor any problem in it.

    Raises:
        BadInput: It cannot be read, or is not YAML. What is wrong with single values is in the document's *problems*.
    """
    text, sha256 = read_text(path, what=what)
    return _parsed(text, path, sha256=sha256, what=what, only=only)


def read_value(text: str) -> Any:
    """
    Return the value *text* is in YAML: text, None, list and dict.

    Raises:
        BadInput: It is not YAML, or holds what is not allowed here.
    """
    document = _parsed(text, Path(), sha256="", what="a value")
    if document.problems:
        raise BadInput(document.problems)
    return plain(document.root)


def _parsed(text: str, path: Path, *, sha256: str, what: str, only: Collection[str] = ()) -> Document:
    lines = split_lines(text)
    blank = Document(path, lines, sha256, ScalarNode(1, 1))
    root = _compose(text, blank)
    if root is None:
        raise BadInput([Problem(path, 0, 0, f"this file is empty: {what} was expected")])
    if only and isinstance(root, ruamel.MappingNode):
        root.value = [(key, value) for key, value in root.value if key.value in only]
    reader = _Reader(blank)
    tree = reader.node(root)
    return Document(path, lines, sha256, tree, tuple(reader.problems), reader.whole)


def _compose(text: str, document: Document) -> ruamel.Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    try:
        root: ruamel.Node | None = yaml.compose(text)
    except MarkedYAMLError as exc:
        trap = traps.explain(exc, document.lines)
        raise BadInput([document.problem_at(trap.line, trap.column, trap.message, trap.hint)]) from exc
    except ReaderError as exc:
        before = split_lines(text[: exc.position])
        message = f"the character U+{exc.character:04X} is not allowed in YAML"
        raise BadInput([document.problem_at(len(before), len(before[-1]) + 1, message)]) from exc
    except RecursionError as exc:
        raise BadInput([Problem(document.path, 0, 0, "this file is nested too deeply")]) from exc
    except YAMLError as exc:
        raise BadInput([Problem(document.path, 0, 0, f"this is not YAML: {exc}")]) from exc
    return root


class _Reader:
    """Turns ruamel's nodes into ours and notes what is not allowed."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: set[int] = set()
        self.problems: list[Problem] = []
        self.whole = True

    def node(self, yaml: ruamel.Node) -> Node:
        place = (yaml.start_mark.line + 1, yaml.start_mark.column + 1)
        self._refuse_specials(yaml, place)
        match yaml:
            case ruamel.ScalarNode():
                return self._scalar(yaml, place)
            case _ if id(yaml) in self._seen:  # an alias: it may lead back into itself, or multiply without end
                self.whole = False
                return ScalarNode(*place)
        self._seen.add(id(yaml))
        match yaml:
            case ruamel.SequenceNode():
                return ListNode(*place, parts=tuple(self.node(part) for part in yaml.value))
            case ruamel.MappingNode():
                return self._mapping(yaml, place)
            case _:
                raise TypeError(f"ruamel has no such node: {yaml!r}")

    def _refuse_specials(self, yaml: ruamel.Node, place: tuple[int, int]) -> None:
        if yaml.anchor:
            self._note(place, "anchors and aliases (& and *) are not used in these files", traps.QUOTE)
        elif self._line(place[0])[place[1] - 1 :].startswith("!"):
            self._note(place, "tags (!) are not used in these files", traps.QUOTE)

    def _scalar(self, yaml: ruamel.ScalarNode, place: tuple[int, int]) -> ScalarNode:
        if yaml.style is not None:
            return ScalarNode(*place, text=str(yaml.value))
        rest = self._line(yaml.end_mark.line + 1)[yaml.end_mark.column :]
        if yaml.value and (hint := traps.swallowed(yaml.value, rest)):
            self._note(place, f"only ‘{yaml.value}’ is left of this text", hint)
        return ScalarNode(*place, text=str(yaml.value) or None)

    def _mapping(self, yaml: ruamel.MappingNode, place: tuple[int, int]) -> MapNode:
        keys: dict[str, ScalarNode] = {}
        values: dict[str, Node] = {}
        for yaml_key, yaml_value in yaml.value:
            key = self.node(yaml_key)
            if not isinstance(key, ScalarNode) or key.text is None:
                self._note((key.line, key.column), "a key must be a text", "put { } and [ ] in quotes")
            elif key.text in keys:
                first = keys[key.text].line
                self._note((key.line, key.column), f"the key ‘{key.text}’ stands here twice", f"first in line {first}")
            else:
                keys[key.text] = key
                values[key.text] = self._value(yaml_value, key, yaml_key.end_mark.column)
        return MapNode(*place, keys=keys, values=values)

    def _value(self, yaml: ruamel.Node, key: ScalarNode, key_end: int) -> Node:
        value = self.node(yaml)
        if value != ScalarNode(value.line, value.column):
            return value
        # An empty value has YAML's next token for its place: it belongs to its key.
        return ScalarNode(key.line, key.column, traps.comment_for_value(self._line(key.line)[key_end:]))

    def _line(self, line: int) -> str:
        return self._document.lines[line - 1] if line <= len(self._document.lines) else ""

    def _note(self, place: Sequence[int], message: str, hint: str) -> None:
        problem = self._document.problem_at(place[0], place[1], message, hint)
        if problem not in self.problems:  # an alias leads to its anchor's node again
            self.problems.append(problem)
