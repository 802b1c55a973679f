"""Which benches there are: the files beside the frame."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from scripts.benches.frame.bench import Plan, Result

FOLDER = Path(__file__).parents[1]


def benches() -> Mapping[str, str]:
    """Return the name of each bench and the first line of what it says it measures."""
    files = (path for path in sorted(FOLDER.glob("*.py")) if not path.name.startswith("_"))
    return {path.stem: _says(path) for path in files}


def measure_of(name: str) -> Callable[[Plan], Result]:
    """Return the function of the bench called *name*."""
    found: Callable[[Plan], Result] = import_module(f"scripts.benches.{name}").measure
    return found


def says(name: str) -> str:
    """Return all that the bench called *name* says it measures."""
    return _text(FOLDER / f"{name}.py")


def _says(path: Path) -> str:
    return _text(path).partition("\n")[0]


def _text(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
