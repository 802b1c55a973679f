"""Scenarios written in Python: the decorator, and the reading of a file of them."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from prober.errors import BadInput, Problem
from prober.loading import references
from prober.loading.arguments import Written, build
from prober.loading.fields import context, did_you_mean
from prober.loading.python_source import (
    Call,
    Function,
    PythonFile,
    Reading,
    decorated,
    keywords,
    read_function,
    read_python,
)
from prober.loading.speakers import Speaker
from prober.loading.vocabulary import Vocabulary
from prober.loading.yaml_scenario import Header
from prober.model.scenario import PlayStep, Scenario, Source, Step

ROBOT_PARAMETERS = ("same", "wait", "let", "ask")
_DECORATOR = "scenario"
_MARK = "mark an async function with @scenario(...), from prober import scenario"

Body = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Declared:
    """A function marked with `@scenario`, and what its decorator says."""

    function: Body
    says: dict[str, Any]


def scenario(
    *,
    item: str | None = None,
    title: str | None = None,
    effects: str | Mapping[str, str | int] | None = None,
    matrix: Mapping[str, Sequence[str]] | None = None,
    deadline: str | None = None,
    name: str | None = None,
) -> Callable[[Body], Declared]:
    """
    Mark an async function as a scenario. Its parameters are what it speaks through: ivr, web, sms, same, wait, let,
    ask.

    *name* is the function's own with dashes, unless given. *effects* is "none", "orders", or such as
    {"orders": 1, "cost": "30.00元"}; *matrix* such as {"province": ["北京", "上海"]}; *deadline* such as "5m".
    """
    given = {
        "item": item,
        "title": title,
        "effects": effects,
        "matrix": matrix,
        "deadline": deadline,
        "scenario": name,
    }
    says = {key: value for key, value in given.items() if value is not None}

    def mark(function: Body) -> Declared:
        own_name = getattr(function, "__name__", "").replace("_", "-")
        return Declared(function, {"scenario": own_name, **says})

    return mark


def read_scenarios(path: Path, vocabulary: Vocabulary, problems: list[Problem]) -> list[Scenario]:
    """Return the scenarios in the Python file at *path*, which is run for it; its mistakes go into *problems*."""
    try:
        file = read_python(path)
        readings = {
            _first_line(function): _Reader(file, function, vocabulary) for function in decorated(file.tree, _DECORATOR)
        }
        problems += [problem for reader in readings.values() for problem in reader.problems]
        declared = _run(file)
    except BadInput as bad:
        problems += bad.problems
        return []
    if not readings:
        problems.append(Problem(path, 0, 0, "there is no scenario in this file", _MARK))
    own = {_line(one, file): one for one in declared if _line(one, file)}
    for line in own.keys() ^ readings.keys():
        # Never passed over in silence: a scenario that is not played looks like one that passed.
        lost = "a scenario of the same name below takes its place" if line in readings else "only @scenario marks one"
        problems.append(file.problem((line, 1), f"this scenario would never be played: {lost}"))
    both = [(readings[line], own[line]) for line in own if line in readings]
    return [made for reader, one in both if (made := reader.scenario(one, problems))]


def _line(declared: Declared, file: PythonFile) -> int:
    """Return the line where a scenario of this file begins; 0 for one that was imported from another."""
    code = getattr(declared.function, "__code__", None)
    return code.co_firstlineno if code and code.co_filename == str(file.path) else 0


def _first_line(function: Function) -> int:
    return min(node.lineno for node in function.decorator_list)


def _run(file: PythonFile) -> list[Declared]:
    """Run the file as a module and return what it declares, in order."""
    digest = hashlib.sha256(str(file.path.resolve()).encode()).hexdigest()[:12]
    module = ModuleType(f"prober_scenario_{digest}")
    module.__file__ = str(file.path)
    sys.modules[module.__name__] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            code = compile(file.tree, str(file.path), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(sys.stderr):  # stdout may belong to a JSON document
            exec(code, module.__dict__)  # noqa: S102 - a Python scenario is a program of the workspace's own people
    except (Exception, SystemExit) as exc:
        raise BadInput([_where_it_broke(file, exc)]) from exc
    return [value for value in vars(module).values() if isinstance(value, Declared)]


def _where_it_broke(file: PythonFile, exc: BaseException) -> Problem:
    own = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename == str(file.path)]
    place = (own[-1].lineno or 0, (own[-1].colno or 0) + 1) if own else (0, 0)
    return file.problem(place, f"this file cannot be run: {type(exc).__name__}: {exc}")


class _Reader:
    """Reads one marked function, and makes its scenario."""

    def __init__(self, file: PythonFile, function: Function, vocabulary: Vocabulary) -> None:
        self._file = file
        self._function = function
        self._vocabulary = vocabulary
        self.problems: list[Problem] = []
        self._check_signature()
        self._reading = read_function(function, vocabulary.channels)
        self._steps = tuple(step for call in self._reading.calls if (step := self._step(call)))
        self._check_references(self._reading)

    def scenario(self, declared: Declared, problems: list[Problem]) -> Scenario | None:
        """Return the scenario, None (and *problems*) if its decorator says something wrong."""
        written = {key: Written(value, (key,)) for key, value in declared.says.items()}
        header, mistakes = build(Header, written, context(played=True))
        given = keywords(self._function, _DECORATOR)
        for mistake in mistakes:
            node = given.get("name" if mistake.where[0] == "scenario" else str(mistake.where[0]), self._function)
            problems.append(self._file.problem(self._file.place(node), mistake.message, mistake.hint))
        if not isinstance(header, Header):
            return None
        parameters = self._parameters
        return Scenario(
            name=header.scenario,
            title=header.title or header.scenario,
            path=self._file.path,
            sha256=self._file.sha256,
            channels=tuple(name for name in parameters if name in self._vocabulary.channels),
            steps=self._steps,
            play=_player(declared.function, parameters, self._vocabulary),
            item=header.item,
            effects=header.effects,
            matrix=header.matrix,
            deadline_s=header.deadline,
            secrets=references.secrets(
                node.value for node in ast.walk(self._function) if isinstance(node, ast.Constant)
            ),
        )

    @property
    def _parameters(self) -> tuple[str, ...]:
        return tuple(one.arg for one in self._function.args.args)

    def _check_signature(self) -> None:
        arguments = self._function.args
        known = (*self._vocabulary.channels, *ROBOT_PARAMETERS)
        if not isinstance(self._function, ast.AsyncFunctionDef):
            self._note(self._file.place(self._function), "a scenario is an async function", "write ‘async def’")
        for one in arguments.args:
            if one.arg not in known:
                self._note(self._file.place(one), f"unknown parameter ‘{one.arg}’", did_you_mean(one.arg, known))
        for star in (arguments.vararg, arguments.kwarg, *arguments.kwonlyargs, *arguments.posonlyargs):
            if star is not None:
                self._note(self._file.place(star), "a scenario's parameters are plain names", did_you_mean("", known))

    def _step(self, call: Call) -> Step | None:
        step, found = self._vocabulary.step(call.written)
        for mistake in (*call.mistakes, *found):
            place = call.place(self._file, mistake.where, key=mistake.key)
            self._note(place, mistake.message, mistake.hint)
        return step and replace(step, source=Source(self._file.path, *self._file.place(call.node)))

    def _check_references(self, reading: Reading) -> None:
        """Complain of names that cannot be known, as far as the text alone can tell."""
        if not reading.whole:
            return
        steps = [call.written for call in reading.calls]
        unknown = references.unknown({}, steps)
        if not reading.linear:
            anywhere = set().union(*map(references.defined, steps))
            spoken = [references.undefined(step, anywhere) for step in steps]
            unknown = [replace(one, index=index) for index, found in enumerate(spoken) for one in found]
        for one in unknown:
            self._note(self._spoken_at(reading.calls[one.index], one.spoken), one.message, one.hint)

    def _spoken_at(self, call: Call, spoken: str) -> tuple[int, int]:
        for node in ast.walk(call.node):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and spoken in node.value:
                line, column = self._file.place(node)
                return line, (self._file.lines[line - 1].find(spoken, column - 1) + 1) or column
        return self._file.place(call.node)

    def _note(self, place: tuple[int, int], message: str, hint: str = "") -> None:
        self.problems.append(self._file.problem(place, message, hint))


def _player(
    function: Body, parameters: tuple[str, ...], vocabulary: Vocabulary
) -> Callable[[PlayStep], Awaitable[None]]:
    async def play(play_step: PlayStep) -> None:
        speakers: dict[str, Any] = {name: Speaker(name, vocabulary, play_step) for name in parameters}
        await function(**speakers)

    return play
