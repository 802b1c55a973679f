"""What can be read of a Python scenario without playing it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prober.errors import BadInput, Problem
from prober.loading.arguments import REST, UNREADABLE
from prober.loading.mistakes import Mistake
from prober.loading.nodes import Where
from prober.loading.speakers import too_many, written_call
from prober.loading.text_file import read_text, split_lines

_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class PythonFile:
    """A Python file and its syntax tree."""

    path: Path
    lines: tuple[str, ...]
    sha256: str
    tree: ast.Module

    def place(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> tuple[int, int]:
        """Return the line and column of *node*, both from 1; the tree itself counts bytes."""
        return self._place(node.lineno, node.col_offset)

    def end_of(self, node: ast.expr) -> tuple[int, int]:
        """Return the line and column just behind *node*."""
        return self._place(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _place(self, line: int, offset_bytes: int) -> tuple[int, int]:
        before = self.lines[line - 1].encode()[:offset_bytes]
        return line, len(before.decode(errors="replace")) + 1

    def problem(self, place: tuple[int, int], message: str, hint: str = "") -> Problem:
        """Return the problem that stands at *place*."""
        line, column = place
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Problem(self.path, line, column, message, hint, source)


def read_python(path: Path) -> PythonFile:
    """
    Return the file at *path*, parsed and not run.

    Raises:
        BadInput: It cannot be read, or is not Python.
    """
    text, sha256 = read_text(path, what="a scenario")
    lines = split_lines(text)
    empty = PythonFile(path, lines, sha256, ast.Module([], []))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PythonFile(path, lines, sha256, ast.parse(text, str(path)))
    except SyntaxError as exc:
        problem = empty.problem((exc.lineno or 1, exc.offset or 1), f"this is not Python: {exc.msg}")
        raise BadInput([problem]) from exc
    except (ValueError, RecursionError, MemoryError) as exc:
        raise BadInput([Problem(path, 0, 0, f"this is not Python: {exc}")]) from exc


@dataclass(frozen=True)
class Call:
    """One call of a speaker: `ivr.dial("10086")`, or `same([…])`."""

    node: ast.Call
    full_name: str
    awaited: bool

    @property
    def written(self) -> dict[str, Any]:
        """The step it stands for, with UNREADABLE where only playing it would tell."""
        values = [UNREADABLE if isinstance(arg, ast.Starred) else literal(arg) for arg in self.node.args]
        named = {one.arg or REST: literal(one.value) for one in self.node.keywords}
        return written_call(self.full_name, values, named)

    @property
    def mistakes(self) -> list[Mistake]:
        """What is wrong with the call as such."""
        found = []
        if len(self.node.args) > 1:
            found.append(too_many(self.full_name))
        if not self.awaited:
            found.append(
                Mistake(
                    (self.full_name,),
                    f"‘{self.full_name}’ is called but not awaited: it would never be played",
                    "write ‘await’ before it",
                    key=True,
                )
            )
        return found

    def place(self, file: PythonFile, where: Where, *, key: bool) -> tuple[int, int]:
        """Return the place of a part of the written step."""
        for keyword in self.node.keywords:
            if where and keyword.arg and keyword.arg.removesuffix("_") == where[0]:
                return file.place(keyword if key and len(where) == 1 else _inside(keyword.value, where[1:]))
        if self.node.args and not key:
            return file.place(_inside(self.node.args[0], where[1:]))
        if isinstance(self.node.func, ast.Attribute):
            line, column = file.end_of(self.node.func)
            return line, column - len(self.node.func.attr)
        return file.place(self.node.func)


@dataclass(frozen=True)
class Reading:
    """
    All the calls of one function, in the order of the text.

    *linear*: they are played in that order, each once at most. *whole*: there are no others, and all of them can be
    read; otherwise what is captured is not known before it is played.
    """

    calls: tuple[Call, ...]
    linear: bool
    whole: bool


def read_function(function: Function, channels: Sequence[str]) -> Reading:
    """Return the calls of *function*'s parameters; those among *channels* speak by their methods."""
    speakers = {one.arg for one in function.args.args}
    awaited = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Await)}
    calls: list[Call] = []
    heads: set[int] = set()
    for node in _in_order(function):
        if isinstance(node, ast.Call) and (found := _spoken(node, speakers, channels)):
            head, full_name = found
            heads.add(id(head))
            calls.append(Call(node, full_name, id(node) in awaited))
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id in speakers]
    readable = all(value is not UNREADABLE for call in calls for value in call.written.values())
    return Reading(
        calls=tuple(calls),
        linear=not any(isinstance(node, _LOOPS) for node in ast.walk(function) if node is not function),
        whole=readable and all(id(name) in heads for name in names),
    )


def _spoken(call: ast.Call, speakers: set[str], channels: Sequence[str]) -> tuple[ast.Name, str] | None:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name) as head, attr=verb) if name in speakers and name in channels:
            return head, f"{name}.{verb}"
        case ast.Name(id=name) as head if name in speakers and name not in channels:
            return head, name
        case _:
            return None


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
        yield child


def literal(node: ast.expr) -> Any:
    """Return the value of a literal; UNREADABLE for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return UNREADABLE


def _inside(node: ast.expr, where: Where) -> ast.expr:
    """Return the part of a literal that *where* leads to."""
    for step in where:
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
                node = next((value for key, value in pairs if literal(key) == step), node)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) if isinstance(step, int) and step < len(parts):
                node = parts[step]
    return node


def keywords(function: Function, decorator: str) -> Mapping[str, ast.expr]:
    """Return the keywords *function* is decorated with, by name."""
    for node in function.decorator_list:
        if isinstance(node, ast.Call) and _name(node.func) == decorator:
            return {one.arg: one.value for one in node.keywords if one.arg}
    return {}


def decorated(tree: ast.Module, decorator: str) -> Iterator[Function]:
    """Yield the functions of the file that are decorated with *decorator*."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
            if any(_name(mark) == decorator for mark in marks):
                yield node


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
