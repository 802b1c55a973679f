"""What a bench is given, what it gives back, and the document that becomes of it."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

Figure = float | int | None
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
_TAILS = ("_p95", "_p99", "_max")


class Met(Enum):
    """Whether a figure keeps to its bound. UNBOUND: it does not, and is a tail on a machine that was too busy."""

    YES = "yes"
    NO = "no"
    UNBOUND = "unbound"


@dataclass(frozen=True)
class Plan:
    """
    What a bench is asked for.

    *quick*: be done within 60 s. *random* is seeded with *seed*, and the only source of chance. *folder* is an empty
    one of its own for whatever it keeps while it runs; *kept* is one, perhaps not made yet, for what a person wants to
    look at afterwards. *say* tells a person how far it is.
    """

    quick: bool
    seed: int
    folder: Path
    kept: Path
    say: Callable[[str], None]

    @property
    def random(self) -> random.Random:
        """A new generator, the same each time."""
        return random.Random(self.seed)  # noqa: S311  # chance, not secrecy


@dataclass(frozen=True)
class Table:
    """Something that wants more than one figure, such as a confusion table."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]


@dataclass(frozen=True)
class Result:
    """
    What a bench found.

    *figures* carry their unit in the name; None is: not measured. *bounds* say what a figure must keep to, such as
    "<= 0.020", ">= 1", "== 0". *samples* say how many of what were measured, *limits* what the figures do not tell, a
    sentence each; *remarks* what went wrong, for whoever must mend it.
    """

    figures: Mapping[str, Figure]
    bounds: Mapping[str, str]
    samples: Mapping[str, int]
    limits: Sequence[str] = ()
    tables: Sequence[Table] = ()
    remarks: Sequence[str] = ()


def document(name: str, result: Result, about: Mapping[str, Any], *, fit: bool) -> dict[str, Any]:
    """Return the one machine-readable document of a bench: what it is *about*, and what was found."""
    unmet = broken(result, fit=fit)
    return {
        "name": name,
        **about,
        "fit": fit,
        "samples": dict(result.samples),
        "figures": dict(result.figures),
        "bounds": dict(result.bounds),
        "unmet": unmet,
        "met": not unmet,
        "limits": list(result.limits),
        "remarks": list(result.remarks),
        "tables": [_plain(table) for table in result.tables],
    }


def _plain(table: Table) -> dict[str, Any]:
    return {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}


def broken(result: Result, *, fit: bool) -> list[str]:
    """
    Return the figures that do not keep to their bounds; one that was not measured does not.

    On a machine that was not *fit*, a tail (`_p95`, `_p99`, `_max`) tells of the machine, and binds nobody.
    """
    return [
        figure
        for figure, bound in result.bounds.items()
        if (fit or not any(tail in figure for tail in _TAILS)) and not holds(result.figures.get(figure), bound)
    ]


def how(document: Mapping[str, Any], figure: str) -> Met | None:
    """Return whether a *figure* of a *document* keeps to its bound; None if it has none."""
    bound = document["bounds"].get(figure)
    if bound is None:
        return None
    if holds(document["figures"].get(figure), bound):
        return Met.YES
    return Met.NO if figure in document["unmet"] else Met.UNBOUND


def holds(value: Figure, bound: str) -> bool:
    """Return whether *value* keeps to *bound*, such as "<= 0.020"."""
    sign, limit = bound.split()
    return value is not None and _HOLDS[sign](value, float(limit))
