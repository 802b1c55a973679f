"""Whether every `${name}` a scenario speaks of is known by then."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from prober.loading.fields import did_you_mean
from prober.loading.templates import REFERENCE

_OF_SECRETS = ("secret.", "totp.")
_GROUP = re.compile(r"\(\?P<(\w+)>")

WrittenStep = Mapping[str, Any]
"""A step as it was written: its verb first, the rest beside it."""


@dataclass(frozen=True)
class Unknown:
    """A name that means nothing yet in the step of this *index* (-1: the scenario's own `let`)."""

    index: int
    spoken: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class _Names:
    """The names there are: those *known* by now, those of the very `let` that speaks, and all that come *later*."""

    known: Set[str]
    later: Set[str] = frozenset()
    let: Container[str] = ()
    first: bool = False
    """The `let` is the scenario's own: it is filled in before any step, text by text."""

    def complaint(self, name: str) -> tuple[str, str] | None:
        if name in self.known:
            return None
        if name in self.let and self.first:
            return "is given only here or below in the same ‘let’", "a text of ‘let’ can speak of those above it"
        if name in self.let:
            return "is given in the same ‘let’", "give it in a ‘let’ step above this one"
        if name in self.later and self.first:
            hint = "‘let’ is filled in before the first step: use a ‘let’ step behind the one that captures it"
            return "is captured only later", hint
        if name in self.later:
            return "is captured only later", "capture it in a step above this one"
        return "was never captured", did_you_mean(name, self.known)


def texts(written: Any) -> Iterator[str]:
    """Yield every text in what was written, keys too."""
    if isinstance(written, str):
        yield written
    elif isinstance(written, Mapping):
        for key, value in written.items():
            yield from texts(key)
            yield from texts(value)
    elif isinstance(written, Sequence):
        for part in written:
            yield from texts(part)


def secrets(written: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of the secrets spoken of, each once."""
    spoken = (name for part in written for text in texts(part) for name in REFERENCE.findall(text))
    return tuple(dict.fromkeys(name.partition(".")[2] for name in spoken if name.startswith(_OF_SECRETS)))


def defined(step: WrittenStep) -> set[str]:
    """Return the names a step captures or gives."""
    names = {group for text in texts(step) for group in _GROUP.findall(text)}
    for key in ("capture", "let"):
        given = step.get(key)
        names |= {name for name in given if isinstance(name, str)} if isinstance(given, Mapping) else set()
    return names


def unknown(let: Mapping[str, str], steps: Sequence[WrittenStep]) -> list[Unknown]:
    """Return every name that is spoken of before it is known."""
    known: set[str] = set()
    later = set().union(let, *map(defined, steps))
    found: list[Unknown] = []
    for name, text in let.items():
        found += _unknown_in(-1, [text], _Names(known, later, let, first=True))
        known.add(name)
    for index, step in enumerate(steps):
        given = step.get("let")
        found += _unknown_in(index, step, _Names(known, later, given if isinstance(given, Mapping) else ()))
        known |= defined(step)
    return found


def undefined(step: WrittenStep, known: set[str]) -> list[Unknown]:
    """Return the names in *step* that are not among the *known*."""
    return list(_unknown_in(0, step, _Names(known)))


def _unknown_in(index: int, written: Any, names: _Names) -> Iterator[Unknown]:
    for text in texts(written):
        for reference in REFERENCE.finditer(text):
            name = reference[1]
            complaint = _scope(name) if "." in name else names.complaint(name)
            if complaint:
                yield Unknown(index, reference[0], f"‘{reference[0]}’ {complaint[0]}", complaint[1])
    compared = written.get("same") if isinstance(written, Mapping) else None
    for name in compared if isinstance(compared, list | tuple) else ():
        if isinstance(name, str) and (complaint := names.complaint(name)):
            yield Unknown(index, name, f"‘{name}’ {complaint[0]}", complaint[1])


def _scope(name: str) -> tuple[str, str] | None:
    scope, _, rest = name.partition(".")
    if scope in {"line", "secret", "totp"}:
        return None
    if scope == "env":
        return (
            "is for config.yaml only",
            f"give the line a fact or a secret there, and write ${{secret.{rest.lower()}}}",
        )
    return f"speaks of ‘{scope}’, which is unknown", "known are ${line.…}, ${secret.…}, ${totp.…} and ${captured_name}"
