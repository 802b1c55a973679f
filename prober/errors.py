"""
Everything the robot raises.

    ProberError
    ├── BadInput        what a person wrote cannot be used: nothing was run (exit 2)
    ├── RobotBroken     the robot could not ask: never the channel's fault, never its success (exit 3)
    │   └── StoreBroken     what was measured cannot be kept
    └── StepFailed      ends a Python scenario at the step that broke it
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


NO_FILE = Path()
"""No file at all. It is told by identity, for it equals the folder one is in."""


@dataclass(frozen=True, order=True)
class Problem:
    """
    One mistake in a file a person wrote. *line* and *column* count from 1; 0 where the whole file is meant.

    In a workbook they are row and column, and *cell* is what its user calls the place: `Sheet1!F7`. The *path* of what
    was asked for on the command line is `NO_FILE` itself.
    """

    path: Path
    line: int
    column: int
    message: str
    hint: str = ""
    source: str = ""
    cell: str = ""


class ProberError(Exception):
    """Anything this package raises on purpose."""


class BadInput(ProberError):
    """All the mistakes found in what a person wrote; nothing was run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(sorted(problems))


class RobotBroken(ProberError):
    """The robot could not ask. *what* happened, and the *cure* a person can try."""

    def __init__(self, what: str, *, cure: str) -> None:
        super().__init__(f"{what}. {cure}")
        self.what = what
        self.cure = cure
        self.seen: object = None
        """What was seen before it broke, where that much was known."""

    def after(self, seen: object) -> RobotBroken:
        """Return it with what was seen before: what is measured is kept, though its evidence is not."""
        self.seen = seen
        return self


class StoreBroken(RobotBroken):
    """What was measured cannot be kept."""


class StepFailed(ProberError):
    """Ends a Python scenario at the step that broke it. The step itself is already recorded."""
