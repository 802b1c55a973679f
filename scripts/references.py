#!/usr/bin/env python3
"""
Write the pages that are taken out of the code: docs/verbs.md, every verb, and docs/errors.md, every error and its cure.

    .venv/bin/python scripts/references.py

A test holds the pages against the code, so whoever changes a verb or a message runs this.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prober.channels.registry import CHANNELS, VERBS
from prober.loading.arguments import fields_of
from prober.loading.robot_verbs import VERBS as ROBOT_VERBS
from prober.loading.vocabulary import LIMITS
from prober.model.verb import Verb
from prober.store.broken import POSTGRES, SQLITE

ROOT = Path(__file__).resolve().parent.parent
_MADE = "<!-- Written by scripts/references.py from the code; change it there. -->\n"


def verbs() -> str:
    """Return docs/verbs.md."""
    page = [
        "# Every verb\n", _MADE,
        "A step is one verb with its argument: its first field stands behind the colon, the others beside it.",
        "[Scenarios](scenarios.md) tells how they are put together, the pages of the [IVR](channels/ivr.md), the",
        "[web hall](channels/web.md) and [SMS](channels/sms.md) what they do in detail.\n",
        "Beside every verb's own fields a step takes:\n",
        "| key | meaning |", "|---|---|",
        *(f"| `{name}` | {field.description} |" for name, field in LIMITS.items()), "",
    ]  # fmt: skip
    for channel in CHANNELS:
        page += [f"## {channel}\n", *(_verb(verb) for verb in VERBS if verb.channel == channel)]
    page += ["## The robot itself\n", "But for `ask` they ask nobody.\n", *(_verb(verb) for verb in ROBOT_VERBS)]
    return "\n".join(page)


def _verb(verb: Verb) -> str:
    told = [f"### `{verb.full_name}`\n", _sentence(verb.argument.__doc__), ""]
    fields = list(fields_of(verb.argument).values())
    if fields:
        told += ["| field | meaning |", "|---|---|"]
        told += [
            f"| `{one.name}`{', behind the colon' if one is fields[0] else ''} | {one.description or '–'} |"
            for one in fields
        ]
        told += [""]
    limit = "no limit of its own" if verb.within_s is None else f"`within` {verb.within_s:g} s unless it says otherwise"
    told += [f"- **took**: {verb.took}; {limit}"]
    told += [f"- **{name}**: {meaning}" for name, meaning in verb.timings.items()]
    ending = "SKIPPED, and the run goes on" if verb.attended else f"FAILED/{verb.layer}"
    told += [f"- nothing, or too late: {ending}"]
    if verb.captures:
        told += ["- brings back a text that values can be captured from (`capture: {name: money}`)"]
    return "\n".join([*told, ""])


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


@dataclass(frozen=True, order=True)
class Said:
    """One thing the robot says, and what is to be done; `…` stands for what varies."""

    where: str
    what: str
    cure: str


_ROBOT = {"RobotBroken": 0, "StoreBroken": 0}
_INPUT = {"refusal": 0, "Mistake": 1, "Problem": 3, "problem": 1, "problem_at": 1}
"""What says it, and the place of the message; the hint or cure is the next one, or a keyword."""


def errors() -> str:
    """Return docs/errors.md."""
    refused = {*SQLITE.values(), *POSTGRES.values()}
    database = [Said("store", f"the results database … {what}", cure) for what, cure in refused]
    robot, written = sorted({*_said(_ROBOT), *database}), sorted(set(_said(_INPUT)))
    return "\n".join([
        "# Every error, and its cure\n", _MADE,
        "`…` is what varies. What the *channel* did wrong is no error but an outcome: [Outcomes](outcomes.md).\n",
        "## The robot could not ask (outcome ERROR, exit 3)\n",
        "| what is said | what to do |", "|---|---|", *map(_row, robot), "",
        "## What was written cannot be used (exit 2)\n",
        "Each is shown with file, line and column, the line itself, and a caret. Nothing was run.\n",
        "| what is said | hint |", "|---|---|", *map(_row, written), "",
    ])  # fmt: skip


def _row(said: Said) -> str:
    return f"| {_cell(said.what)} | {_cell(said.cure) or '–'} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _said(names: Mapping[str, int]) -> Iterator[Said]:
    for path in sorted((ROOT / "prober").rglob("*.py")):
        if "demo" not in path.relative_to(ROOT).parts:
            room = path.relative_to(ROOT).parts[1]
            for call, known in _calls(ast.parse(path.read_text(encoding="utf-8")), {}):
                if (place := names.get(_name(call.func))) is None:
                    continue
                parts = [*call.args, *(word.value for word in call.keywords if word.arg in ("hint", "cure"))]
                what, cure = [*(_text(part, known) for part in parts[place : place + 2]), "", ""][:2]
                if what.strip("… ") and not what.endswith(" … …"):
                    yield Said(room, what, "" if cure == "…" else cure)


def _calls(tree: ast.AST, outer: Mapping[str, str]) -> Iterator[tuple[ast.Call, Mapping[str, str]]]:
    """Yield every call below *tree*, with the texts that have names there: its own scope's, and those around it."""
    known = {**outer, **_texts(tree)}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node, known
        yield from _calls(node, known)


def _texts(scope: ast.AST) -> dict[str, str]:
    """Return the texts that *scope* itself gives names to, the first of each."""
    found: dict[str, str] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and (text := _text(node.value, {})).strip("… "):
            for target in node.targets:
                if isinstance(target, ast.Attribute) or not isinstance(scope, ast.Module) or node in scope.body:
                    found.setdefault(ast.unparse(target), text)
    return found


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _text(node: ast.expr, known: Mapping[str, str]) -> str:
    """Return what a person will read of an expression, as far as it stands in the code."""
    match node:
        case ast.Constant(value=value):
            return value if isinstance(value, str) else ""
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, known) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left, known) + _text(right, known)
        case ast.IfExp(body=body):
            return _text(body, known)
    return known.get(ast.unparse(node), "…")


PAGES = {"docs/verbs.md": verbs, "docs/errors.md": errors}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(name)
