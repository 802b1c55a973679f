"""Shows mistakes as compilers do: where, what, the line itself, a caret beneath it, and what to do."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from prober.errors import NO_FILE, BadInput, Problem

_INDENT = "    "
_WIDEST = 160
"""A longer line is shown around its caret only."""


def show(bad: BadInput) -> None:
    """Print every problem to stderr."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in bad.problems:
        console.print(drawn(problem))


def show_warnings(warnings: Iterable[Problem]) -> None:
    """Print every warning to stderr, as problems are, but marked and in yellow."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for warning in warnings:
        console.print(drawn(replace(warning, message=f"warning: {warning.message}"), "yellow"))


def drawn(problem: Problem, style: str = "red") -> Text:
    """Return one problem as it is shown, the caret in the cell where the character stands on a terminal."""
    text = Text()
    if problem.path is not NO_FILE:
        text.append(f"{place(problem)}: ", "bold")
    text.append(printable(problem.message), style)
    if problem.source:
        source, column = _around(problem.source, problem.column)
        before = source[: column - 1]
        text.append(f"\n{_INDENT}{printable(source)}")
        text.append(f"\n{_INDENT}{_blank(before)}")
        text.append("^", f"bold {style}")
    if problem.hint:
        text.append(f"\n{_INDENT}{printable(problem.hint)}", "cyan")
    return text


def place(problem: Problem) -> str:
    """Return `file:line:column`, `file[cell]` or the file alone; the file from here if it is beneath."""
    shown = _from_here(problem.path)
    if problem.cell:
        return f"{shown}[{printable(problem.cell)}]"
    return f"{shown}:{problem.line}:{problem.column}" if problem.line else shown


def document(problem: Problem) -> dict[str, Any]:
    """Return one problem as a part of a JSON document."""
    return {
        "path": "" if problem.path is NO_FILE else _from_here(problem.path),
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
        "source": problem.source,
    }


def plain(problems: Iterable[Problem]) -> str:
    """Return all the problems as they are shown, without colours."""
    return "\n".join(drawn(problem).plain for problem in problems)


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else os.fspath(path)


def _around(source: str, column: int) -> tuple[str, int]:
    if len(source) <= _WIDEST:
        return source, column
    start = max(0, min(column - _WIDEST // 2, len(source) - _WIDEST))
    before, after = "…" if start else "", "…" if start + _WIDEST < len(source) else ""
    return f"{before}{source[start : start + _WIDEST]}{after}", column - start + len(before)


def _blank(before: str) -> str:
    """Return spaces as wide as *before* is on a terminal; tabs stay tabs, for they end where the terminal says."""
    return "".join(one if one == "\t" else " " * cell_len(printable(one)) for one in before)


def printable(text: str) -> str:
    """Return *text* without characters that would steer the terminal."""
    return text if text.isprintable() else "".join("\N{REPLACEMENT CHARACTER}" if _steers(one) else one for one in text)


def _steers(character: str) -> bool:
    return character != "\t" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
