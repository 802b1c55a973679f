"""Which files are meant by the paths a person gives."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from prober.errors import NO_FILE, Problem

YAML_ENDINGS = (".yaml", ".yml")
_ENDINGS = (*YAML_ENDINGS, ".py")
_NOT_SCENARIOS = ("prompts", "pieces")
"""Folders of recordings beside the scenarios: their tables of texts are YAML too."""


def select(paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """
    Return the scenario files that *paths* stand for, each once, and what is wrong with the paths.

    Files are taken as they are, folders with all that is in them; there, names that begin with `.` or `_`, and folders
    called `prompts`, are passed over. An empty selection is a problem.
    """
    found: dict[Path, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            files = sorted(_in_folder(path)) if path.is_dir() else [path]
        except OSError as exc:
            problems.append(Problem(Path(exc.filename or path), 0, 0, f"this folder cannot be read: {exc.strerror}"))
            continue
        refusal = _refusal(path, files)
        if refusal:
            problems.append(refusal)
        else:
            found |= {file.resolve(): file for file in files if file.resolve() not in found}
    if not found and not problems:
        problems.append(Problem(NO_FILE, 0, 0, "no scenario was given"))
    return list(found.values()), problems


def _refusal(path: Path, files: Sequence[Path]) -> Problem | None:
    if not files:
        return Problem(path, 0, 0, "there is no scenario (*.yaml, *.py) in this folder")
    if not path.exists():
        return Problem(path, 0, 0, "there is no such file or folder", _nearest(path))
    if path.is_file() and path.suffix not in _ENDINGS:
        return Problem(path, 0, 0, "this is no scenario", "scenarios are *.yaml and *.py files")
    return None


def _nearest(path: Path) -> str:
    """Return a hint for the scenario, beside *path* or in `scenarios/`, whose name is nearest to the one given."""
    names: dict[str, Path] = {}
    for folder in (path.parent, path.parent / "scenarios"):
        with contextlib.suppress(OSError):
            names = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in _ENDINGS} | names
    near = difflib.get_close_matches(path.stem, names, n=1)
    return f"did you mean {names[near[0]]}?" if near else ""


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            # A link to a folder may lead back up, and round for ever.
            if path.name not in _NOT_SCENARIOS and not path.is_symlink():
                yield from _in_folder(path)
        elif path.suffix in _ENDINGS and path.is_file():
            yield path
